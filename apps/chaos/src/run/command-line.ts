import { parseArgs } from 'node:util';

export interface ChaosOptions {
  /** The sizes of the full run instead of the quick profile's. */
  readonly full: boolean;
  readonly only: readonly string[] | null;
  readonly seed: number;
  readonly json: boolean;
  readonly recordFolder: string | null;
  readonly sabotage: string | null;
  readonly list: boolean;
  readonly jobs: number;
}

/** A fault of the command line: said in one sentence, exit 64. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const USAGE =
  'Use: npm run chaos [-- --full] [--only NAME[,NAME]] [--seed N] [--json] [--record DIR] [--sabotage NAME|all] [--jobs N] [--list]';

/** Two cores run three scenarios beside each other without starving one: each waits most of its time. */
const DEFAULT_JOBS = 3;
const MOST_JOBS = 16;
const GREATEST_SEED = 2 ** 31 - 1;

export function parseCommandLine(
  argv: readonly string[],
  known: { readonly scenarios: readonly string[]; readonly sabotages: readonly string[] },
): ChaosOptions {
  const values = readFlags(argv);
  const only = values.only === undefined ? null : namesOf(values.only);
  for (const name of only ?? [])
    if (!known.scenarios.includes(name))
      throw new UsageError(`No scenario is called "${name}". There are: ${known.scenarios.join(', ')}.`);
  const sabotage = values.sabotage ?? null;
  if (sabotage !== null && sabotage !== 'all' && !known.sabotages.includes(sabotage))
    throw new UsageError(`No sabotage is called "${sabotage}". There are: all, ${known.sabotages.join(', ')}.`);
  if (sabotage !== null && only !== null)
    throw new UsageError('--sabotage runs the scenario that guards it: leave --only out.');
  return {
    full: values.full ?? false,
    only,
    seed: whole('seed', values.seed, Math.floor(Math.random() * GREATEST_SEED), 0, GREATEST_SEED),
    json: values.json ?? false,
    recordFolder: values.record ?? null,
    sabotage,
    list: values.list ?? false,
    jobs: whole('jobs', values.jobs, DEFAULT_JOBS, 1, MOST_JOBS),
  };
}

function readFlags(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        full: { type: 'boolean' },
        only: { type: 'string' },
        seed: { type: 'string' },
        json: { type: 'boolean' },
        record: { type: 'string' },
        sabotage: { type: 'string' },
        list: { type: 'boolean' },
        jobs: { type: 'string' },
      },
      strict: true,
      allowPositionals: false,
    }).values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : 'The options could not be read.'} ${USAGE}`);
  }
}

function namesOf(list: string): string[] {
  const names = list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0) throw new UsageError('--only needs the name of a scenario; --list shows them.');
  return [...new Set(names)];
}

function whole(name: string, text: string | undefined, fallback: number, least: number, most: number): number {
  if (text === undefined) return fallback;
  if (!/^\d+$/.test(text) || Number(text) < least || Number(text) > most)
    throw new UsageError(`--${name} needs a whole number from ${least} to ${most}, got "${text}".`);
  return Number(text);
}
