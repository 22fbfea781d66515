import { backoffMs } from './backoff.js';

test('the wait doubles with each failure up to five minutes', () => {
  const longest = () => 1;
  expect([1, 2, 3, 4].map((failures) => backoffMs(failures, longest))).toEqual([5_000, 10_000, 20_000, 40_000]);
  expect(backoffMs(50, longest)).toBe(300_000);
});

test('jitter spreads it, and it is never nothing', () => {
  expect(backoffMs(1, () => 0)).toBe(500);
});
