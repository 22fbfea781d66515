import { parseArgs } from 'node:util';
import { compareStock } from './stock/compare-stock.js';
import { comparePolling } from './polling/compare-polling.js';

type Lines = Iterable<Line> | AsyncIterable<Line>;
type Line = { readonly passed: boolean };

/** By name, for `--only`. Each gives one line for each of its cases. */
const BENCHES: Readonly<Record<string, (seed: number) => Lines>> = {
  polling: (seed) => comparePolling(5_000, seed),
  stock: compareStock,
};

const DEFAULT_SEED = 20_261_125;

async function main(): Promise<number> {
  let values: { only?: string; json?: boolean; seed?: string };
  try {
    ({ values } = parseArgs({
      options: { only: { type: 'string' }, json: { type: 'boolean' }, seed: { type: 'string' } },
    }));
  } catch (error) {
    return refuse((error as Error).message);
  }
  const names = values.only === undefined ? Object.keys(BENCHES) : values.only.split(',');
  const unknown = names.filter((name) => BENCHES[name] === undefined);
  if (unknown.length > 0) return refuse(`There is no bench ${unknown.join(', ')}: ${Object.keys(BENCHES).join(', ')}.`);
  if (values.seed !== undefined && !/^\d{1,9}$/.test(values.seed)) return refuse('--seed is a whole number.');
  const seed = values.seed === undefined ? DEFAULT_SEED : Number(values.seed);

  let passed = true;
  for (const name of names)
    for await (const result of BENCHES[name]?.(seed) ?? []) {
      process.stdout.write(`${values.json === true ? JSON.stringify(result) : textOf(result)}\n`);
      passed &&= result.passed;
    }
  return passed ? 0 : 1;
}

function textOf(result: object): string {
  return Object.entries(result)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');
}

function refuse(what: string): number {
  process.stderr.write(`${what}\nUse: npm run bench [-- --only NAME[,NAME]] [--seed N] [--json]\n`);
  return 64;
}

process.exitCode = await main();
