import type { Severity } from './alert-rules.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Until when an incident is to be acknowledged, and mitigated (null: no target). */
export interface ResponseTargets {
  readonly acknowledgeBy: Date;
  readonly mitigateBy: Date | null;
}

/** The runbook's: SEV-1 5 and 30 minutes, SEV-2 15 minutes and 2 hours, SEV-3 one business day. */
export function responseTargets(severity: Severity, from: Date): ResponseTargets {
  const after = (ms: number) => new Date(from.getTime() + ms);
  if (severity === 1) return { acknowledgeBy: after(5 * MINUTE), mitigateBy: after(30 * MINUTE) };
  if (severity === 2) return { acknowledgeBy: after(15 * MINUTE), mitigateBy: after(2 * HOUR) };
  return { acknowledgeBy: nextBusinessDay(from), mitigateBy: null };
}

const SUNDAY = 0;
const SATURDAY = 6;

/** The same time of the next Monday to Friday in UTC; what begins at a weekend counts from Monday 00:00 on. */
function nextBusinessDay(from: Date): Date {
  const isWeekend = (date: Date) => [SATURDAY, SUNDAY].includes(date.getUTCDay());
  let at = from;
  if (isWeekend(at)) {
    while (isWeekend(at)) at = new Date(at.getTime() + DAY);
    at = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()));
  }
  do at = new Date(at.getTime() + DAY);
  while (isWeekend(at));
  return at;
}
