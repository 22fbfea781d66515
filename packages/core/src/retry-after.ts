const SECOND_MS = 1000;
/** Longer is not believed: a host that says "tomorrow" is asked again after an hour. */
const LONGEST_WAIT_MS = 3600 * SECOND_MS;
/** A reset above this is a time, not a span: 10⁹ s as a span would be 31 years. */
const FIRST_EPOCH_SECOND = 1_000_000_000;
const FIRST_EPOCH_MS = FIRST_EPOCH_SECOND * SECOND_MS;

const HTTP_DATE = /^[A-Z][a-z]{2,8},? .*\d{2}:\d{2}:\d{2}/;
const ISO_DATE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/;

/**
 * How long an answer asks to wait, in milliseconds from its receipt: 0 … one hour, null when it asks for nothing. To be
 * read on 429 and 503: some hosts put a reset on every answer.
 *
 * `Retry-After` and `X-Retry-After` are seconds or a date; `RateLimit-Reset` and `X-RateLimit-Reset` seconds or an
 * epoch. A time is judged against the answer's own `Date`, so that a wrong clock here or there cannot turn "5 seconds"
 * into an hour. Source: RFC 9110 for `Retry-After`; that either host sends the others is assumed.
 *
 * @param headers names in lower case.
 * @param nowMs epoch, used where the answer has no readable `Date`.
 */
export function parseRetryAfterMs(
  headers: Readonly<Record<string, string | undefined>>,
  nowMs: number = Date.now(),
): number | null {
  const answeredAtMs = dateMs(headers['date']) ?? nowMs;
  const wait = ['retry-after', 'x-retry-after', 'ratelimit-reset', 'x-ratelimit-reset']
    .map((name) => spanOrTimeMs(headers[name], answeredAtMs))
    .find((found) => found !== null);
  return wait === undefined || wait === null ? null : Math.min(LONGEST_WAIT_MS, Math.max(0, Math.ceil(wait)));
}

function spanOrTimeMs(value: string | undefined, answeredAtMs: number): number | null {
  const text = value?.trim() ?? '';
  if (/^-?\d+(\.\d+)?$/.test(text)) {
    const amount = Number(text);
    if (amount >= FIRST_EPOCH_MS) return amount - answeredAtMs;
    if (amount >= FIRST_EPOCH_SECOND) return amount * SECOND_MS - answeredAtMs;
    return amount * SECOND_MS;
  }
  const at = dateMs(text);
  return at === null ? null : at - answeredAtMs;
}

function dateMs(value: string | undefined): number | null {
  // The engine's own parser takes "soon 5" for a date: only the forms of RFC 9110 and ISO 8601 are let through.
  if (value === undefined || !(HTTP_DATE.test(value) || ISO_DATE.test(value))) return null;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : at;
}
