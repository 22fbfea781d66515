/**
 * Wait before the next try of something that failed `failures` times in a row: exponential with full jitter, so that
 * what failed together does not come back together. 5, 10, 20, 40 … s, capped at 5 min, at least a tenth of it.
 */
export function backoffMs(failures: number, random: () => number = Math.random): number {
  const ceiling = Math.min(BASE_MS * 2 ** Math.max(0, failures - 1), CAP_MS);
  return Math.round(ceiling * (0.1 + 0.9 * random()));
}

/**
 * After a failure that a breaker counts. The breaker keeps the calls away from a host that does not answer; an order that
 * was among the first to find out must not wait minutes longer than the others once it is back. At most 20 s.
 */
export function backoffUnderBreakerMs(failures: number, random: () => number = Math.random): number {
  return backoffMs(Math.min(failures, 3), random);
}

const BASE_MS = 5_000;
const CAP_MS = 5 * 60_000;
