import { CallFailure, hft71AgainstLedger } from '@relay/core';
import type { SkuStatus } from '@relay/hft71';
import { hastenPoll, idsHeldSince, statusesOfHeldId, type HeldId } from '@relay/ledger';
import { inBudget } from './in-budget.js';
import type { ReconcileRun } from './reconcile-run.js';

/** A poll that is due for so long will not come by itself: workers take what is due within seconds or, in a queue, minutes. */
const POLL_OVERDUE_MS = 60 * 60_000;

/**
 * Every id that the ledger holds in the window: known at HFT71, and with the status that the ledger knows? A status that
 * moved since the last poll is what polls are for: it is read at once, and only where no poll comes is it a disagreement.
 */
export async function compareWithHft71(run: ReconcileRun): Promise<void> {
  const { relay, shop, from, options, counts } = run;
  const held = await idsHeldSince(relay.ledger, shop.id, from);
  const asked = held.slice(0, options.mostReads ?? held.length);
  counts.hft71Unread = held.length;
  for (const each of asked) {
    if (options.isStopping?.() === true) return;
    const statuses = await readStatus(run, each);
    if (statuses === 'stopped') return;
    counts.hft71Reads += 1;
    counts.hft71Unread -= 1;
    options.onProgress?.({ step: 'hft71', done: counts.hft71Reads, of: asked.length });
    const known = await statusesOfHeldId(relay.ledger, shop.id, each);
    if (known === 'gone') continue;
    const { hft71OrderId, orderId, copy } = each;
    const number = copy === 1 ? each.number : `${each.number}-R${copy}`;
    for (const disagrees of hft71AgainstLedger(statuses, { hft71OrderId, statuses: known })) {
      if (disagrees.kind === 'status-behind' && (await isReadSoon(run, each))) continue;
      run.findings.push({ ...disagrees, orderId, number });
    }
  }
  if (asked.length < held.length)
    run.faults.push(`${held.length - asked.length} ids were not asked for at HFT71: a run asks for ${asked.length}`);
}

async function isReadSoon({ relay, shop }: ReconcileRun, { orderId, copy, hft71OrderId }: HeldId): Promise<boolean> {
  return hastenPoll(relay.ledger, { shopId: shop.id, orderId, copy, hft71OrderId }, POLL_OVERDUE_MS);
}

/** @returns null where HFT71 does not know the id. */
async function readStatus(
  { shop, options }: ReconcileRun,
  { hft71OrderId, orderId }: HeldId,
): Promise<SkuStatus[] | null | 'stopped'> {
  try {
    return await inBudget(() => shop.hft71.reading('poll').orderStatus(hft71OrderId, orderId), options.isStopping);
  } catch (error) {
    if (error instanceof CallFailure && error.failure === 'not-found') return null;
    throw error;
  }
}
