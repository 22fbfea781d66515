import { z } from 'zod';
import { parseDuration } from './duration.js';
import { refuse } from './text-types.js';

/** So many calls in any window of this length. */
export interface RateSetting {
  readonly calls: number;
  readonly windowMs: number;
}

const NAMED_WINDOWS: Readonly<Record<string, string>> = { s: '1s', sec: '1s', m: '1m', min: '1m', h: '1h', hour: '1h' };

/** `60/min`, `100/10s`, `600/1m`. */
export function rate() {
  return z.string().transform((value, context): RateSetting => {
    const match = /^(\d+)\s*\/\s*(.+)$/.exec(value.trim());
    const calls = Number(match?.[1] ?? 0);
    const per = match?.[2] ?? '';
    const windowMs = parseDuration(NAMED_WINDOWS[per] ?? per) ?? 0;
    if (calls >= 1 && windowMs >= 1) return { calls, windowMs };
    return refuse(context, 'is not a rate: write calls per time, as 60/min or 100/10s');
  });
}
