import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '@relay/testing';
import type { World } from './world.js';

/** Of the worlds of these scenarios: `1000/10s`, with its margin. */
const BUDGET_WINDOW_SECONDS = 10.1;

/**
 * One dispatch lease and the timer: so long may the workers stand still after Redis has lost or kept everything; or one
 * window of the budget, where that is longer, since nothing goes for a window that Redis has lost.
 */
export function longestStandstillSeconds(dispatchLeaseSeconds: number): number {
  return Math.max(dispatchLeaseSeconds, BUDGET_WINDOW_SECONDS) + 5;
}

/** Waits until HFT71 has accepted so many orders. */
export async function untilAccepted({ sandbox }: World, count: number, timeoutMs = 120_000): Promise<void> {
  await waitFor(async () => (await sandbox.acceptedOrders()).length >= count, {
    what: `${count} accepted orders`,
    timeoutMs,
    intervalMs: 50,
  });
}

/** Seconds until HFT71 accepts one more order than it had; the limit where that takes longer. */
export async function secondsUntilNextAcceptance({ sandbox }: World, limitSeconds: number): Promise<number> {
  const before = (await sandbox.acceptedOrders()).length;
  const startedAt = performance.now();
  for (;;) {
    const seconds = (performance.now() - startedAt) / 1000;
    if (seconds > limitSeconds || (await sandbox.acceptedOrders()).length > before) return seconds;
    await sleep(50);
  }
}
