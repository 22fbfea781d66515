import { waitFor } from '@relay/testing';
import { inWorld, stopWorldsLeft } from './testing/world.js';

afterAll(stopWorldsLeft);

const DELAY_MS = 6_000;

describe('before it is sent', () => {
  it.concurrent(
    'the send delay is honoured, and what changes in it counts: cancelled, restored, deleted, left, edited',
    async () => {
      await inWorld({ settings: { RELAY_SEND_DELAY: `${DELAY_MS}ms` } }, async (world) => {
        const { sandbox } = world;
        await world.startLive();
        const madeAt = Date.now();
        const [kept = 0, cancelled = 0, restored = 0, deleted = 0, left = 0, edited = 0] = await sandbox.order({
          count: 6,
        });
        await world.waitForState([kept, cancelled, restored, deleted, left, edited], 'waiting', 5_000);
        await Promise.all([
          sandbox.edit(cancelled, { status: 'cancelled' }),
          sandbox.edit(restored, { status: 'cancelled' }),
          sandbox.deleteOrder(deleted),
          sandbox.edit(left, { status: 'on-hold' }),
          sandbox.edit(edited, { shipping: { city: 'Bettertown' } }),
        ]);
        await world.waitForState([cancelled, restored], 'cancelled: cancelled', 5_000);
        await world.waitForState(left, 'skipped: on-hold', 5_000);
        await sandbox.edit(restored, { status: 'processing' });
        await sandbox.edit(left, { status: 'processing' });

        await world.waitForState([kept, edited, restored, left], 'written_back');
        await world.waitForState(deleted, 'cancelled: deleted');
        expect(await world.stateOf(cancelled)).toBe('cancelled: cancelled');
        for (const orderId of [cancelled, deleted]) expect(await sandbox.postsOf(orderId)).toBe(0);
        for (const orderId of [kept, edited, restored, left]) {
          const [accepted] = await sandbox.acceptedOf(orderId);
          expect((accepted?.at ?? 0) - madeAt).toBeGreaterThanOrEqual(DELAY_MS);
        }
        const [atHft71] = await sandbox.acceptedOf(edited);
        expect((await sandbox.hft71Order(atHft71?.hft71OrderId ?? 0)).address).toMatchObject({ city: 'Bettertown' });
        expect(await world.expectGuarantee()).toMatchObject({ sent: 4, writtenBack: 4 });
      });
    },
    90_000,
  );
});

describe('cancelled while sending: unchanged, the flag is set (R7)', () => {
  it.concurrent(
    'HFT71 accepts: sent and written back; the flag stays for a person',
    async () => {
      await inWorld({}, async (world) => {
        const { sandbox } = world;
        await world.startLive();
        await sandbox.faultOnSend({ kind: 'latency', delayMs: 1_700 });
        const orderId = await sandbox.oneOrder();
        await world.waitForState(orderId, 'sending');
        await sandbox.edit(orderId, { status: 'cancelled' });
        await world.waitForState(orderId, 'written_back');
        expect(await sandbox.postsOf(orderId)).toBe(1);
        expect(await world.expectGuarantee()).toMatchObject({ sent: 1, writtenBack: 1 });
      });
    },
    90_000,
  );

  it.concurrent(
    'HFT71 refuses: cancelled and never sent; restored in the shop, it goes once',
    async () => {
      await inWorld({}, async (world) => {
        const { sandbox } = world;
        await world.startLive();
        // The sweep comes each second: it tells the cancellation before the answer does.
        await sandbox.faultOnSend({ kind: 'status', status: 429, retryAfter: '1', delayMs: 1_800, times: 1 });
        const orderId = await sandbox.oneOrder();
        await world.waitForState(orderId, 'sending');
        await sandbox.edit(orderId, { status: 'cancelled' });
        await waitFor(async () => (await world.stateOf(orderId)).startsWith('cancelled'), {
          what: 'the cancellation',
          timeoutMs: 20_000,
        });
        await world.sweptOnce();
        expect(await sandbox.postsOf(orderId)).toBe(1);
        expect(await sandbox.acceptedOf(orderId)).toEqual([]);

        await sandbox.edit(orderId, { status: 'processing' });
        await world.waitForState(orderId, 'written_back');
        expect(await world.expectGuarantee()).toMatchObject({ sent: 1, writtenBack: 1 });
      });
    },
    90_000,
  );

  it.concurrent(
    'the answer is lost: held in-doubt, never sent again',
    async () => {
      await inWorld({}, async (world) => {
        const { sandbox } = world;
        await world.startLive();
        await sandbox.faultOnSend({ kind: 'accept-then-hang' });
        const orderId = await sandbox.oneOrder();
        await world.waitForState(orderId, 'sending');
        await sandbox.edit(orderId, { status: 'cancelled' });
        await world.waitForState(orderId, 'held: in-doubt');
        await sandbox.edit(orderId, { status: 'processing' });
        await world.sweptOnce();
        expect(await world.stateOf(orderId)).toBe('held: in-doubt');
        expect(await sandbox.postsOf(orderId)).toBe(1);
        expect(await world.expectGuarantee()).toMatchObject({ sent: 1 });
      });
    },
    90_000,
  );
});
