import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs, CallFailure } from '@relay/core';

/** A run that has read for minutes is not given up for a full window or one bad answer. */
const LONGEST_MS = 10 * 60_000;
/** Each is three tries of the client's. */
const FAULTS_IN_A_ROW = 2;
const SHORTEST_WAIT_MS = 50;

/**
 * Makes a read, and waits while its host's budget is used up or a 429 freezes it: stock has time, orders go first. Other
 * passing faults are waited for once; what lasts longer is the next run's.
 */
export async function patiently<T>(call: () => Promise<T>, isOver: () => boolean): Promise<T> {
  const givenUpAt = performance.now() + LONGEST_MS;
  for (let faults = 0; ;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof CallFailure) || isOver()) throw error;
      const isThrottled = error.failure === 'throttled';
      if (!isThrottled) faults += 1;
      const passes = isThrottled || error.failure === 'unavailable' || error.failure === 'retry-later';
      const waitMs = Math.max(error.retryAfterMs ?? (isThrottled ? 0 : backoffMs(faults)), SHORTEST_WAIT_MS);
      if (!passes || faults >= FAULTS_IN_A_ROW || performance.now() + waitMs > givenUpAt) throw error;
      await sleep(waitMs);
    }
  }
}
