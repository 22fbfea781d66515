export const HOUR_MS = 3_600_000;
export const STATUSES = ['In Production', 'Item Finished', 'Closed'] as const;

/** What becomes of one order at HFT71, in ms since the beginning of the run. */
export interface Life {
  readonly index: number;
  readonly acceptedMs: number;
  /** When it gets to each of `STATUSES`, as far as it ever does. */
  readonly changesMs: readonly number[];
  readonly ends: boolean;
}

/** Orders come over two days: as many as a busy week leaves open at once. */
export const ACCEPTED_OVER_HOURS = 48;
const NEVER_SHARE = 0.05;

/** In production after 0.5 to 6 h (log-uniform), finished 18 to 60 h later, closed 4 to 48 h later, 5 % never. */
export function makeLives(count: number, random: () => number): Life[] {
  const hours = (least: number, most: number) => (least + (most - least) * random()) * HOUR_MS;
  return Array.from({ length: count }, (_, index) => {
    const acceptedMs = hours(0, ACCEPTED_OVER_HOURS);
    const inProductionMs = acceptedMs + 0.5 * HOUR_MS * 12 ** random();
    const finishedMs = inProductionMs + hours(18, 60);
    const all = [inProductionMs, finishedMs, finishedMs + hours(4, 48)];
    const ends = random() >= NEVER_SHARE;
    return { index, acceptedMs, ends, changesMs: ends ? all : all.slice(0, Math.floor(random() * all.length)) };
  });
}
