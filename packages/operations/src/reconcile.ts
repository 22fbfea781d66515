import { CallFailure } from '@relay/core';
import {
  alone,
  beginReconciliation,
  finishReconciliation,
  loadAccount,
  loadShop,
  RECONCILE_STOPPED,
  sharedIdsSince,
  wantedReconciliation,
  wantReconciliation,
  writeAudit,
  type ShopView,
} from '@relay/ledger';
import { refused, type Refusal } from './held-orders.js';
import { compareWithHft71 } from './reconcile-hft71.js';
import type { ReconcileOptions, ReconcileRun } from './reconcile-run.js';
import { compareWithShop } from './reconcile-shop.js';
import type { ConnectedShop, Relay } from './relay.js';

export type Reconciled = { readonly kind: 'reconciled'; readonly runId: number } | Refusal;

/**
 * Compares shop, ledger and HFT71 over a window. It changes nothing at HFT71 and nothing in the shop; of the ledger it
 * does what a sweep would: an order that nobody told of is received. An id whose status has moved at HFT71 is polled now.
 * What it finds is stored, for people to read. A side that does not answer ends its step, and the run says so.
 */
export async function reconcile(relay: Relay, shop: ConnectedShop, options: ReconcileOptions): Promise<Reconciled> {
  const view = await comparableShop(relay, shop);
  if ('kind' in view) return view;
  let runId: number | null = null;
  // One at a time for each account: they share what the budget leaves for reads.
  const isMine = await alone(relay.ledger, lockOf(shop), async () => {
    const wanted = options.takesWanted === true ? await wantedReconciliation(relay.ledger, shop.id) : null;
    const windowMs = wanted?.windowMs ?? options.windowMs;
    const from = new Date(Math.floor((Date.now() - windowMs) / 1000) * 1000);
    runId = await beginReconciliation(relay.ledger, {
      shopId: shop.id,
      startedBy: wanted?.by ?? options.startedBy,
      windowFrom: from,
      isWanted: wanted !== null,
    });
    // A run that somebody asked the workers for was written down when they asked.
    if (options.takesWanted !== true) {
      const { startedBy: actor, hft71 } = options;
      await writeAudit(relay.ledger, { actor, action: 'reconcile', subject: shop.id, details: { windowMs, hft71 } });
    }
    const run: ReconcileRun = {
      ...{ relay, shop, from, options },
      isShadow: view.mode === 'shadow',
      findings: [],
      faults: [],
      counts: { shopOrders: 0, ledgerOrders: 0, hft71Reads: 0, hft71Unread: 0, received: 0 },
    };
    await compareAll(run);
    await finishReconciliation(relay.ledger, runId, { ...run.counts, findings: run.findings, faults: run.faults });
  });
  return isMine && runId !== null ? { kind: 'reconciled', runId } : refused(...UNDER_WAY);
}

export type ReconciliationAsked = { readonly kind: 'asked'; readonly windowMs: number } | Refusal;

/** A worker makes it, as it makes the night's. Refused where none could begin at once, so that nobody waits for nothing. */
export async function askReconciliation(
  relay: Relay,
  shop: ConnectedShop,
  wish: { readonly actor: string; readonly reason: string | null; readonly windowMs?: number },
): Promise<ReconciliationAsked> {
  const view = await comparableShop(relay, shop);
  if ('kind' in view) return view;
  const windowMs = wish.windowMs ?? relay.settings.timing.reconcileWindowMs;
  let isFirst = false;
  const isFree = await alone(relay.ledger, lockOf(shop), async () => {
    isFirst = await wantReconciliation(relay.ledger, { ...wish, shopId: shop.id, windowMs });
  });
  if (!isFree) return refused(...UNDER_WAY);
  if (isFirst) return { kind: 'asked', windowMs };
  const wanted = await wantedReconciliation(relay.ledger, shop.id);
  return refused(
    `a reconciliation of shop ${shop.id} is wanted already, by ${wanted?.by ?? 'somebody'}`,
    'wait until a worker has made it; relay doctor says what keeps the workers, if anything does',
  );
}

const UNDER_WAY = [
  'another reconciliation of this HFT71 account is running',
  'wait for it: relay reconcile --last shows what it found',
] as const;

const lockOf = (shop: ConnectedShop) => `reconcile ${shop.accountId}`;

async function comparableShop(relay: Relay, shop: ConnectedShop): Promise<ShopView | Refusal> {
  const view = await loadShop(relay.ledger, shop.id);
  if (view === null || view.baselineAt === null || view.mode === 'connecting')
    return refused(
      `shop ${shop.id} is not connected yet`,
      'start a worker and wait for its baseline; relay shop check says what keeps it',
    );
  return view.mode === 'going_live'
    ? refused(`shop ${shop.id} is going live at this moment`, 'try again once it is live: relay mode')
    : view;
}

async function compareAll(run: ReconcileRun): Promise<void> {
  await orFault(run, 'the shop', () => compareWithShop(run));
  for (const { hft71OrderId, orders } of await sharedIdsSince(run.relay.ledger, run.shop, run.from)) {
    const own = orders.find(({ shopId }) => shopId === run.shop.id) ?? orders[0];
    if (own === undefined) continue;
    const names = orders.map(({ shopId, number }) => (shopId === run.shop.id ? number : `${number} of ${shopId}`));
    run.findings.push({
      ...{ kind: 'id-twice', orderId: own.orderId, number: own.number },
      detail: `id ${hft71OrderId} at ${names.join(', ')}`,
    });
  }
  if (!run.options.hft71) return;
  const account = await loadAccount(run.relay.ledger, run.shop.accountId);
  if (account?.breakerState === 'open') run.faults.push('HFT71 was not asked: its breaker is open');
  else await orFault(run, 'HFT71', () => compareWithHft71(run));
}

/** One side that does not answer must not hide what the others disagree about. */
async function orFault(run: ReconcileRun, side: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error;
    run.faults.push(`${side} did not answer to the end: ${error.message}`);
  }
  if (run.options.isStopping?.() === true && !run.faults.includes(RECONCILE_STOPPED))
    run.faults.push(RECONCILE_STOPPED);
}
