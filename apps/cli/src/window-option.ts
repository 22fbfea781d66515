import { parseDuration } from '@relay/config';
import { InvalidArgumentError, Option } from 'commander';

const LONGEST_MS = 366 * 86_400_000;

/** How far back a command looks; milliseconds. */
export const windowOption = (whose: string, defaultText: string) =>
  new Option('--window <time>', `how far back ${whose} looked at`)
    .argParser(parseWindow)
    .default(parseWindow(defaultText), defaultText);

export function parseWindow(text: string): number {
  const windowMs = parseDuration(text);
  if (windowMs === null || windowMs <= 0) throw new InvalidArgumentError('Write a number and m, h or d: 24h, 7d.');
  if (windowMs > LONGEST_MS) throw new InvalidArgumentError('At most 366d.');
  return windowMs;
}
