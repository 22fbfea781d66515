import { DEFAULT_OPTIONS, UsageError, parseOptions } from './options.js';

describe('the command line', () => {
  it('has defaults that work', () => {
    expect(parseOptions([])).toEqual(DEFAULT_OPTIONS);
  });

  it('reads every option', () => {
    const line =
      '--shop-port 1 --hft71-port 2 --control-port 3 --record r --rate-limit 100/10s --duplicate-reference replays';
    const rest = '--token-life-s 5 --shop-offset-minutes -120 --status-step-ms 7 --webhook-delay-ms 8 --seed 9';
    expect(
      parseOptions(`${line} ${rest} --tls-key k --tls-cert c`.replace('-minutes -', '-minutes=-').split(' ')),
    ).toEqual({
      ...{ shopPort: 1, hft71Port: 2, controlPort: 3, recordDir: 'r', rateLimit: { count: 100, windowMs: 10_000 } },
      ...{ duplicateReference: 'replays', tokenLifeS: 5, shopOffsetMinutes: -120, statusStepMs: 7, webhookDelayMs: 8 },
      ...{ seed: 9, tlsKeyFile: 'k', tlsCertFile: 'c' },
    });
    expect(parseOptions(['--rate-limit', 'none']).rateLimit).toBeNull();
  });

  it.each([
    ['--bogus'],
    ['--rate-limit', 'fast'],
    ['--duplicate-reference', 'maybe'],
    ['--seed', 'x'],
    ['--tls-key', 'k'],
    ['stray'],
  ])('refuses %s %s in a sentence', (...argv) => {
    expect(() => parseOptions(argv)).toThrow(UsageError);
  });
});
