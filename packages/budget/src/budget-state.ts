import { CALL_CLASSES, type CallClass, type Rate } from './rate.js';

/** One moment of a budget, for `relay budget`. */
export interface BudgetState {
  /** What was agreed: the newest configuration that a process announced, or the asker's own before any did. */
  readonly configured: Rate;
  /** What is granted now: less calls after a 429, and raised again step by step. */
  readonly current: Rate;
  /** Slots that stand in the window now, by class. */
  readonly used: Readonly<Record<CallClass, number>>;
  /** Calls that are taken to have been made before this state began: a lost or a first window. Shrinks to 0. */
  readonly assumed: number;
  /** 0 when not frozen. */
  readonly frozenForMs: number;
  /** When the rate may be raised next, or pacing end; null while nothing is lowered. */
  readonly nextRaiseInMs: number | null;
  /** Why not all of the configured rate may go at once: a 429 or a loss lowered or paces it, or the first window runs. */
  readonly startsCareful: boolean;
}

/** @param look the answer of the script LOOK. */
export function readState(look: unknown, ownRate: Rate): BudgetState {
  if (!Array.isArray(look)) throw new TypeError('A look at a budget answers with a list.');
  const [now, frozenForMs, assumed, stored, slots] = look as [number, number, number, string[], string[]];
  const fieldOr = (name: string, otherwise: number) => {
    const at = stored.findIndex((text, i) => i % 2 === 0 && text === name);
    return at === -1 ? otherwise : Number(stored[at + 1]);
  };
  const configured = { calls: fieldOr('calls', ownRate.calls), windowMs: fieldOr('windowMs', ownRate.windowMs) };
  const used: Record<CallClass, number> = { send: 0, probe: 0, update: 0, poll: 0, stock: 0, campaign: 0 };
  for (const slot of slots) {
    const callClass = CALL_CLASSES.find((name) => slot.startsWith(`${name}:`));
    if (callClass !== undefined) used[callClass] += 1;
  }
  const isLowered = fieldOr('lowered', 0) === 1;
  return {
    configured,
    current: { calls: fieldOr('rate', configured.calls), windowMs: configured.windowMs },
    used,
    assumed,
    frozenForMs,
    nextRaiseInMs: isLowered ? Math.max(0, fieldOr('nextRaiseAt', now) - now) : null,
    startsCareful: isLowered || assumed > 0,
  };
}
