import type { Ledger } from '@relay/ledger';

/** When every history begins. */
const START_MS = Date.UTC(2026, 10, 23, 10);

/**
 * The one clock of a history: the database's `now()`, `Date.now()` and `performance.now()` all read it, so that a worker
 * that is paused between claim and POST finds its two seconds gone. It stands still but for `pass`.
 */
export class SteeredClock {
  #ms = START_MS;

  constructor(
    readonly ledger: Ledger,
    /** What happens by itself while time goes by; called with the clock already moved. */
    readonly onPassed: () => void = () => undefined,
  ) {}

  get nowMs(): number {
    return this.#ms;
  }

  /** GMT without `Z`, whole seconds, as the shop writes it. */
  get gmt(): string {
    return new Date(this.#ms).toISOString().slice(0, 19);
  }

  async pass(ms: number): Promise<void> {
    await this.#set(this.#ms + ms);
    this.onPassed();
  }

  async reset(): Promise<void> {
    await this.#set(START_MS);
  }

  async #set(ms: number): Promise<void> {
    this.#ms = ms;
    await this.ledger.pool.query('update steered.clock set now = $1', [new Date(ms)]);
  }
}
