import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '@relay/testing';
import { Redis } from 'ioredis';
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

/**
 * Seconds from this moment until a call for an order arrives at HFT71; the limit where none does. Calls that were on their
 * way at the moment do not count.
 */
export async function secondsUntilNextCall({ sandbox }: World, fromMs: number, limitSeconds: number): Promise<number> {
  for (;;) {
    const later = (await sandbox.orderPostTimes()).filter((at) => at > fromMs);
    if (later.length > 0) return (Math.min(...later) - fromMs) / 1000;
    if (Date.now() - fromMs > limitSeconds * 1000) return limitSeconds;
    await sleep(250);
  }
}

/** Everything in the Redis of this world's own is gone. */
export async function flushAll({ ownRedis }: World): Promise<void> {
  const redis = new Redis(ownRedis?.url ?? '', { maxRetriesPerRequest: 1 });
  try {
    await redis.flushall();
  } finally {
    redis.disconnect();
  }
}
