/** What alerts and the doctor alike call late, in ms. */

/** A shop that no sweep has read completely for so long: what its webhooks missed is not found. */
export function unreadAfterMs(sweepIntervalMs: number): number {
  return Math.max(5 * 60_000, 5 * sweepIntervalMs);
}

/** A stock that was not synchronised for so long: one run may fail without harm. */
export function stockLateAfterMs(stockIntervalMs: number): number {
  return 2 * stockIntervalMs;
}
