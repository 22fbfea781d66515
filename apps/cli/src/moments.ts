import { InvalidArgumentError } from 'commander';
import { parseDuration } from '@relay/config';

/** `2h` ago, or a date as `dateOf` reads it. */
export function momentOf(text: string): Date {
  const agoMs = parseDuration(text);
  const at = agoMs === null ? parseDate(text) : new Date(Date.now() - agoMs);
  if (at === null)
    throw new InvalidArgumentError('Write how long ago, as 2h, or a time in UTC: 2026-11-28 or 2026-11-28T10:00.');
  return at;
}

/** `2026-11-28`, `2026-11-28T11:30Z`. Without a zone it is UTC, as everything that is printed. */
export function dateOf(text: string): Date {
  const at = parseDate(text);
  if (at === null) throw new InvalidArgumentError('Write a time in UTC: 2026-11-28 or 2026-11-28T10:00.');
  return at;
}

const DATE = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?<zone>Z|[+-]\d{2}:?\d{2})?)?$/i;

function parseDate(text: string): Date | null {
  const given = text.trim().replace(' ', 'T');
  const match = DATE.exec(given);
  if (match === null) return null;
  const isUtc = given.length > 10 && match.groups?.['zone'] === undefined;
  const at = new Date(isUtc ? `${given}Z` : given);
  const day = given.slice(0, 10);
  const midnight = new Date(day);
  // 2026-02-30 is taken for the second of March.
  if ([at, midnight].some((each) => Number.isNaN(each.getTime())) || !midnight.toISOString().startsWith(day))
    return null;
  return at;
}

export function countUpTo(most: number): (text: string) => number {
  return (text) => {
    const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
    if (count < 1 || count > most) throw new InvalidArgumentError(`It is a whole number from 1 to ${most}.`);
    return count;
  };
}
