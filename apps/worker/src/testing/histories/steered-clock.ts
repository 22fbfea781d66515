/** When every history begins. */
const START_MS = Date.UTC(2026, 10, 23, 10);

/**
 * The one clock of a history: the database's `now()`, `Date.now()` and `performance.now()` all read it, so that a worker
 * that is paused between claim and POST finds its two seconds gone. It stands still but for `pass`.
 */
export class SteeredClock {
  #ms = START_MS;

  /** @param onPassed what happens by itself while time goes by; called with the clock already moved. */
  constructor(readonly onPassed: () => void = () => undefined) {}

  get nowMs(): number {
    return this.#ms;
  }

  /** GMT without `Z`, whole seconds, as the shop writes it. */
  get gmt(): string {
    return new Date(this.#ms).toISOString().slice(0, 19);
  }

  pass(ms: number): void {
    this.#ms += ms;
    this.onPassed();
  }
}
