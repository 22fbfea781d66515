/** In a small shop a part of the SKUs is soon reached by chance: so many may always change. */
const ALWAYS_ALLOWED = 5;

/** How many of `all` a part allows. @param part 0 … 1. */
export function mostOf(all: number, part: number): number {
  return Math.max(ALWAYS_ALLOWED, Math.floor(all * part));
}
