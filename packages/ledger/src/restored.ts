import { writeAuditOn } from './audit.js';
import { inTransaction, oneRow, rows, type Ledger, type Queryable } from './connect.js';

/** Workers were seen within the last 30 s: they may be sending. Nothing was changed. */
export interface WorkerAlive {
  readonly kind: 'worker-alive';
  readonly workers: readonly string[];
}

export type RestoreDeclared = { readonly kind: 'declared'; readonly inDoubt: number } | WorkerAlive;
export type MoveDeclared = { readonly kind: 'declared' } | WorkerAlive;

/**
 * The ledger was restored from a backup: whatever it does not know as sent may have been sent since. All of it goes in
 * doubt, its tokens void, for settle + lease, since a worker that claimed before the restore may still post (model, R9).
 * Orders that were none of HFT71's stay: the backup says that nothing of them was sent, and a shop has thousands of them.
 * One that was sent since shows the marker, or an id; where there is no marker, it is remembered and goes in doubt when
 * it is to be sent.
 */
export async function declareRestored(
  ledger: Ledger,
  restore: {
    settleMs: number;
    leaseMs: number;
    actor: string;
    reason: string;
    cluster: string | null;
    unmarkedShops?: readonly string[];
  },
): Promise<RestoreDeclared> {
  return inTransaction(ledger, async (client) => {
    const alive = await workersAlive(client);
    if (alive !== null) return alive;
    const doubted = await client.query(
      `update intent set state = 'in_doubt', reason = null, token = null, lease_until = null, dispatched_until = null,
         cancel_requested = cancel_requested or state = 'cancelled',
         doubt_since = coalesce(doubt_since, now()), settle_until = now() + $1::bigint * interval '1 millisecond',
         reason_detail = 'the ledger was restored from a backup' || coalesce('; a person holds it: ' || person_hold, ''),
         unreadable_look_ups = 0, look_up_at = null, state_since = now()
       where kind in ('send_order', 'reprint') and reference is not null and hft71_order_id is null
         and state not in ('sent', 'written_back', 'adopted', 'not_for_hft71')`,
      [restore.settleMs + restore.leaseMs],
    );
    await client.query(
      `update intent set may_be_forgotten = true
       where shop_id = any($1::text[]) and kind in ('send_order', 'reprint') and hft71_order_id is null
         and (state = 'not_for_hft71' or reference is null)`,
      [restore.unmarkedShops ?? []],
    );
    await client.query(
      `update attempt set ended_at = now(), outcome = case when claimed_at is null then 'abandoned' else 'in_doubt' end, cause = 'ledger-restored'
       where ended_at is null`,
    );
    await client.query(
      `update installation set restored_at = now(), restored_settle_ms = $2, cluster = coalesce($1, cluster)`,
      [restore.cluster, restore.settleMs + restore.leaseMs],
    );
    await client.query(
      'update shop set sweep_wanted = true, level_swept_at = null, sweep_mark = least(sweep_mark, baseline_at)',
    );
    const inDoubt = doubted.rowCount ?? 0;
    await client.query(`update alert set resolved_at = now() where kind = $1 and resolved_at is null`, [LEDGER_MOVED]);
    await writeAuditOn(client, {
      actor: restore.actor,
      reason: restore.reason,
      action: 'ledger restored',
      subject: 'ledger',
      details: { inDoubt },
    });
    return { kind: 'declared', inDoubt };
  });
}

/** Kind of the alert that offers it. */
export const LEDGER_MOVED = 'ledger on another cluster';

/** System identifier and timeline: both change when a base backup is restored. null where the role may not ask. */
export async function readCluster(ledger: Ledger): Promise<string | null> {
  try {
    const row = await oneRow<{ cluster: string }>(
      ledger.pool,
      `select s.system_identifier || '/' || c.timeline_id as cluster from pg_control_system() s, pg_control_checkpoint() c`,
    );
    return row?.cluster ?? null;
  } catch (error) {
    if ((error as { code?: string }).code === '42501') return null; // no permission
    throw error;
  }
}

/**
 * Compares the cluster with the one that the ledger was last used on; the first look remembers it.
 * @returns the former one when it is another now.
 */
export async function followCluster(ledger: Ledger, cluster: string | null): Promise<string | null> {
  if (cluster === null) return null;
  const row = await oneRow<{ cluster: string }>(
    ledger.pool,
    `with first as (update installation set cluster = $1 where cluster is null returning cluster)
     select cluster from installation where cluster is distinct from $1 and cluster is not null`,
    [cluster],
  );
  return row?.cluster ?? null;
}

/**
 * A person says that the ledger moved as it was: no restore, nothing was lost. Not while a worker lives: what it is sending
 * may stand in the ledger that was left behind.
 */
export async function acceptCluster(
  ledger: Ledger,
  move: { cluster: string | null; actor: string; reason: string },
): Promise<MoveDeclared> {
  return inTransaction(ledger, async (client) => {
    const alive = await workersAlive(client);
    if (alive !== null) return alive;
    await client.query('update installation set cluster = $1', [move.cluster]);
    await client.query(`update alert set resolved_at = now() where kind = $1 and resolved_at is null`, [LEDGER_MOVED]);
    await writeAuditOn(client, { actor: move.actor, reason: move.reason, action: 'ledger moved', subject: 'ledger' });
    return { kind: 'declared' };
  });
}

async function workersAlive(client: Queryable): Promise<WorkerAlive | null> {
  const alive = await rows<{ worker: string }>(
    client,
    `select host || '/' || pid as worker from process_beat where kind = 'worker' and seen_at > now() - interval '30 seconds'`,
  );
  return alive.length === 0 ? null : { kind: 'worker-alive', workers: alive.map(({ worker }) => worker) };
}
