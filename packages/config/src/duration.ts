import { z } from 'zod';
import { refuse } from './text-types.js';

const UNITS_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof UNITS_MS;

/** Longer ones do not fit a timer of Node's, which then fires at once. */
const LONGEST_TIMER_MS = 24 * UNITS_MS.d;

/** `250ms`, `60s`, `10m`, `2h`, `1d` as milliseconds; null for anything else. `0` needs no unit. */
export function parseDuration(text: string): number | null {
  if (text.trim() === '0') return 0;
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(text.trim());
  if (match === null) return null;
  return Math.round(Number(match[1]) * UNITS_MS[match[2] as Unit]);
}

/** In the greatest unit that leaves no fraction: 90000 is `90s`, 3600000 is `1h`. */
export function formatDuration(durationMs: number): string {
  if (durationMs === 0) return '0';
  for (const unit of ['h', 'm', 's'] as const) {
    if (durationMs % UNITS_MS[unit] === 0) return `${durationMs / UNITS_MS[unit]}${unit}`;
  }
  return `${durationMs}ms`;
}

export function duration({ leastMs = 1, mostMs = LONGEST_TIMER_MS }: { leastMs?: number; mostMs?: number } = {}) {
  return z.string().transform((text, context) => {
    const durationMs = parseDuration(text);
    if (durationMs === null) return refuse(context, 'is not a duration: write a number and ms, s, m, h or d');
    if (durationMs < leastMs) return refuse(context, `is too short: at least ${formatDuration(leastMs)}`);
    if (durationMs > mostMs) return refuse(context, `is too long: at most ${formatDuration(mostMs)}`);
    return durationMs;
  });
}

/** A plain number counts as minutes, the unit in which operations talk of it. */
export function minutesOrDuration() {
  return z
    .string()
    .transform((text) => (/^\d+$/.test(text.trim()) ? `${text.trim()}m` : text))
    .pipe(duration({ leastMs: 0 }));
}
