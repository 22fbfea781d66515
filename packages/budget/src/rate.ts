/** So many calls in any window of this length. */
export interface Rate {
  readonly calls: number;
  readonly windowMs: number;
}

/**
 * Who may use which part of a window: live sends (with their log-ins and look-ups of doubts) all of it, everything else
 * leaves the last part to them.
 */
export type CallClass = 'send' | 'probe' | 'update' | 'poll' | 'stock' | 'campaign';

const MARGIN_SHARE = 0.01;
const LEAST_MARGIN_MS = 50;
const RESERVED_SHARE = 0.1;

/**
 * The other side measures its own window by its own clock, and calls take unequal times to arrive: our window is a
 * little longer than the one that was agreed.
 */
export function guardedWindowMs({ windowMs }: Rate): number {
  return Math.ceil(windowMs + Math.max(windowMs * MARGIN_SHARE, LEAST_MARGIN_MS));
}

/**
 * How many calls a window may hold for one more of this class to be refused. A rate of one call leaves nothing to
 * reserve: there every class may have it, else the lower ones would never get a turn.
 */
export function callsFor(callClass: CallClass, { calls }: Rate): number {
  if (callClass === 'send') return calls;
  const reserved = Math.max(1, Math.floor(calls * RESERVED_SHARE));
  return Math.max(1, calls - reserved);
}

export function assertRate(rate: Rate): void {
  const whole = (value: number) => Number.isSafeInteger(value) && value >= 1;
  if (!whole(rate.calls) || !whole(rate.windowMs)) {
    throw new RangeError(
      `A rate needs whole calls and milliseconds, at least 1 each: ${rate.calls}/${rate.windowMs}ms`,
    );
  }
}
