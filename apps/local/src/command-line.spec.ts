import { readCommandLine, UsageError } from './command-line.js';

test('by default 25 orders, a view, and no end', () => {
  expect(readCommandLine([])).toEqual({ once: false, json: false, orders: 25 });
});

test('--once --json --orders N', () => {
  expect(readCommandLine(['--once', '--json', '--orders', '3'])).toEqual({ once: true, json: true, orders: 3 });
});

test.each([[['--onec']], [['--orders', 'many']], [['--orders', '0']], [['--orders']], [['now']]])(
  '%j is refused with the usage',
  (args) => {
    expect(() => readCommandLine(args)).toThrow(UsageError);
    expect(() => readCommandLine(args)).toThrow(/npm start \[-- --once\]/);
  },
);
