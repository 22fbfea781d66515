import { oneRow, rows, type Ledger } from './connect.js';

export type StockRunKind = 'scheduled' | 'asked' | 'check';
export type StockRunState = 'wanted' | 'running' | 'finished' | 'refused' | 'failed' | 'broken_off';
export type StockStep = 'feed' | 'catalogue' | 'shop' | 'orders' | 'write' | 'check';

export interface StockRunOptions {
  /** null: every SKU. */
  readonly skus: readonly string[] | null;
  /** Compare and tell, write nothing. */
  readonly dryRun: boolean;
  /** A person has looked at the numbers that the guards refused. */
  readonly force: boolean;
}

export interface StockRun {
  readonly id: string;
  readonly shopId: string;
  readonly kind: StockRunKind;
  readonly state: StockRunState;
  readonly options: StockRunOptions;
  readonly actor: string | null;
  readonly reason: string | null;
  readonly wantedAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  readonly step: StockStep | null;
  readonly pages: number;
  readonly skus: number;
  readonly matched: number;
  readonly readSkus: number;
  readonly differences: number;
  readonly written: number;
  readonly writeCalls: number;
  readonly calls: number;
  readonly skipped: number;
  readonly errors: number;
  readonly raced: number;
  readonly diffMs: number;
  readonly failure: string | null;
}

const COLUMNS = `r.id, r.shop_id as "shopId", kind, state, options, actor, reason, wanted_at as "wantedAt", started_at as "startedAt",
  ended_at as "endedAt", step, pages, skus, matched, read_skus as "readSkus", differences, written, write_calls as "writeCalls",
  calls, skipped, errors, raced, diff_ms as "diffMs", failure`;

/** A run that a person asks for; a worker takes it within seconds. */
export async function wantStockRun(
  ledger: Ledger,
  run: { shopId: string; options: StockRunOptions; actor: string; reason: string | null },
): Promise<string> {
  const row = await oneRow<{ id: string }>(
    ledger.pool,
    `insert into stock_run (shop_id, kind, options, actor, reason) values ($1, 'asked', $2, $3, $4) returning id`,
    [run.shopId, JSON.stringify(run.options), run.actor, run.reason],
  );
  return (row as { id: string }).id;
}

const FULL = JSON.stringify({ skus: null, dryRun: false, force: false } satisfies StockRunOptions);

/** What one look could not settle is looked at again, but not in a circle. */
const CHECK_AGAIN_MS = 60_000;

/**
 * Wants the next run of a live shop's schedule: when the last one began longer ago than the interval (that of a boost
 * while it lasts), or broke off half done; and a look at writes of which nobody looked yet whether a sale was overwritten.
 * Nothing is wanted while the breaker of one of the two hosts is open. Keeps since when the schedule runs: nobody misses a
 * run from before. @param everyMs null: no schedule.
 */
export async function planStockRuns(
  ledger: Ledger,
  shopId: string,
  { everyMs, uncheckedMs }: { everyMs: number | null; uncheckedMs: number },
): Promise<void> {
  await ledger.pool.query(
    `with since as (
       update shop set stock_since = case when $2::bigint is not null and mode = 'live' then now() end
       where id = $1 and (stock_since is null) = ($2::bigint is not null and mode = 'live')
     ),
     open as (
       select s.id, case when $2::bigint is null then null when s.stock_every_until > now() then s.stock_every_ms else $2::bigint end as every_ms
       from shop s join account a on a.id = s.account_id left join shop_host h on h.id = s.host
       where s.id = $1 and s.mode = 'live' and a.breaker_state <> 'open' and coalesce(h.breaker_state, 'closed') <> 'open'
         and not coalesce(a.frozen_until > now(), false)
     ),
     last as (select state, wanted_at, ended_at from stock_run where shop_id = $1 and kind = 'scheduled' order by id desc limit 1),
     scheduled as (
       insert into stock_run (shop_id, kind, options) select open.id, 'scheduled', $3::jsonb from open
       where open.every_ms is not null and not exists (
         select 1 from last where state in ('wanted', 'running')
           or (state <> 'broken_off' and wanted_at > now() - open.every_ms * interval '1 millisecond')
           -- what broke off goes on soon, but not in a circle
           or (state = 'broken_off' and ended_at > now() - least(open.every_ms, 5000) * interval '1 millisecond'))
       on conflict do nothing
     )
     insert into stock_run (shop_id, kind, options) select open.id, 'check', $3::jsonb from open
     where exists (select 1 from stock_change where shop_id = $1 and checked_at is null and at < now() - $4::bigint * interval '1 millisecond')
       and not exists (select 1 from stock_run where shop_id = $1 and (state = 'running' or (kind = 'check' and ended_at > now() - $5::bigint * interval '1 millisecond')))
     on conflict do nothing`,
    [shopId, everyMs, FULL, uncheckedMs, CHECK_AGAIN_MS],
  );
}

/** SQL, of `r` and its shop `s`: a shop that is not live is compared at most. */
const MAY_RUN = `(s.mode = 'live' or (r.options ->> 'dryRun')::boolean)`;

/** Longer than a job's own tries wait. */
const JOB_COMES_AGAIN_MS = 10 * 60_000;

/** So often a run that a person asked for is begun anew. */
const ASKED_BEGINNINGS = 3;
const BROKEN_OFF = `
  state = case when kind = 'asked' and dispatch_no < ${ASKED_BEGINNINGS} then 'wanted' else 'broken_off' end,
  ended_at = case when kind = 'asked' and dispatch_no < ${ASKED_BEGINNINGS} then null else now() end, dispatched_until = null`;

/**
 * A run whose worker died or sleeps. One that a person asked for begins anew; the schedule's next one finishes the rest of
 * the others. @returns how many.
 */
export async function breakOffStaleRuns(ledger: Ledger, shopId: string): Promise<number> {
  const result = await ledger.pool.query(
    `update stock_run set failure = 'its worker went away', lease_until = null, ${BROKEN_OFF}
     where shop_id = $1 and state = 'running' and lease_until < now()`,
    [shopId],
  );
  return result.rowCount ?? 0;
}

export interface StockDispatch {
  readonly runId: string;
  readonly dispatchNo: number;
  readonly shopId: string;
}

/** Takes the shop's next wanted run, when none is running: those that people wait for first. */
export async function takeWantedStockRun(
  ledger: Ledger,
  shopId: string,
  leaseMs: number,
): Promise<StockDispatch | null> {
  return oneRow<StockDispatch>(
    ledger.pool,
    `with next as (
       select r.id from stock_run r join shop s on s.id = r.shop_id join account a on a.id = s.account_id left join shop_host h on h.id = s.host
       where r.shop_id = $1 and r.state = 'wanted' and (r.dispatched_until is null or r.dispatched_until <= now())
         and ${MAY_RUN} and a.breaker_state <> 'open' and coalesce(h.breaker_state, 'closed') <> 'open'
         and not coalesce(a.frozen_until > now(), false)
         and not exists (select 1 from stock_run where shop_id = $1 and (state = 'running' or (state = 'wanted' and dispatched_until > now())))
       order by array_position(array['check', 'asked', 'scheduled'], r.kind), r.id limit 1 for update of r skip locked
     )
     update stock_run r set dispatch_no = dispatch_no + 1, dispatched_until = now() + $2::bigint * interval '1 millisecond'
     from next where r.id = next.id returning r.id as "runId", r.dispatch_no as "dispatchNo", r.shop_id as "shopId"`,
    [shopId, leaseMs],
  );
}

/** The job's add failed: the next tick takes it again. */
export async function undoStockDispatch(ledger: Ledger, { runId, dispatchNo }: StockDispatch): Promise<void> {
  await ledger.pool.query('update stock_run set dispatched_until = null where id = $1 and dispatch_no = $2', [
    runId,
    dispatchNo,
  ]);
}

/**
 * Begins a wanted run, unless another one of the shop is running: the index allows one.
 * @returns null when it is not to be begun: it is over, or another one runs.
 */
export async function startStockRun(
  ledger: Ledger,
  runId: string,
  { worker, leaseMs }: { worker: string; leaseMs: number },
): Promise<StockRun | null> {
  try {
    return await oneRow<StockRun>(
      ledger.pool,
      `update stock_run r set state = 'running', started_at = now(), worker = $2, step = null, failure = null,
              lease_until = now() + $3::bigint * interval '1 millisecond'
       from shop s where r.id = $1 and r.state = 'wanted' and s.id = r.shop_id and ${MAY_RUN} returning ${COLUMNS}`,
      [runId, worker, leaseMs],
    );
  } catch (error) {
    if ((error as { constraint?: string }).constraint === 'stock_run_one_running') return null;
    throw error;
  }
}

export type StockRunFigures = Partial<
  Pick<
    StockRun,
    | 'step'
    | 'pages'
    | 'skus'
    | 'matched'
    | 'readSkus'
    | 'differences'
    | 'written'
    | 'writeCalls'
    | 'calls'
    | 'skipped'
    | 'errors'
    | 'raced'
    | 'diffMs'
  >
>;

const COLUMN_OF: Readonly<Record<keyof StockRunFigures, string>> = {
  step: 'step',
  pages: 'pages',
  skus: 'skus',
  matched: 'matched',
  readSkus: 'read_skus',
  differences: 'differences',
  written: 'written',
  writeCalls: 'write_calls',
  calls: 'calls',
  skipped: 'skipped',
  errors: 'errors',
  raced: 'raced',
  diffMs: 'diff_ms',
};

/**
 * Says how far the run has come, and that its worker lives. Asked right before each write.
 * @returns false when the run is no longer this worker's, or the shop no longer live: nothing more may be written for it.
 */
export async function keepStockRun(
  ledger: Ledger,
  runId: string,
  { worker, leaseMs, figures = {} }: { worker: string; leaseMs: number; figures?: StockRunFigures },
): Promise<boolean> {
  const names = Object.keys(figures) as (keyof StockRunFigures)[];
  const sets = names.map((name, index) => `, ${COLUMN_OF[name]} = $${index + 4}`).join('');
  const result = await ledger.pool.query(
    `update stock_run r set lease_until = now() + $3::bigint * interval '1 millisecond'${sets}
     from shop s where r.id = $1 and r.worker = $2 and r.state = 'running' and s.id = r.shop_id and ${MAY_RUN}`,
    [runId, worker, leaseMs, ...names.map((name) => figures[name])],
  );
  return (result.rowCount ?? 0) > 0;
}

/** @param how `wanted`: it did not work now, and its job comes again; where the job is lost, a new one after a while. */
export async function endStockRun(
  ledger: Ledger,
  runId: string,
  { worker, how, failure }: { worker: string; how: Exclude<StockRunState, 'running'>; failure: string | null },
): Promise<void> {
  await ledger.pool.query(
    how === 'broken_off'
      ? `update stock_run set failure = $3, lease_until = null, ${BROKEN_OFF} where id = $1 and worker = $2 and state = 'running'`
      : `update stock_run set failure = $3, lease_until = null, state = $4,
                ended_at = case when $4 = 'wanted' then null else now() end,
                dispatched_until = case when $4 = 'wanted' then now() + $5::bigint * interval '1 millisecond' end
         where id = $1 and worker = $2 and state = 'running'`,
    how === 'broken_off' ? [runId, worker, failure] : [runId, worker, failure, how, JOB_COMES_AGAIN_MS],
  );
}

export async function loadStockRun(ledger: Ledger, runId: string): Promise<StockRun | null> {
  return oneRow<StockRun>(ledger.pool, `select ${COLUMNS} from stock_run r where id = $1`, [runId]);
}

/** The newest first. */
export async function stockRuns(ledger: Ledger, shopId: string, limit: number): Promise<StockRun[]> {
  return rows<StockRun>(
    ledger.pool,
    `select ${COLUMNS} from stock_run r where shop_id = $1 order by id desc limit $2`,
    [shopId, limit],
  );
}

/** When a run that compared everything ended well the last time. */
export async function lastStockSync(ledger: Ledger, shopId: string): Promise<Date | null> {
  const row = await oneRow<{ at: Date | null }>(
    ledger.pool,
    `select max(ended_at) as at from stock_run
     where shop_id = $1 and state = 'finished' and kind <> 'check' and not (options ->> 'dryRun')::boolean and options -> 'skus' = 'null'`,
    [shopId],
  );
  return row?.at ?? null;
}

/** `relay stock boost`: so often, until then; it ends by itself. null ends it now. */
export async function boostStock(
  ledger: Ledger,
  shopId: string,
  boost: { everyMs: number; forMs: number } | null,
): Promise<Date | null> {
  const row = await oneRow<{ until: Date | null }>(
    ledger.pool,
    `update shop set stock_every_ms = $2, stock_every_until = now() + $3::bigint * interval '1 millisecond'
     where id = $1 returning stock_every_until as until`,
    [shopId, boost?.everyMs ?? null, boost?.forMs ?? null],
  );
  return row?.until ?? null;
}

export async function currentBoost(ledger: Ledger, shopId: string): Promise<{ everyMs: number; until: Date } | null> {
  return oneRow(
    ledger.pool,
    `select stock_every_ms as "everyMs", stock_every_until as until from shop where id = $1 and stock_every_until > now()`,
    [shopId],
  );
}

/** Runs that ended so long ago, but the newest of each kind. @returns how many were deleted. */
export async function forgetStockRuns(ledger: Ledger, shopId: string, keepMs: number): Promise<number> {
  const result = await ledger.pool.query(
    `delete from stock_run r where shop_id = $1 and ended_at < now() - $2::bigint * interval '1 millisecond'
       and id not in (select max(id) from stock_run where shop_id = $1 group by kind, state)`,
    [shopId, keepMs],
  );
  return result.rowCount ?? 0;
}
