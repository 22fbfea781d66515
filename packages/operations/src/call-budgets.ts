import type { Budget, CallClass } from '@relay/budget';
import { CallFailure } from '@relay/core';
import type { CallPurpose } from '@relay/hft71';
import { freezeAccount, type Ledger } from '@relay/ledger';
import type { Logger } from '@relay/observability';
import type { ShopCallPurpose } from '@relay/woocommerce';

/** Log-ins and look-ups of doubts are sending's own; what else is read leaves the last part of a window to sending. */
const CLASSES: Readonly<Record<CallPurpose, CallClass>> = {
  login: 'send',
  'look-up': 'send',
  probe: 'probe',
  read: 'update',
  poll: 'poll',
  stock: 'stock',
};

export function classOfHft71Call(purpose: CallPurpose): CallClass {
  return CLASSES[purpose];
}

/** Stock is paced, and leaves the last part of the host's window to orders. */
export function classOfShopCall(purpose: ShopCallPurpose): CallClass {
  return purpose === 'stock' ? 'stock' : 'send';
}

const LONGEST_SLOT_WAIT_MS = 5_000;

/** Waits for a slot for a short while; a budget that is used up for longer reads as a throttled host. */
export function slotFor<A extends unknown[]>(
  budget: Budget,
  target: 'shop' | 'hft71',
  classOf: (...args: A) => CallClass,
) {
  return async (...args: A): Promise<void> => {
    const taken = await budget.takeOrWait(classOf(...args), LONGEST_SLOT_WAIT_MS).catch(() => {
      throw new CallFailure({
        target,
        action: 'budget',
        failure: 'retry-later',
        code: 'redis-away',
        hint: 'Redis does not answer: without the budget nothing is called',
      });
    });
    if (!taken.granted)
      throw new CallFailure({
        target,
        action: 'budget',
        failure: 'throttled',
        code: 'budget',
        retryAfterMs: taken.waitMs,
      });
  };
}

/** A 429: the account is frozen in Redis, where the budget is, and in the ledger, where claims and dispatch are. */
export function freezer(account: { ledger: Ledger; accountId: string; budget: Budget; log: Logger }) {
  const { ledger, accountId, budget, log } = account;
  return async (retryAfterMs: number | null, slot?: string): Promise<void> => {
    try {
      const { frozenForMs, isNew } = await budget.throttled(retryAfterMs, slot);
      await freezeAccount(ledger, accountId, frozenForMs);
      if (isNew)
        log.warn('HFT71 throttles: the account is frozen, and goes on slower', { account: accountId, frozenForMs });
    } catch (error) {
      log.warn('a 429 could not be told to the budget', { account: accountId, error });
    }
  };
}
