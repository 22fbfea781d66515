import { formatDuration, parseDuration } from './duration.js';

describe('durations', () => {
  it.each([
    ['250ms', 250],
    ['60s', 60_000],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['0', 0],
  ])('%s is %d ms', (text, durationMs) => {
    expect(parseDuration(text)).toBe(durationMs);
  });

  it.each(['', '60', '-1s', '1w', '1 m 30 s', 's'])('"%s" is none', (text) => {
    expect(parseDuration(text)).toBeNull();
  });

  it.each(['0', '250ms', '90s', '10m', '24h'])('%s is written as it is read', (text) => {
    expect(formatDuration(parseDuration(text) as number)).toBe(text);
  });
});
