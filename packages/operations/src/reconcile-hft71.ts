import { setTimeout as sleep } from 'node:timers/promises';
import { CallFailure, hft71AgainstLedger } from '@relay/core';
import type { SkuStatus } from '@relay/hft71';
import { idsHeldSince, statusesOfHeldId, type HeldId } from '@relay/ledger';
import type { ReconcileRun } from './reconcile.js';

/** A budget that grants nothing for so long has no room for reads of this kind. */
const LONGEST_WAIT_MS = 10 * 60_000;
const LOOK_AROUND_MS = 1_000;

/** Every id that the ledger holds in the window: known at HFT71, and with the status that the ledger knows? */
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
    for (const disagrees of hft71AgainstLedger(statuses, { hft71OrderId, statuses: known }))
      run.findings.push({ ...disagrees, orderId, number });
  }
  if (asked.length < held.length)
    run.faults.push(`${held.length - asked.length} ids were not asked for at HFT71: a run asks for ${asked.length}`);
}

/** @returns null where HFT71 does not know the id. Waits for the polls' share of the budget. */
async function readStatus(
  run: ReconcileRun,
  { hft71OrderId, orderId }: HeldId,
): Promise<SkuStatus[] | null | 'stopped'> {
  const reads = run.shop.hft71.reading('poll');
  for (const giveUpAt = performance.now() + LONGEST_WAIT_MS; ;) {
    try {
      return await reads.orderStatus(hft71OrderId, orderId);
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error;
      if (error.failure === 'not-found') return null;
      const waitUntil = performance.now() + Math.max(error.retryAfterMs ?? 0, LOOK_AROUND_MS);
      if (error.failure !== 'throttled' || waitUntil > giveUpAt) throw error;
      while (performance.now() < waitUntil) {
        if (run.options.isStopping?.() === true) return 'stopped';
        await sleep(Math.max(1, Math.min(LOOK_AROUND_MS, waitUntil - performance.now())));
      }
    }
  }
}
