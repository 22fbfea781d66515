import { rows, type Ledger } from './connect.js';

/** Sweeps that should not wait for their schedule: a gap was noticed, or a shop just went live. */
export async function wantedSweeps(ledger: Ledger): Promise<{ shopId: string; task: 'sweep' | 'level-sweep' }[]> {
  return rows(
    ledger.pool,
    `with callable as (
       select s.* from shop s left join shop_host h on h.id = s.host where coalesce(h.breaker_state, 'closed') <> 'open'
     )
     select id as "shopId", 'sweep' as task from callable where sweep_wanted and baseline_at is not null
     union all
     select id, 'level-sweep' from callable where level_swept_at is null and baseline_at is not null and mode in ('shadow', 'live')`,
  );
}

/**
 * Runs `work` while no other process does, by an advisory lock that PostgreSQL lets go if this process dies.
 * @returns false when another process holds it.
 */
export async function alone(ledger: Ledger, what: string, work: () => Promise<void>): Promise<boolean> {
  const client = await ledger.pool.connect();
  // The lock lives as long as the session: a session that may still hold it must not go back into the pool.
  let mustEnd = true;
  try {
    const { rows: found } = await client.query<{ mine: boolean }>(
      'select pg_try_advisory_lock(hashtext($1), hashtext($2)) as mine',
      ['alone', what],
    );
    if (found[0]?.mine !== true) {
      mustEnd = false;
      return false;
    }
    try {
      await work();
    } finally {
      await client.query('select pg_advisory_unlock(hashtext($1), hashtext($2))', ['alone', what]);
    }
    mustEnd = false;
    return true;
  } finally {
    client.release(mustEnd);
  }
}
