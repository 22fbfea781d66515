import { InvalidArgumentError } from 'commander';
import { parseDuration } from '@relay/config';

/** `2h` ago, or a date: `2026-11-28`, `2026-11-28T11:30Z`. Without a zone it is UTC, as everything that is printed. */
export function momentOf(text: string): Date {
  const agoMs = parseDuration(text);
  if (agoMs !== null) return new Date(Date.now() - agoMs);
  const zoned = /^\d{4}-\d{2}-\d{2}$/.test(text) || /(Z|[+-]\d{2}:?\d{2})$/i.test(text) ? text : `${text}Z`;
  const at = Date.parse(zoned.replace(' ', 'T'));
  if (Number.isNaN(at) || !/^\d{4}-/.test(text))
    throw new InvalidArgumentError('It is a time like 2h, 2026-11-28 or 2026-11-28T11:30Z.');
  return new Date(at);
}

export function countUpTo(most: number): (text: string) => number {
  return (text) => {
    const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
    if (count < 1 || count > most) throw new InvalidArgumentError(`It is a whole number from 1 to ${most}.`);
    return count;
  };
}
