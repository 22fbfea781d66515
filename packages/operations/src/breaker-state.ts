import type { BreakerOwner, BreakerView } from '@relay/ledger';
import type { Breakers } from './breaker.js';

/** One breaker, for people and for scripts. */
export interface BreakerState {
  readonly state: BreakerView['breakerState'];
  readonly owner: BreakerOwner | null;
  readonly reason: string | null;
  /** Since when it is in this state; null when it never moved. */
  readonly since: Date | null;
  readonly failuresInARow: number;
  readonly reopenings: number;
  /** null where nobody probes: closed, or opened by the relay or a person. */
  readonly nextProbeAt: Date | null;
}

export interface BreakersState {
  readonly account: BreakerState & {
    /** POSTs that may be on their way at once. */
    readonly sendWindow: { readonly now: number; readonly most: number };
    readonly frozenUntil: Date | null;
  };
  /** null before the shop was first connected. */
  readonly host: (BreakerState & { readonly host: string }) | null;
}

export function describeBreakers({ account, host }: Breakers): BreakersState {
  const { sendWindow, maxInFlight, frozenUntil } = account;
  return {
    account: { ...stateOf(account), sendWindow: { now: sendWindow, most: maxInFlight }, frozenUntil },
    host: host === null ? null : { host: host.id, ...stateOf(host) },
  };
}

function stateOf(view: BreakerView): BreakerState {
  return {
    state: view.breakerState,
    owner: view.breakerOwner,
    reason: view.breakerReason,
    since: view.breakerSince,
    failuresInARow: view.failures,
    reopenings: view.reopenings,
    nextProbeAt: view.breakerState === 'open' ? view.probeAt : null,
  };
}
