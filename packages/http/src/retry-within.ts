import { parseRetryAfterMs } from '@relay/core';
import type { AxiosError } from 'axios';
import { isNetworkError, type IAxiosRetryConfig } from 'axios-retry';
import { headersOf } from './answer.js';

const RETRIES = 2;
const FIRST_WAIT_MS = 250;

/**
 * Up to two more tries of a read, after a network error, a 5xx or a 429, and only while the wait ends before the call's
 * time does: 125–250 ms, then 250–500 ms, and never before a Retry-After.
 *
 * @param endsAt end of the whole call, on the monotonic clock (`performance.now()`).
 */
export function retryWithin(endsAt: number): IAxiosRetryConfig {
  let waitMs = 0;
  let waits = 0;
  return {
    retries: RETRIES,
    shouldResetTimeout: true,
    retryCondition: (error) => {
      if (!isWorthAnotherTry(error)) return false;
      const ceilingMs = FIRST_WAIT_MS * 2 ** waits++;
      waitMs = Math.max(askedWaitMs(error), ceilingMs * (0.5 + 0.5 * Math.random()));
      return performance.now() + waitMs < endsAt;
    },
    retryDelay: () => waitMs,
  };
}

function isWorthAnotherTry(error: AxiosError): boolean {
  if (error.message.startsWith('maxContentLength')) return false; // it will be as large again
  const { response } = error;
  if (response === undefined) return isNetworkError(error);
  return response.data === undefined /* cut off */ || response.status === 429 || response.status >= 500;
}

function askedWaitMs({ response }: AxiosError): number {
  if (response?.status !== 429 && response?.status !== 503) return 0;
  return parseRetryAfterMs(headersOf(response)) ?? 0;
}
