import { oneRow, rows, type Ledger } from './connect.js';

/** Whose breaker: an HFT71 account's or a shop host's. Both rows have the same columns (protocol, "Breaker"). */
export interface BreakerOf {
  readonly kind: 'account' | 'host';
  readonly id: string;
}

/**
 * Who opened it. `failures` and `unauthorized` are closed by a probe and what follows; a stopped account (`relay`) and a
 * person's are closed by a person only.
 */
export type BreakerOwner = 'failures' | 'unauthorized' | 'relay' | `person:${string}`;

export interface BreakerView {
  readonly breakerState: 'closed' | 'open' | 'half_open';
  readonly breakerOwner: BreakerOwner | null;
  readonly breakerReason: string | null;
  readonly breakerSince: Date | null;
  /** Failed calls in a row. */
  readonly failures: number;
  readonly reopenings: number;
  /** No probe before; null when none is wanted. */
  readonly probeAt: Date | null;
}

/** The times of a breaker. They stand on its row, so that every statement of every process judges by the same ones. */
export interface BreakerTimes {
  readonly probeMs: number;
  readonly probeMaxMs: number;
  readonly reopenMs: number;
  readonly reopenMaxMs: number;
}

export const BREAKER_COLUMNS = `breaker_state as "breakerState", breaker_owner as "breakerOwner", breaker_reason as "breakerReason",
  breaker_since as "breakerSince", failures, reopenings, case when breaker_owner in ('failures', 'unauthorized') then probe_at end as "probeAt"`;

const TABLES = { account: 'account', host: 'shop_host' } as const;
const BY_ITSELF = `('failures', 'unauthorized')`;

/** Failed calls in a row, however far apart, that open it. */
export const FAILURES_TO_OPEN = 3;

/** `set` of the first failures of a row, of the one that opens it, and of one in half-open: 1, 2, 4 … min without a call. */
export const AFTER_A_FAILURE = `
  failures = a.failures + 1,
  breaker_state = case when a.breaker_state = 'half_open' or a.failures + 1 >= ${FAILURES_TO_OPEN} then 'open' else a.breaker_state end,
  breaker_owner = case when a.breaker_state = 'half_open' or a.failures + 1 >= ${FAILURES_TO_OPEN} then 'failures' else a.breaker_owner end,
  breaker_since = case when a.breaker_state = 'half_open' or a.failures + 1 >= ${FAILURES_TO_OPEN} then now() else a.breaker_since end,
  reopenings = case when a.breaker_state = 'half_open' then a.reopenings + 1 else a.reopenings end,
  probes = 0,
  probe_at = now() + interval '1 millisecond' * case
    when a.breaker_state = 'half_open' then least(a.reopen_max_ms, a.reopen_ms * 2 ^ least(16, a.reopenings)) else a.probe_ms end`;

/** `set` of a call that did its work: the row of failures and the series of re-openings are over. */
export const AFTER_A_SUCCESS = `
  failures = 0, reopenings = 0, breaker_state = 'closed', breaker_owner = null, breaker_reason = null,
  breaker_since = case when a.breaker_state = 'half_open' then now() else a.breaker_since end`;

/**
 * Opens it at once. By itself only where it is not open; a person and the relay take an open one over, and a person never
 * what stopped the account. @returns false when it stays with who has it.
 */
export async function openBreaker(
  ledger: Ledger,
  of: BreakerOf,
  by: { owner: BreakerOwner; reason: string },
): Promise<boolean> {
  const row = await oneRow(
    ledger.pool,
    `update ${TABLES[of.kind]} set breaker_state = 'open', breaker_owner = $2, breaker_reason = $3, breaker_since = now(), probes = 0,
       probe_at = now() + probe_ms * interval '1 millisecond'
     where id::text = $1 and (breaker_state <> 'open'
       or $2 not in ${BY_ITSELF} and breaker_owner is distinct from 'relay') returning id`,
    [of.id, by.owner, by.reason],
  );
  return row !== null;
}

/** A person's word. The send window grows from 1, as after half-open. @returns false when it was closed already. */
export async function closeBreaker(ledger: Ledger, of: BreakerOf): Promise<boolean> {
  const row = await oneRow(
    ledger.pool,
    `update ${TABLES[of.kind]} set breaker_state = 'closed', breaker_owner = null, breaker_reason = null, breaker_since = now(),
       failures = 0, reopenings = 0
       ${of.kind === 'account' ? `, window_base = 1, window_since = now(), refused_password = null, log_in_refusals = 0` : ''}
     where id::text = $1 and breaker_state <> 'closed' returning id`,
    [of.id],
  );
  return row !== null;
}

/**
 * Takes the next probe of a breaker that opened by itself, for one process; the one after it comes later, up to the
 * longest distance. @returns since when it is open, to be repeated with the result; null when no probe is due.
 */
export async function takeProbe(ledger: Ledger, of: BreakerOf): Promise<{ openSince: Date } | null> {
  return oneRow<{ openSince: Date }>(
    ledger.pool,
    `update ${TABLES[of.kind]} set probes = probes + 1,
       probe_at = now() + least(probe_max_ms, probe_ms * 2 ^ least(16, probes + 1)) * interval '1 millisecond'
     where id::text = $1 and breaker_state = 'open' and breaker_owner in ${BY_ITSELF} and probe_at <= now()
     returning breaker_since as "openSince"`,
    [of.id],
  );
}

/** The probe did its work: half-open, unless somebody else opened it meanwhile. */
export async function halfOpen(ledger: Ledger, of: BreakerOf, openSince: Date): Promise<boolean> {
  const row = await oneRow(
    ledger.pool,
    `update ${TABLES[of.kind]} set breaker_state = 'half_open', breaker_since = now(), failures = 0
     where id::text = $1 and breaker_state = 'open' and breaker_owner in ${BY_ITSELF} and breaker_since = $2 returning id`,
    [of.id, openSince],
  );
  return row !== null;
}

/** A failed call to a shop's host that was begun at `begunAt` by the database's clock, or just now. */
export async function countHostFailure(ledger: Ledger, host: string, reason: string): Promise<void> {
  await ledger.pool.query(
    `update shop_host a set ${AFTER_A_FAILURE}, breaker_reason = $2 where id = $1 and breaker_state <> 'open'`,
    [host, reason],
  );
}

/** The host answered a call. Its half-open ends with it. */
export async function countHostAnswer(ledger: Ledger, host: string): Promise<void> {
  await ledger.pool.query(
    `update shop_host a set ${AFTER_A_SUCCESS} where id = $1 and breaker_state <> 'open' and (failures > 0 or breaker_state = 'half_open')`,
    [host],
  );
}

/**
 * The other way to open: half of at least ten calls of the last minute failed. Calls from before the breaker last moved
 * count no more. @returns the accounts whose breaker opened.
 */
export async function openByShare(ledger: Ledger): Promise<{ id: string }[]> {
  return rows(
    ledger.pool,
    `with seen as (
       select a.id, count(*) as calls, count(*) filter (where ${FAILED_CALL}) as failed
       from account a join shop s on s.account_id = a.id join api_call c on c.shop_id = s.id and c.target = 'hft71' and c.action not in ${NO_CALLS}
       where a.breaker_state = 'closed' and c.at > now() - interval '60 seconds' and c.at > coalesce(a.breaker_since, '-infinity')
       group by a.id
     )
     update account a set breaker_state = 'open', breaker_owner = 'failures', breaker_since = now(), probes = 0,
       breaker_reason = seen.failed || ' of ' || seen.calls || ' calls of the last minute failed',
       probe_at = now() + a.probe_ms * interval '1 millisecond'
     from seen where seen.id = a.id and seen.calls >= 10 and seen.failed * 2 >= seen.calls and a.breaker_state = 'closed'
     returning a.id`,
  );
}

/** Lines of the call log that the relay did not call for: deliveries of HFT71's, and what it left out. */
export const NO_CALLS = `('webhook', 'sync_shipping_skipped')`;

/** SQL, of the call `c`: the relay itself let it be, so that it tells nothing of HFT71. */
export const LET_BE = `coalesce(c.code, '') in ('budget', 'send-by', 'stale-connection')`;

/** Not what the relay itself left off: a POST past its time, a connection that was stale. */
export const FAILED_CALL = `(c.status is null and c.code not in ('send-by', 'stale-connection', 'bug') or c.status = 408 or c.status >= 500)`;
