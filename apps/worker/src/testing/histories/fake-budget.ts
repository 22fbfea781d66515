import type { Budget, BudgetState } from '@relay/budget';
import type { SteeredClock } from './steered-clock.js';

/** A budget that is never short, and frozen by a 429 as the real one is. Its own specs count its slots. */
export class FakeBudget implements Budget {
  #frozenUntil = 0;
  #slots = 0;

  constructor(readonly clock: SteeredClock) {}

  /** Redis was emptied: the freeze is gone with it, as it may be. */
  lose(): void {
    this.#frozenUntil = 0;
  }

  async take() {
    const waitMs = await this.frozenForMs();
    return waitMs > 0
      ? ({ granted: false, waitMs } as const)
      : ({ granted: true, slot: String(++this.#slots) } as const);
  }

  takeOrWait() {
    return this.take();
  }

  async moveToNow() {
    const waitMs = await this.frozenForMs();
    return waitMs > 0 ? ({ granted: false, waitMs } as const) : ({ granted: true } as const);
  }

  async giveBack() {
    // A slot that is never short needs no return.
  }

  async countFrom() {
    // Nor does it matter when a call left.
  }

  async freeze(durationMs: number) {
    this.#frozenUntil = Math.max(this.#frozenUntil, this.clock.nowMs + durationMs);
  }

  async throttled(retryAfterMs: number | null) {
    const frozenForMs = Math.max(1_000, retryAfterMs ?? 10_000);
    await this.freeze(frozenForMs);
    return { frozenForMs, isNew: true };
  }

  async room() {
    return { free: 100, waitMs: 0 };
  }

  async state(): Promise<BudgetState> {
    const rate = { calls: 100, windowMs: 1_000 };
    const used = { send: 0, probe: 0, update: 0, poll: 0, stock: 0, campaign: 0 };
    const frozenForMs = await this.frozenForMs();
    return {
      configured: rate,
      current: rate,
      used,
      assumed: 0,
      frozenForMs,
      nextRaiseInMs: null,
      startsCareful: false,
    };
  }

  async frozenForMs() {
    return Math.max(0, this.#frozenUntil - this.clock.nowMs);
  }
}
