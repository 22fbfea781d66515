import type { ApiCallRecord } from '@relay/core';
import { rows, type Ledger } from './connect.js';

/**
 * Writes the call log in batches, beside the work: a call never waits for its log line. What is written late or lost in
 * a crash is a line of the log, never a state.
 */
export class ApiCallLog {
  readonly #ledger: Ledger;
  readonly #shopId: string | null;
  readonly #onError: (error: unknown) => void;
  #waiting: { readonly call: ApiCallRecord; readonly addedAt: number }[] = [];
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(ledger: Ledger, shopId: string | null, onError: (error: unknown) => void) {
    this.#ledger = ledger;
    this.#shopId = shopId;
    this.#onError = onError;
  }

  add(call: ApiCallRecord): void {
    if (this.#waiting.length >= MAX_WAITING) this.#waiting.shift();
    this.#waiting.push({ call, addedAt: performance.now() });
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#writing = this.#writing.then(() => this.#write());
    }, FLUSH_MS);
  }

  async flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#writing = this.#writing.then(() => this.#write());
    await this.#writing;
  }

  async #write(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    if (waiting.length === 0) return;
    const calls = waiting.map(({ call }) => call);
    // By the ledger's clock, and not by when the batch is written: a timeline has calls and states in one order.
    const agesMs = waiting.map(({ addedAt }) => Math.max(0, Math.round(performance.now() - addedAt)));
    const column = <T>(pick: (call: ApiCallRecord) => T) => calls.map(pick);
    try {
      await this.#ledger.pool.query(INSERT, [
        this.#shopId,
        column((call) => call.target),
        column((call) => call.action),
        column((call) => call.method),
        column((call) => call.path),
        column((call) => call.status),
        column((call) => call.code),
        column((call) => Math.round(call.durationMs)),
        column((call) => call.orderId),
        column((call) => call.requestId),
        agesMs,
      ]);
    } catch (error) {
      this.#onError(error);
    }
  }
}

const FLUSH_MS = 200;
/** About what an hour of an outage of PostgreSQL brings; older lines are let go. */
const MAX_WAITING = 5_000;

const INSERT = `
with call as (
  select * from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::text[], $8::int[], $9::bigint[], $10::text[], $11::int[])
    as c(target, action, method, path, status, code, duration_ms, order_id, request_id, age_ms)
),
logged as (
  insert into api_call (at, shop_id, target, action, method, path, status, code, duration_ms, order_id, request_id)
  select now() - age_ms * interval '1 millisecond', $1, target, action, method, path, status, code, duration_ms, order_id, request_id from call
)
insert into api_call_total as t (target, action, status_class, calls, seconds)
select target, action, coalesce(status / 100 || 'xx', 'none') as status_class, count(*), sum(duration_ms) / 1000.0
from call group by 1, 2, 3
order by 1, 2, 3 -- two processes lock the rows in one order
on conflict (target, action, status_class) do update set calls = t.calls + excluded.calls, seconds = t.seconds + excluded.seconds`;

export interface ApiCallTotal {
  readonly target: string;
  readonly action: string;
  readonly statusClass: string;
  readonly calls: number;
  readonly seconds: number;
}

/** Over all processes and restarts. */
export async function apiCallTotals(ledger: Ledger): Promise<ApiCallTotal[]> {
  return rows(
    ledger.pool,
    'select target, action, status_class as "statusClass", calls::float8 as calls, seconds from api_call_total',
  );
}
