import { parseRetryAfterMs } from './retry-after.js';

const DATE = 'Mon, 23 Nov 2026 10:00:00 GMT';
const AT_MS = Date.parse(DATE);

test.each([
  ['seconds', { 'retry-after': '5' }, 5000],
  ['fractions of a second', { 'retry-after': '0.5' }, 500],
  ['a date, against the answer’s own Date', { 'retry-after': 'Mon, 23 Nov 2026 10:00:07 GMT', date: DATE }, 7000],
  ['a date that is over', { 'retry-after': 'Mon, 23 Nov 2026 09:00:00 GMT', date: DATE }, 0],
  ['a negative span', { 'retry-after': '-3' }, 0],
  ['an absurd span, capped at an hour', { 'retry-after': '86400' }, 3_600_000],
  ['X-Retry-After', { 'x-retry-after': '4' }, 4000],
  ['Retry-After before its relatives', { 'retry-after': '2', 'x-ratelimit-reset': '9' }, 2000],
  ['an unreadable Retry-After, then the next header', { 'retry-after': 'soon 5', 'ratelimit-reset': '9' }, 9000],
  ['a reset as span', { 'ratelimit-reset': '12' }, 12_000],
  ['a reset as epoch', { 'x-ratelimit-reset': String(AT_MS / 1000 + 30), date: DATE }, 30_000],
  ['a reset as epoch in ms', { 'x-ratelimit-reset': String(AT_MS + 30_000), date: DATE }, 30_000],
  ['no header', {}, null],
  ['words', { 'retry-after': 'later' }, null],
])('reads %s', (_what, headers: Record<string, string>, expected) => {
  expect(parseRetryAfterMs(headers)).toBe(expected);
});

test('judges a date by the clock here where the answer has no Date', () => {
  expect(parseRetryAfterMs({ 'retry-after': 'Mon, 23 Nov 2026 10:00:07 GMT' }, AT_MS)).toBe(7000);
});
