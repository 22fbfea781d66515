import { parseArgs } from 'node:util';
import { comparePolling } from './polling/compare-polling.js';

/** By name, for `--only`. Each gives one line for each of its cases. */
const BENCHES: Readonly<Record<string, (seed: number) => readonly { readonly passed: boolean }[]>> = {
  polling: (seed) => comparePolling(5_000, seed),
};

const DEFAULT_SEED = 20_261_125;

function main(): number {
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

  const results = names.flatMap((name) => BENCHES[name]?.(seed) ?? []);
  for (const result of results)
    process.stdout.write(`${values.json === true ? JSON.stringify(result) : textOf(result)}\n`);
  return results.every(({ passed }) => passed) ? 0 : 1;
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

process.exitCode = main();
