/** Dates as the shop writes them: whole seconds, no zone; local by the shop's offset, or GMT without a `Z`. */
export function gmtDate(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19);
}

export function localDate(ms: number, offsetMinutes: number): string {
  return gmtDate(ms + offsetMinutes * 60_000);
}

export function wholeSecond(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}

const DATE = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?(Z|[+-]\d{2}:?\d{2})?)?$/i;

/**
 * The zone trap, as measured: a value with a zone is first turned into the shop's local time, and `dates_are_gmt=true`
 * then reads that local time as GMT. So `…Z` with `dates_are_gmt` lies in the future by the shop's offset.
 * Undefined when it is no date.
 */
export function filterDateMs(text: string, datesAreGmt: boolean, offsetMinutes: number): number | undefined {
  const match = DATE.exec(text);
  if (!match) return undefined;
  const [, day, time = '00:00:00', zone] = match;
  const clock = time.length === 5 ? `${time}:00` : time;
  const wallMs = Date.parse(`${day}T${clock}Z`);
  if (Number.isNaN(wallMs)) return undefined;
  const offsetMs = offsetMinutes * 60_000;
  if (zone === undefined) return datesAreGmt ? wallMs : wallMs - offsetMs;
  const instantMs = wallMs - zoneMs(zone);
  return datesAreGmt ? instantMs + offsetMs : instantMs;
}

function zoneMs(zone: string): number {
  if (zone.toUpperCase() === 'Z') return 0;
  const sign = zone.startsWith('-') ? -1 : 1;
  const digits = zone.slice(1).replace(':', '');
  return sign * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))) * 60_000;
}
