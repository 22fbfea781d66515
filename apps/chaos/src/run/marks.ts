export interface Mark {
  readonly value: number | string;
  /** As it is printed: `<= 10`, `= held: in-doubt`. */
  readonly bound: string;
  readonly met: boolean;
}

/** What a scenario demands beside "no duplicate, no loss". Judged by numbers; a scenario that only throws shows nothing. */
export class Marks {
  readonly #marks = new Map<string, Mark>();

  atMost(name: string, value: number, bound: number): void {
    this.#set(name, { value: rounded(value), bound: `<= ${rounded(bound)}`, met: value <= bound });
  }

  atLeast(name: string, value: number, bound: number): void {
    this.#set(name, { value: rounded(value), bound: `>= ${rounded(bound)}`, met: value >= bound });
  }

  equal(name: string, value: number | string, bound: number | string): void {
    this.#set(name, { value, bound: `= ${bound}`, met: value === bound });
  }

  isAnyBroken(): boolean {
    return [...this.#marks.values()].some(({ met }) => !met);
  }

  all(): Readonly<Record<string, Mark>> {
    return Object.fromEntries(this.#marks);
  }

  #set(name: string, mark: Mark): void {
    if (this.#marks.has(name)) throw new Error(`The mark ${name} is set twice: the first judgement would be lost.`);
    this.#marks.set(name, mark);
  }
}

/** Three decimals: enough for a ratio, and no noise of floating point. */
function rounded(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 1000) / 1000 : value;
}
