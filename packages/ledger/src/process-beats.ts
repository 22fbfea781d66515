import { oneRow, rows, type Ledger } from './connect.js';
import { COULD_GO_SINCE } from './could-go.js';

/** A process tells that it runs and, with `progressed`, that it got something done since the last beat. */
export async function beat(
  ledger: Ledger,
  process: { id: string; kind: 'worker' | 'api'; host: string; pid: number; progressed: boolean },
): Promise<void> {
  await ledger.pool.query(
    `insert into process_beat as b (id, kind, host, pid, progress_at) values ($1, $2, $3, $4, case when $5::boolean then now() end)
     on conflict (id) do update set seen_at = now(), progress_at = coalesce(excluded.progress_at, b.progress_at)`,
    [process.id, process.kind, process.host, process.pid, process.progressed],
  );
}

export async function forgetBeat(ledger: Ledger, id: string): Promise<void> {
  await ledger.pool.query(`delete from process_beat where id = $1 or seen_at < now() - interval '1 day'`, [id]);
}

export interface Progress {
  /** Processes of this kind seen in the last 30 s. */
  readonly workersSeen: number;
  readonly lastProgressAt: Date | null;
  /** Since then, seconds, by the database's clock; null where none ever got anything done. */
  readonly quietSeconds: number | null;
  /** Hand-offs and write-backs that could go now and are not being worked on. */
  readonly due: number;
  /** For how long the oldest of them could have gone, seconds: what an outage, a freeze or a pause took does not count. */
  readonly oldestDueSeconds: number;
}

/** What `/readyz` and the metrics judge by: whether anything moves while something could. */
export async function readProgress(ledger: Ledger): Promise<Progress> {
  const row = await oneRow<{
    workersSeen: number;
    lastProgressAt: Date | null;
    quietSeconds: number | null;
    due: number;
    oldest: number;
  }>(
    ledger.pool,
    `select (select count(*)::int from process_beat where kind = 'worker' and seen_at > now() - interval '30 seconds') as "workersSeen",
            (select max(progress_at) from process_beat where kind = 'worker') as "lastProgressAt",
            (select extract(epoch from now() - max(progress_at)) from process_beat where kind = 'worker')::float8 as "quietSeconds",
            count(d.*)::int as due,
            coalesce(extract(epoch from now() - min(d.since)), 0)::float8 as oldest
     from (
       select case i.kind when 'write_back' then greatest(i.state_since, i.not_before, h.breaker_since)
                          else greatest(${COULD_GO_SINCE}, a.frozen_until) end as since
       from intent i
       join shop s on s.id = i.shop_id join account a on a.id = i.account_id left join shop_host h on h.id = s.host
       where i.state = 'ready' and (i.not_before is null or i.not_before <= now())
         and coalesce(h.breaker_state, 'closed') <> 'open' and (i.kind = 'write_back' or s.mode = 'live' and send_window(a) > 0
           and (s.paused_at is null or i.kind not in ('send_order', 'reprint')))
     ) d`,
  );
  return {
    workersSeen: row?.workersSeen ?? 0,
    lastProgressAt: row?.lastProgressAt ?? null,
    quietSeconds: row?.quietSeconds ?? null,
    due: row?.due ?? 0,
    oldestDueSeconds: row?.oldest ?? 0,
  };
}

/** A worker that has not said goodbye: it runs, is stuck, or was killed. */
export interface WorkerBeat {
  readonly host: string;
  readonly pid: number;
  /** Since its last beat, by the database's clock. A worker beats every 5 s. */
  readonly silentMs: number;
  /** null: it has not got anything done yet. */
  readonly idleMs: number | null;
}

/** Those of the last day, the one heard of last first. */
export async function listWorkers(ledger: Ledger): Promise<WorkerBeat[]> {
  return rows<WorkerBeat>(
    ledger.pool,
    `select host, pid, extract(epoch from now() - seen_at)::float8 * 1000 as "silentMs",
            extract(epoch from now() - progress_at)::float8 * 1000 as "idleMs"
     from process_beat where kind = 'worker' and seen_at > now() - interval '1 day' order by seen_at desc`,
  );
}
