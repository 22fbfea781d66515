import { waitFor } from '@relay/testing';
import { inWorld, stopWorldsLeft, type World } from './testing/world.js';

afterAll(stopWorldsLeft);

/** The schedulers are put back each minute after a worker's start; this is far sooner. */
const SOON_MS = 15_000;

describe('the schedule of the sweeps is a hint (protocol, "Clocks")', () => {
  it.concurrent(
    'Redis has lost it: the sweeps go on by the ledger’s clock',
    async () => {
      await inWorld({}, async (world) => {
        await world.startLive();
        await world.sweptOnce();
        await world.redis.flush();
        await expectSweepsToGoOn(world);
      });
    },
    60_000,
  );

  it.concurrent(
    'a worker whose clock is ten minutes ahead has put the next sweep there, and is gone: the others do not wait for it',
    async () => {
      await inWorld({}, async (world) => {
        await world.startLive();
        const ahead = await world.startWorker({ nodeArgs: ['--import', TEN_MINUTES_AHEAD] });
        await waitForSweeps(world, 3); // one of them was its own, or its schedulers were put in at its start
        await ahead.kill('SIGKILL');
        await expectSweepsToGoOn(world);
      });
    },
    60_000,
  );
});

const TEN_MINUTES_AHEAD = `data:text/javascript,const now = Date.now; Date.now = () => now() + 600000;`;

async function expectSweepsToGoOn(world: World): Promise<void> {
  const orderId = await world.sandbox.oneOrder();
  await world.waitForState(orderId, 'written_back', SOON_MS);
  await waitForSweeps(world, 3);
  expect(await world.expectGuarantee()).toMatchObject({ sent: 1, writtenBack: 1 });
}

async function waitForSweeps(world: World, count: number): Promise<void> {
  const seen = new Set<string>();
  await waitFor(
    async () => {
      const [row] = await world.rows('select swept_at::text as at from shop');
      seen.add(String(row?.['at']));
      return seen.size > count;
    },
    { what: `${count} sweeps`, timeoutMs: SOON_MS, intervalMs: 50 },
  );
}
