import type { Examination } from './examination.js';

/** Somebody's clock, as it was told. */
export interface ClockReading {
  readonly whose: string;
  /** By the clock here. */
  readonly askedAt: Date;
  readonly date: Date;
}

/** A cache may answer with a date of some minutes ago. */
const APART_MS = 5 * 60_000;
/** No cache explains this: signatures of such a time are refused by WooCommerce, were they not made by its own. */
const REFUSED_MS = 15 * 60_000;

/** One clock that differs from all the others is the wrong one; where all differ from ours, ours is. */
export function judgeClocks(exam: Examination, readings: readonly ClockReading[]): void {
  if (readings.length === 0) return exam.skipped('clocks', 'nobody could be asked for the time');
  const offsets = readings.map(({ whose, askedAt, date }) => ({ whose, ms: date.getTime() - askedAt.getTime() }));
  const apart = offsets.filter(({ ms }) => Math.abs(ms) > APART_MS);
  if (apart.length === 0)
    return exam.ok('clocks', `${readings.map(({ whose }) => whose).join(', ')} agree with this machine`);
  // Of two alone nobody can say which is wrong: that of a server is believed before that of this machine.
  const oursIsWrong = apart.length === offsets.length && (offsets.length > 1 || !/shop/.test(offsets[0]?.whose ?? ''));
  const isGrave = apart.some(({ ms }) => Math.abs(ms) > REFUSED_MS);
  exam.found('clocks', 'clock', {
    what: oursIsWrong
      ? `This machine’s clock is ${spanOf(-(apart[0]?.ms ?? 0))}`
      : `The clock of ${apart.map(({ whose, ms }) => `${whose} is ${spanOf(ms)}`).join('; ')}`,
    toDo: oursIsWrong
      ? 'Set this machine’s clock, and let NTP keep it: certificates, and times in logs and alerts, are judged by it.'
      : 'Let NTP set that machine’s clock; what is compared with its times is judged wrong.',
    evidence: offsets.map(({ whose, ms }) => `${whose}: ${Math.round(ms / 1000)} s from this machine`),
    isWarning: !isGrave,
  });
}

function spanOf(ms: number): string {
  const minutes = Math.round(Math.abs(ms) / 60_000);
  const span = minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
  return `${span} ${ms > 0 ? 'ahead' : 'behind'}`;
}
