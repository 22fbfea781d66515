/** So many calls in any window of this length. */
export interface Rate {
  readonly calls: number;
  readonly windowMs: number;
}

/**
 * Who calls. `send` (live sends with their log-ins and look-ups of doubts) may use the whole window, at once. `probe`
 * (a breaker's) is stopped by a freeze and a full window only. The others are paced and leave the last part to live
 * sends.
 */
export const CALL_CLASSES = ['send', 'probe', 'update', 'poll', 'stock', 'campaign'] as const;
export type CallClass = (typeof CALL_CLASSES)[number];

/** A campaign's class with what it may use of the rate, 0 … 1: spread evenly over the window, whoever else calls. */
export interface ShareOfRate {
  readonly callClass: 'campaign';
  readonly share: number;
}
export type Caller = CallClass | ShareOfRate;

/** As the scripts take it: class, and the share in parts of a million, 0 for none of its own. */
export function callerArgs(caller: Caller): [CallClass, number] {
  if (typeof caller === 'string') return [caller, 0];
  if (!(caller.share > 0 && caller.share < 1))
    throw new RangeError(`A share of a rate lies between 0 and 1: ${caller.share}`);
  return [caller.callClass, Math.max(1, Math.round(caller.share * 1_000_000))];
}

/**
 * How the paced classes divide their part of the window: by weight, among those that asked within the last window. Alone
 * each may have all of it; with all four at work stock gets a tenth, and is never starved. A campaign's orders wait for
 * customers, polls and stock repeat harmlessly: so it stands between them and the updates of live orders.
 */
export const WEIGHT_OF_PACED: Readonly<Partial<Record<CallClass, number>>> = {
  update: 4,
  campaign: 3,
  poll: 2,
  stock: 1,
};

export function assertRate(rate: Rate): void {
  const whole = (value: number) => Number.isSafeInteger(value) && value >= 1;
  if (!whole(rate.calls) || !whole(rate.windowMs)) {
    throw new RangeError(
      `A rate needs whole calls and milliseconds, at least 1 each: ${rate.calls}/${rate.windowMs}ms`,
    );
  }
}
