export const RETRY_AFTER_FORMS = [
  'seconds',
  'http-date',
  'absent',
  'negative',
  'ten-years',
  'x-retry-after',
  'ratelimit-reset',
  'x-ratelimit-reset',
] as const;
export type RetryAfterForm = (typeof RETRY_AFTER_FORMS)[number];

const TEN_YEARS_S = 10 * 365 * 24 * 3600;

/** The headers of a 429, in each of the forms that providers use, the absurd ones too. Seconds are rounded up. */
export function retryAfterHeaders(form: RetryAfterForm, waitMs: number, nowMs: number): Record<string, string> {
  const waitS = Math.max(1, Math.ceil(waitMs / 1000));
  switch (form) {
    case 'seconds':
      return { 'retry-after': String(waitS) };
    case 'http-date':
      return { 'retry-after': new Date(Math.ceil((nowMs + waitMs) / 1000) * 1000).toUTCString() };
    case 'absent':
      return {};
    case 'negative':
      return { 'retry-after': '-5' };
    case 'ten-years':
      return { 'retry-after': String(TEN_YEARS_S) };
    case 'x-retry-after':
      return { 'x-retry-after': String(waitS) };
    case 'ratelimit-reset':
      return { 'ratelimit-reset': String(waitS) };
    case 'x-ratelimit-reset':
      // This one is customarily the moment, in seconds since 1970.
      return { 'x-ratelimit-reset': String(Math.ceil((nowMs + waitMs) / 1000)) };
  }
}
