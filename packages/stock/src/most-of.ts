/** In a small shop a part of the SKUs is soon reached by chance: so many may always change, but never all of several. */
const ALWAYS_ALLOWED = 5;

/** How many of `all` a part allows. @param part 0 … 1. */
export function mostOf(all: number, part: number): number {
  return Math.max(Math.min(ALWAYS_ALLOWED, Math.max(1, all - 1)), Math.floor(all * part));
}
