import { waitFor } from '@relay/testing';
import { inWorld, stopWorldsLeft, type World } from './testing/world.js';

afterAll(stopWorldsLeft);

const sending = async (world: World) =>
  (await world.ledger.pool.query(`select 1 from intent where state = 'sending'`)).rows.length;

test.concurrent(
  'SIGTERM in the middle of calls: they end within the grace, exit code 0, no doubt, and the rest goes later',
  async () => {
    await inWorld({}, async (world) => {
      const worker = await world.startLive();
      await world.sandbox.faultOnSend({ kind: 'latency', delayMs: 1_000 });
      const orderIds = await world.sandbox.order({ count: 20 });
      await waitFor(async () => (await sending(world)) >= 4, { what: 'four calls in flight', timeoutMs: 20_000 });
      const stoppedAt = performance.now();
      expect(await worker.kill('SIGTERM')).toEqual({ code: 0, signal: null });
      expect(performance.now() - stoppedAt).toBeLessThan(10_000);

      expect(await sending(world)).toBe(0);
      expect((await world.states(orderIds)).filter((state) => /doubt/.test(state))).toEqual([]);
      const sentByNow = await world.sandbox.acceptedOrders();
      expect(sentByNow.length).toBeGreaterThanOrEqual(4);
      expect(sentByNow.length).toBeLessThan(20);

      await world.sandbox.clearFaults();
      await world.startWorker();
      await world.waitForState(orderIds, 'written_back');
      expect(await world.expectGuarantee()).toMatchObject({ sent: 20, writtenBack: 20 });
    });
  },
  90_000,
);

test.concurrent(
  'SIGTERM while HFT71 is silent, with a grace shorter than its answer: the order ends held, not lost',
  async () => {
    await inWorld({ settings: { RELAY_STOP_GRACE: '200ms' } }, async (world) => {
      const worker = await world.startLive();
      await world.sandbox.faultOnSend({ kind: 'accept-then-hang', times: 1 });
      const orderId = await world.sandbox.oneOrder();
      await waitFor(async () => (await world.sandbox.acceptedOf(orderId)).length === 1, { what: 'the call in flight' });
      expect(await worker.kill('SIGTERM')).toEqual({ code: 0, signal: null });
      await world.startWorker();
      await world.waitForState(orderId, 'held: in-doubt');
      expect(await world.sandbox.postsOf(orderId)).toBe(1);
      expect(await world.expectGuarantee()).toMatchObject({ sent: 1, writtenBack: 0 });
    });
  },
  90_000,
);
