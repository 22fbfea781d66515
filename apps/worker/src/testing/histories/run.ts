/** Where a piece of work stops: at its `at`-th border, for good or for a while. */
export interface Interruption {
  readonly at: number;
  readonly how: 'crash' | 'stall';
}

export type RunEnd = 'done' | 'crashed' | 'stalled';

/**
 * One job or one turn of a timer, in a process that may die or stand still. It passes a border before and after each
 * statement of the ledger and each call to the shop and to HFT71: at any of them it can be stopped, as `kill -9` and
 * SIGSTOP do: nothing of it runs any more, no `catch` and no `finally`.
 */
export class Run {
  #borders = 0;
  #interrupted: (end: RunEnd) => void = () => undefined;
  #failed: (error: unknown) => void = () => undefined;
  #goOn: () => void = () => undefined;
  #whole: Promise<RunEnd> | null = null;
  #cleanUps = new Set<() => Promise<void>>();

  constructor(
    readonly what: string,
    readonly interruption: Interruption | null,
    /** Told where it stopped. */
    readonly tell: (line: string) => void,
  ) {}

  /** @throws what `work` throws, and what `fail` was told. */
  async start(work: () => Promise<unknown>): Promise<RunEnd> {
    const failed = new Promise<never>((_, reject) => (this.#failed = reject));
    return this.#untilStopped(() => {
      this.#whole = Promise.race([work().then((): RunEnd => 'done'), failed]);
      this.#whole.catch(() => undefined); // whoever waits for it at that moment is told
    });
  }

  /** Wakes a stalled one. */
  async resume(): Promise<RunEnd> {
    return this.#untilStopped(() => this.#goOn());
  }

  async #untilStopped(goOn: () => void): Promise<RunEnd> {
    const interrupted = new Promise<RunEnd>((resolve) => (this.#interrupted = resolve));
    goOn(); // may come to its border at once
    const end = await Promise.race([interrupted, this.#whole as Promise<RunEnd>]);
    if (end === 'crashed') for (const cleanUp of this.#cleanUps) await cleanUp();
    return end;
  }

  async border(where: string): Promise<void> {
    if (this.interruption === null || this.#borders++ !== this.interruption.at) return;
    const { how } = this.interruption;
    this.tell(`${this.what}: ${how === 'crash' ? 'dies' : 'stands still'} ${where}`);
    await new Promise<void>((resolve) => {
      if (how === 'stall') this.#goOn = resolve; // a crashed one waits for ever
      this.#interrupted(how === 'crash' ? 'crashed' : 'stalled');
    });
    this.tell(`${this.what}: goes on ${where}`);
  }

  async passing<T>(where: string, act: () => Promise<T>): Promise<T> {
    await this.border(`before ${where}`);
    const result = await act();
    await this.border(`after ${where}`);
    return result;
  }

  /** A fault of the test or of a statement: it must not be taken for one of the history. */
  fail(error: unknown): void {
    this.#failed(error);
  }

  /** What the operating system does for a process that died: its sessions end. @returns takes it back. */
  onCrash(cleanUp: () => Promise<void>): () => void {
    this.#cleanUps.add(cleanUp);
    return () => this.#cleanUps.delete(cleanUp);
  }
}
