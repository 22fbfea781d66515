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
  #waiting: ApiCallRecord[] = [];
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(ledger: Ledger, shopId: string | null, onError: (error: unknown) => void) {
    this.#ledger = ledger;
    this.#shopId = shopId;
    this.#onError = onError;
  }

  add(call: ApiCallRecord): void {
    if (this.#waiting.length >= MAX_WAITING) this.#waiting.shift();
    this.#waiting.push(call);
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
    const calls = this.#waiting;
    this.#waiting = [];
    if (calls.length === 0) return;
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
  select * from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::text[], $8::int[], $9::bigint[])
    as c(target, action, method, path, status, code, duration_ms, order_id)
),
logged as (
  insert into api_call (shop_id, target, action, method, path, status, code, duration_ms, order_id) select $1, * from call
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
