import type { ApiCallRecord } from '@relay/core';
import { rows, type Ledger } from './connect.js';

/** By the answer's status; `none`: no answer came. */
export type StatusClass = '2xx' | '3xx' | '4xx' | '5xx' | 'none';
export const STATUS_CLASSES: readonly StatusClass[] = ['2xx', '3xx', '4xx', '5xx', 'none'];

/** One call of the log, as it was recorded. */
export interface LoggedCall extends Omit<ApiCallRecord, 'target'> {
  /** Grows with each line: where a reading went on. */
  readonly id: number;
  readonly at: Date;
  readonly shopId: string | null;
  readonly target: string;
}

export interface CallFilter {
  readonly shopId?: string | undefined;
  readonly orderId?: number | undefined;
  readonly target?: 'shop' | 'hft71' | undefined;
  readonly action?: string | undefined;
  readonly statusClass?: StatusClass | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
  /** Lines after this one. */
  readonly afterId?: number | undefined;
  readonly limit: number;
}

const FILTER = `($1::text is null or shop_id = $1) and ($2::bigint is null or order_id = $2) and ($3::text is null or target = $3)
  and ($4::text is null or action = $4) and ($5::text is null or coalesce(status / 100 || 'xx', 'none') = $5)
  and ($6::timestamptz is null or at >= $6) and ($7::timestamptz is null or at < $7)`;

const COLUMNS = `id::float8 as id, at, shop_id as "shopId", target, action, method, path, status, code, duration_ms as "durationMs",
  order_id::float8 as "orderId", request_id as "requestId"`;

/** The latest that fit, the oldest of them first. */
export async function latestCalls(ledger: Ledger, filter: CallFilter): Promise<LoggedCall[]> {
  const found = await rows<LoggedCall>(
    ledger.pool,
    `select ${COLUMNS} from api_call where ${FILTER} and id > $8 order by at desc, id desc limit $9`,
    paramsOf(filter),
  );
  return found.reverse();
}

/**
 * What was written after a line, in the order of writing: for a follower. Batches of several processes are committed out
 * of order, so a line with a smaller id may still come: those of the last seconds are read again, and the caller knows
 * which of them it has.
 */
export async function callsAfter(ledger: Ledger, filter: CallFilter): Promise<LoggedCall[]> {
  return rows<LoggedCall>(
    ledger.pool,
    `select ${COLUMNS} from api_call where ${FILTER} and id > $8 order by id limit $9`,
    paramsOf(filter),
  );
}

function paramsOf(filter: CallFilter): unknown[] {
  const { shopId, orderId, target, action, statusClass, since, until, afterId = 0, limit } = filter;
  return [shopId, orderId, target, action, statusClass, since, until]
    .map((each) => each ?? null)
    .concat(afterId, limit);
}

export interface CallCount {
  readonly target: 'shop' | 'hft71';
  readonly action: string;
  /** null: no answer came. */
  readonly status: number | null;
  /** Of the transport or of the answer's body; null where neither says one. */
  readonly code: string | null;
  readonly calls: number;
  readonly lastAt: Date;
}

/** Calls of the last so many minutes by action and how they ended. HFT71's webhook stands among them, as `webhook`. */
export async function countCalls(ledger: Ledger, minutes: number, shopId?: string): Promise<CallCount[]> {
  return rows<CallCount>(
    ledger.pool,
    `select target, action, status, code, count(*)::int as calls, max(at) as "lastAt" from api_call
     where at > now() - $1::int * interval '1 minute' and ($2::text is null or shop_id = $2)
     group by target, action, status, code order by target, action, calls desc`,
    [minutes, shopId ?? null],
  );
}
