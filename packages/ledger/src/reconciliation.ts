import type { Disagreement } from '@relay/core';
import { writeAuditOn } from './audit.js';
import { inTransaction, oneRow, rows, type Ledger } from './connect.js';

export interface Finding {
  readonly kind: Disagreement;
  readonly orderId: number;
  readonly number: string;
  /** Ids, statuses and states, in words. */
  readonly detail: string;
}

export interface ReconciledCounts {
  readonly shopOrders: number;
  readonly ledgerOrders: number;
  readonly hft71Reads: number;
  /** Ids that the ledger holds in the window and HFT71 was not asked for. */
  readonly hft71Unread: number;
  /** Received, as a sweep would have. */
  readonly received: number;
}

export interface Reconciliation extends ReconciledCounts {
  readonly id: number;
  readonly shopId: string;
  readonly startedBy: string;
  readonly startedAt: Date;
  /** null while it runs, and for ever where its process died. */
  readonly endedAt: Date | null;
  readonly windowFrom: Date;
  /** By kind, all of them. */
  readonly counts: Readonly<Partial<Record<Disagreement, number>>>;
  /** What kept it from being complete. */
  readonly faults: readonly string[];
}

/** What a person asked for, and no worker has begun yet. */
export interface WantedReconciliation {
  readonly by: string;
  readonly windowMs: number;
}

export async function wantedReconciliation(ledger: Ledger, shopId: string): Promise<WantedReconciliation | null> {
  return oneRow(
    ledger.pool,
    `select reconcile_wanted_by as by, reconcile_window_ms::float8 as "windowMs" from shop
     where id = $1 and reconcile_wanted_by is not null`,
    [shopId],
  );
}

/** Workers begin it within seconds. @returns false where one is wanted already: it stays, with its window. */
export async function wantReconciliation(
  ledger: Ledger,
  wish: { shopId: string; actor: string; reason: string | null; windowMs: number },
): Promise<boolean> {
  return inTransaction(ledger, async (client) => {
    const { shopId, actor, reason, windowMs } = wish;
    const row = await oneRow(
      client,
      `update shop set reconcile_wanted_by = $2, reconcile_window_ms = $3 where id = $1 and reconcile_wanted_by is null returning id`,
      [shopId, actor, windowMs],
    );
    if (row === null) return false;
    await writeAuditOn(client, { actor, reason, action: 'reconcile', subject: shopId, details: { windowMs } });
    return true;
  });
}

/** @param run `isWanted`: it is the one that a person asked for, who waits for it no longer. */
export async function beginReconciliation(
  ledger: Ledger,
  run: { shopId: string; startedBy: string; windowFrom: Date; isWanted?: boolean },
): Promise<number> {
  const row = await oneRow<{ id: string }>(
    ledger.pool,
    `with begun as (update shop set reconcile_wanted_by = null, reconcile_window_ms = null where id = $1 and $4)
     insert into reconciliation (shop_id, started_by, window_from) values ($1, $2, $3) returning id`,
    [run.shopId, run.startedBy, run.windowFrom, run.isWanted ?? false],
  );
  return Number(row?.id);
}

/** The fault of a run whose process was stopped: it does not count as the night's. */
export const RECONCILE_STOPPED = 'broken off: the process was stopped';

/** Runs of a shop that are kept, and findings of one kind that are kept singly: the rest is in the counts. */
const RUNS_KEPT = 14;
export const FINDINGS_KEPT = 1_000;

/** The run with its findings, whole or not at all; older runs go with theirs. */
export async function finishReconciliation(
  ledger: Ledger,
  runId: number,
  result: ReconciledCounts & { findings: readonly Finding[]; faults: readonly string[] },
): Promise<void> {
  const counts: Partial<Record<Disagreement, number>> = {};
  const kept = result.findings.filter(({ kind }) => (counts[kind] = (counts[kind] ?? 0) + 1) <= FINDINGS_KEPT);
  await inTransaction(ledger, async (client) => {
    await client.query(
      `insert into reconciliation_finding (reconciliation_id, kind, order_id, number, detail)
       select $1::bigint, f.kind, f.order_id, f.number, f.detail
       from jsonb_to_recordset($2::jsonb) as f(kind text, order_id bigint, number text, detail text)`,
      [runId, JSON.stringify(kept.map(({ orderId, ...finding }) => ({ ...finding, order_id: orderId })))],
    );
    await client.query(
      `update reconciliation set ended_at = now(), shop_orders = $2, ledger_orders = $3, hft71_reads = $4, hft71_unread = $5,
         received = $6, counts = $7, faults = $8 where id = $1`,
      [
        runId,
        result.shopOrders,
        result.ledgerOrders,
        result.hft71Reads,
        result.hft71Unread,
        result.received,
        JSON.stringify(counts),
        JSON.stringify(result.faults),
      ],
    );
    await client.query(
      `with old as (
         delete from reconciliation where shop_id = (select shop_id from reconciliation where id = $1) and id not in (
           select id from reconciliation where shop_id = (select shop_id from reconciliation where id = $1)
           order by id desc limit ${RUNS_KEPT})
         returning id
       )
       delete from reconciliation_finding using old where reconciliation_id = old.id`,
      [runId],
    );
  });
}

const RUN = `id::int, shop_id as "shopId", started_by as "startedBy", started_at as "startedAt", ended_at as "endedAt",
  window_from as "windowFrom", shop_orders as "shopOrders", ledger_orders as "ledgerOrders", hft71_reads as "hft71Reads",
  hft71_unread as "hft71Unread", received, counts, faults`;

/** The newest first. */
export async function reconciliations(ledger: Ledger, shopId: string, limit = RUNS_KEPT): Promise<Reconciliation[]> {
  return rows(ledger.pool, `select ${RUN} from reconciliation where shop_id = $1 order by id desc limit $2`, [
    shopId,
    limit,
  ]);
}

/** The newest that has ended. */
export async function lastReconciliation(ledger: Ledger, shopId: string): Promise<Reconciliation | null> {
  return oneRow(
    ledger.pool,
    `select ${RUN} from reconciliation where shop_id = $1 and ended_at is not null order by id desc limit 1`,
    [shopId],
  );
}

export async function findingsOf(ledger: Ledger, runId: number, limit = 100_000): Promise<Finding[]> {
  const found = await rows<Omit<Finding, 'orderId'> & { orderId: string }>(
    ledger.pool,
    `select kind, order_id as "orderId", number, detail from reconciliation_finding
     where reconciliation_id = $1 order by kind, order_id limit $2`,
    [runId, limit],
  );
  return found.map((row) => ({ ...row, orderId: Number(row.orderId) }));
}
