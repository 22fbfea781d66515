import fc from 'fast-check';
import { anyHistory } from './testing/histories/any-history.js';
import { HistoriesWorld } from './testing/histories/histories-world.js';

/** How many; more on one's own machine. `RELAY_HISTORIES_SEED` plays the same ones again. */
const HISTORIES = Number(process.env['RELAY_HISTORIES'] ?? 2_000);
const SEED = process.env['RELAY_HISTORIES_SEED'];

let world: HistoriesWorld;

beforeAll(async () => {
  world = await HistoriesWorld.start();
}, 60_000);

afterAll(() => world?.stop());

it(`keeps the guarantee in ${HISTORIES} histories of faults`, async () => {
  const startedAt = process.hrtime.bigint();
  const ends = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(anyHistory, async (each) => {
      for (const state of (await world.play(each)).states) ends.set(state, (ends.get(state) ?? 0) + 1);
    }),
    {
      numRuns: HISTORIES,
      endOnFailure: process.env['NOSHRINK'] !== undefined,
      ...(SEED === undefined ? {} : { seed: Number(SEED) }),
    },
  );
  const perHistoryMs = Number(process.hrtime.bigint() - startedAt) / 1e6 / world.played;
  process.stdout.write(`${world.played} histories, ${perHistoryMs.toFixed(1)} ms each: ${JSON.stringify([...ends])}\n`);
}, 900_000);
