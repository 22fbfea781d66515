import { waitFor } from '@relay/testing';
import { inWorld, stopWorldsLeft, type World } from './testing/world.js';

afterAll(stopWorldsLeft);

const UNMIRRORED = { RELAY_SHOP_MARKER: 'off', RELAY_MAX_UNMIRRORED: '3' };

describe('write-backs fail (protocol, "Unmirrored")', () => {
  it.concurrent(
    'the shop answers 500 to every write: sending stops at RELAY_MAX_UNMIRRORED, and goes on after',
    async () => {
      await inWorld({ settings: UNMIRRORED }, async (world) => {
        await world.startLive();
        await world.sandbox.fault({ target: 'shop', kind: 'status', status: 500, match: { method: 'PUT' } });
        const waiting = await sendingStops(world);
        await world.sandbox.clearFaults();
        await world.waitForState(waiting, 'written_back', 40_000);
        expect(await world.alerts()).toEqual([]);
        expect(await world.expectGuarantee()).toMatchObject({ sent: 8, writtenBack: 8 });
      });
    },
    120_000,
  );

  it.concurrent(
    'the key may only read: the same',
    async () => {
      await inWorld({ settings: UNMIRRORED }, async (world) => {
        const { readOnlyKey, readOnlySecret } = world.sandbox.at;
        await (await world.startLive()).kill('SIGTERM');
        const reader = await world.startWorker({
          settings: { WC_CONSUMER_KEY: readOnlyKey, WC_CONSUMER_SECRET: readOnlySecret },
        });
        const waiting = await sendingStops(world);
        await reader.kill('SIGTERM');
        await world.startWorker();
        await world.waitForState(waiting, 'written_back', 40_000);
        expect(await world.alerts()).toEqual([]);
        expect(await world.expectGuarantee()).toMatchObject({ sent: 8, writtenBack: 8 });
      });
    },
    120_000,
  );

  it.concurrent(
    'with the marker on nothing is sent whose marker the shop does not take (step 4)',
    async () => {
      await inWorld({}, async (world) => {
        const { sandbox } = world;
        await world.startLive();
        await sandbox.fault({ target: 'shop', kind: 'status', status: 500, match: { method: 'PUT' } });
        const orderIds = await sandbox.order({ count: 4 });
        await world.waitForFailures(orderIds);
        for (const orderId of orderIds) {
          expect(await sandbox.postsOf(orderId)).toBe(0);
          expect((await world.attemptsOf(orderId))[0]).toBe('not_processed: marker-failed');
        }
        await sandbox.clearFaults();
        await world.waitForState(orderIds, 'written_back', 40_000);
        expect(await world.expectGuarantee()).toMatchObject({ sent: 4, writtenBack: 4 });
      });
    },
    90_000,
  );
});

/** Three orders go and cannot be written back; five more stay. @returns all eight. */
async function sendingStops(world: World): Promise<number[]> {
  const { sandbox } = world;
  const sent = await sandbox.order({ count: 3 });
  await world.waitForState(sent, 'sent');
  await waitFor(async () => (await world.alerts()).includes('sending stopped: write-backs fail'), {
    what: 'the alert that sending stopped',
    timeoutMs: 20_000,
  });
  const kept = await sandbox.order({ count: 5 });
  await world.waitForState(kept, 'ready');
  await world.sweptOnce();
  expect(await world.states(kept)).toEqual(kept.map(() => 'ready'));
  for (const orderId of kept) expect(await sandbox.postsOf(orderId)).toBe(0);
  return [...sent, ...kept];
}
