/** Every delay of the sandbox goes through here, so that stop() leaves none behind. */
export class Timers {
  readonly #pending = new Map<NodeJS.Timeout, () => void>();
  #closed = false;

  after(delayMs: number, act: () => void): void {
    if (this.#closed) return;
    const timer = setTimeout(
      () => {
        this.#pending.delete(timer);
        act();
      },
      Math.max(0, delayMs),
    );
    this.#pending.set(timer, () => {});
  }

  /** Resolves early, with false, when the sandbox stops. */
  sleep(delayMs: number): Promise<boolean> {
    if (this.#closed) return Promise.resolve(false);
    return new Promise((resolve) => {
      const timer = setTimeout(
        () => {
          this.#pending.delete(timer);
          resolve(true);
        },
        Math.max(0, delayMs),
      );
      this.#pending.set(timer, () => resolve(false));
    });
  }

  close(): void {
    this.#closed = true;
    for (const [timer, cancelled] of this.#pending) {
      clearTimeout(timer);
      cancelled();
    }
    this.#pending.clear();
  }
}
