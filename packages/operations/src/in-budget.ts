import { setTimeout as sleep } from 'node:timers/promises';
import { CallFailure } from '@relay/core';

/** A budget that grants nothing for so long has no room for reads of this kind. */
const LONGEST_WAIT_MS = 10 * 60_000;
const LOOK_AROUND_MS = 1_000;

/** A read that nobody waits for: while the budget or HFT71 says "not now", it waits, and is made again. */
export async function inBudget<T>(read: () => Promise<T>, isStopping?: () => boolean): Promise<T | 'stopped'> {
  for (const giveUpAt = performance.now() + LONGEST_WAIT_MS; ;) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof CallFailure) || error.failure !== 'throttled') throw error;
      const waitUntil = performance.now() + Math.max(error.retryAfterMs ?? 0, LOOK_AROUND_MS);
      if (waitUntil > giveUpAt) throw error;
      while (performance.now() < waitUntil) {
        if (isStopping?.() === true) return 'stopped';
        await sleep(Math.max(1, Math.min(LOOK_AROUND_MS, waitUntil - performance.now())));
      }
    }
  }
}
