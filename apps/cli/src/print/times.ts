const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** In UTC, as incidents are written: `2026-11-23 11:54:07 UTC`. */
export function instant(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** In the largest unit of which there are two or more: `90 s`, `5 min`, `47 h`, `3 d`. */
export function span(ms: number): string {
  if (ms < 2 * MINUTE) return `${Math.max(0, Math.round(ms / SECOND))} s`;
  if (ms < 2 * HOUR) return `${Math.round(ms / MINUTE)} min`;
  if (ms < 2 * DAY) return `${Math.round(ms / HOUR)} h`;
  return `${Math.round(ms / DAY)} d`;
}

export function age(date: Date): string {
  return span(Date.now() - date.getTime());
}

export function ago(date: Date | null, never = 'never'): string {
  return date === null ? never : `${age(date)} ago`;
}

/** `+20.0 s` after another moment. */
export function after(start: Date, date: Date): string {
  return `+${((date.getTime() - start.getTime()) / SECOND).toFixed(1)} s`;
}
