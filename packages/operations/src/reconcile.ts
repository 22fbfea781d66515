import { CallFailure } from '@relay/core';
import {
  alone,
  beginReconciliation,
  finishReconciliation,
  loadAccount,
  loadShop,
  RECONCILE_STOPPED,
  sharedIdsSince,
} from '@relay/ledger';
import { refused, type Refusal } from './held-orders.js';
import { compareWithHft71 } from './reconcile-hft71.js';
import type { ReconcileOptions, ReconcileRun } from './reconcile-run.js';
import { compareWithShop } from './reconcile-shop.js';
import type { ConnectedShop, Relay } from './relay.js';

export type Reconciled = { readonly kind: 'reconciled'; readonly runId: number } | Refusal;

/**
 * Compares shop, ledger and HFT71 over a window. It changes nothing at HFT71 and nothing in the shop; of the ledger it
 * does what a sweep would: an order that nobody told of is received. What it finds is stored, for people to read. A side
 * that does not answer ends its step, and the run says so.
 */
export async function reconcile(relay: Relay, shop: ConnectedShop, options: ReconcileOptions): Promise<Reconciled> {
  const view = await loadShop(relay.ledger, shop.id);
  if (view === null || view.baselineAt === null || view.mode === 'connecting')
    return refused(
      `shop ${shop.id} is not connected yet`,
      'start a worker and wait for its baseline; relay shop check says what keeps it',
    );
  if (view.mode === 'going_live')
    return refused(`shop ${shop.id} is going live at this moment`, 'try again once it is live: relay mode');
  let runId: number | null = null;
  // One at a time for each account: they share what the budget leaves for reads.
  const isMine = await alone(relay.ledger, `reconcile ${shop.accountId}`, async () => {
    const from = new Date(Math.floor((Date.now() - options.windowMs) / 1000) * 1000);
    runId = await beginReconciliation(relay.ledger, {
      shopId: shop.id,
      startedBy: options.startedBy,
      windowFrom: from,
    });
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
  if (!isMine || runId === null)
    return refused(
      'another reconciliation of this HFT71 account is running',
      'wait for it: relay reconcile --last shows what it found',
    );
  return { kind: 'reconciled', runId };
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
