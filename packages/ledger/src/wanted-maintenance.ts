import { inTransaction, rows, type Ledger } from './connect.js';
import { RECONCILE_STOPPED } from './reconciliation.js';

export interface WantedSweep {
  readonly shopId: string;
  readonly task: 'sweep' | 'level-sweep' | 'reconcile';
  /** Nobody asked for it: its schedule is lost, or waits for another machine's clock. */
  readonly isOverdue: boolean;
}

/**
 * Sweeps that should not wait for their schedule: a gap was noticed, a shop just went live, a person asked, or the last one
 * is older than the schedule explains.
 */
export async function wantedSweeps(
  ledger: Ledger,
  overdue: { readonly sweepMs: number; readonly levelSweepMs: number; readonly reconcileMs: number },
): Promise<WantedSweep[]> {
  return rows(
    ledger.pool,
    `with callable as (
       select s.* from shop s left join shop_host h on h.id = s.host
       where coalesce(h.breaker_state, 'closed') <> 'open' and s.baseline_at is not null
     )
     select id as "shopId", 'sweep' as task, not sweep_wanted as "isOverdue" from callable
     where sweep_wanted or coalesce(swept_at, baseline_at) < now() - $1::bigint * interval '1 millisecond'
     union all
     select id, 'level-sweep', level_swept_at is not null from callable
     where mode in ('shadow', 'live')
       and (level_swept_at is null or level_swept_at < now() - $2::bigint * interval '1 millisecond')
     union all
     select id, 'reconcile', false from callable where reconcile_wanted_by is not null and mode in ('shadow', 'live')
     union all
     -- one that its process did not end counts as none, and one that was broken off
     select id, 'reconcile', true from callable
     where reconcile_wanted_by is null and mode in ('shadow', 'live') and baseline_at < now() - $3::bigint * interval '1 millisecond' and not exists (
       select 1 from reconciliation r
       where r.shop_id = callable.id and r.ended_at is not null and not r.faults @> jsonb_build_array($4::text)
         and r.started_at > now() - $3::bigint * interval '1 millisecond')`,
    [overdue.sweepMs, overdue.levelSweepMs, overdue.reconcileMs, RECONCILE_STOPPED],
  );
}

/**
 * Runs `work` while no other process does, by an advisory lock that PostgreSQL lets go if this process dies, and also if
 * it only sleeps (a stopped container, a paused machine): the lock lives as long as a transaction that says every two
 * seconds that it is alive, and PostgreSQL ends one that is silent for longer (`SILENT_TRANSACTION_MS`).
 * @returns false when another process holds it.
 */
export async function alone(ledger: Ledger, what: string, work: () => Promise<void>): Promise<boolean> {
  return inTransaction(ledger, async (client) => {
    const { rows: found } = await client.query<{ mine: boolean }>(
      'select pg_try_advisory_xact_lock(hashtext($1), hashtext($2)) as mine',
      ['alone', what],
    );
    if (found[0]?.mine !== true) return false;
    const pulse = setInterval(() => void client.query('select 1').catch(() => undefined), PULSE_MS);
    pulse.unref(); // it tells of a process that lives, and keeps none alive
    try {
      await work();
    } finally {
      clearInterval(pulse);
    }
    return true;
  });
}

const PULSE_MS = 2_000;
