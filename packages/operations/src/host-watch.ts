import type { Budget } from '@relay/budget';
import type { CallFailure } from '@relay/core';
import { countHostAnswer, countHostFailure, type Ledger } from '@relay/ledger';
import type { Logger } from '@relay/observability';

/** An answer after this long is told to the ledger again: another process may have counted failures meanwhile. */
const TELL_AGAIN_MS = 1_000;

/**
 * Counts what becomes of the calls to a shop's host for its breaker: no answer, 5xx, HTML, another API than WooCommerce's
 * are failures; a refusal of one thing (a key that may only read, an unknown order) is an answer.
 */
export function watchHost(of: { ledger: Ledger; host: string; log: Logger; budget: Budget }) {
  const { ledger, host, log, budget } = of;
  let toldAt = -Infinity;
  const told = (work: Promise<void>) =>
    work.catch((error: unknown) => log.warn('a call could not be counted for the breaker', { host, error }));
  return (failure: CallFailure | null): void => {
    if (failure?.status === 429) {
      void told(budget.throttled(failure.retryAfterMs).then(() => undefined));
    } else if (failure?.failure === 'unavailable' || failure?.failure === 'misconfigured') {
      toldAt = -Infinity;
      void told(countHostFailure(ledger, host, failure.message));
    } else if (performance.now() - toldAt > TELL_AGAIN_MS) {
      toldAt = performance.now();
      void told(countHostAnswer(ledger, host));
    }
  };
}
