const SECOND_MS = 1000;
const GMT_LENGTH = 'YYYY-MM-DDTHH:MM:SS'.length;

/** GMT without zone, whole seconds: the one form that the shop takes together with `dates_are_gmt=true`. */
export function gmtText(gmt: string): string {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z?$/.test(gmt)) throw new TypeError('not a GMT date');
  return gmt.slice(0, GMT_LENGTH);
}

export function gmtOf(date: Date): string {
  return date.toISOString().slice(0, GMT_LENGTH);
}

/** @param seconds may be negative. */
export function plusSeconds(gmt: string, seconds: number): string {
  return gmtOf(new Date(Date.parse(`${gmtText(gmt)}Z`) + seconds * SECOND_MS));
}
