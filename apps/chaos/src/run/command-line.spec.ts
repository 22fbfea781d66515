import { parseCommandLine, UsageError } from './command-line.js';

const KNOWN = { scenarios: ['drain', 'poison'], sabotages: ['marker'] };
const parse = (...argv: string[]) => parseCommandLine(argv, KNOWN);

test('without options the quick profile of everything, three at a time, with a seed that can be told', () => {
  expect(parse()).toMatchObject({ full: false, only: null, json: false, recordFolder: null, sabotage: null, jobs: 3 });
  expect(Number.isInteger(parse().seed)).toBe(true);
});

test('every option is read', () => {
  expect(parse('--full', '--only', 'drain, poison', '--seed', '7', '--json', '--record', 'DIR', '--jobs', '1')).toEqual(
    {
      full: true,
      only: ['drain', 'poison'],
      seed: 7,
      json: true,
      recordFolder: 'DIR',
      sabotage: null,
      list: false,
      jobs: 1,
    },
  );
  expect(parse('--sabotage', 'all').sabotage).toBe('all');
});

test.each([
  ['a scenario that does not exist', ['--only', 'flood'], 'drain, poison'],
  ['a sabotage that does not exist', ['--sabotage', 'luck'], 'all, marker'],
  ['both', ['--sabotage', 'marker', '--only', 'drain'], 'leave --only out'],
  ['no name', ['--only', ','], '--list'],
  ['a seed that is no number', ['--seed', 'x'], 'whole number'],
  ['no job at all', ['--jobs', '0'], 'from 1 to 16'],
  ['an option that does not exist', ['--fast'], 'npm run chaos'],
])('%s is refused with a sentence', (_what, argv, sentence) => {
  expect(() => parse(...argv)).toThrow(UsageError);
  expect(() => parse(...argv)).toThrow(sentence);
});
