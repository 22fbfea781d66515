export interface RateLimit {
  count: number;
  windowMs: number;
}

const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, sec: 1000, min: 60_000, m: 60_000, h: 3_600_000 };

/** `600/min`, `100/10s`, `none` (null); undefined when it is neither. */
export function parseRateLimit(text: string): RateLimit | null | undefined {
  if (text === 'none') return null;
  const match = /^(\d+)\/(\d*)(ms|s|sec|min|m|h)$/.exec(text);
  const unitMs = UNIT_MS[match?.[3] ?? ''];
  if (!match || unitMs === undefined) return undefined;
  const limit = { count: Number(match[1]), windowMs: Number(match[2] === '' ? 1 : match[2]) * unitMs };
  return limit.count > 0 && limit.windowMs > 0 ? limit : undefined;
}

/**
 * A sliding window. By default every request counts in it, refused ones too: who keeps asking stays out. That is the
 * strictest of the windows that providers run, so a client that lives with it lives with all of them.
 */
export class RateWindow {
  #arrivals: number[] = [];
  limit: RateLimit | null;
  countsRefused = true;

  constructor(limit: RateLimit | null) {
    this.limit = limit;
  }

  /** Counts this request; undefined when it fits, else the milliseconds until the window has room. */
  arrive(nowMs: number): number | undefined {
    if (this.limit === null) return undefined;
    const { count, windowMs } = this.limit;
    const firstInside = this.#arrivals.findIndex((at) => at > nowMs - windowMs);
    this.#arrivals = firstInside === -1 ? [] : this.#arrivals.slice(firstInside);
    const fits = this.#arrivals.length < count;
    if (fits || this.countsRefused) this.#arrivals.push(nowMs);
    if (fits) return undefined;
    // Room for one more comes when all but count − 1 of the arrivals have left the window.
    const leaving = this.#arrivals[this.#arrivals.length - count] ?? nowMs;
    return Math.max(1, leaving + windowMs - nowMs);
  }
}
