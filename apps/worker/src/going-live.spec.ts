import { setTimeout as sleep } from 'node:timers/promises';
import { alone, startGoingLive } from '@relay/ledger';
import { createTestDatabase, createTestRedis, waitFor } from '@relay/testing';
import { inWorld, stopWorldsLeft } from './testing/world.js';

afterAll(stopWorldsLeft);

const withId = (hft71OrderId: number) => ({ meta_data: [{ key: '_hft71_order_id', value: String(hft71OrderId) }] });

describe('going live (protocol, "Going live, and leaving the plugin")', () => {
  it.concurrent(
    'orders that were there before are held or adopted, and no edit sends them; new ones go',
    async () => {
      await inWorld({}, async (world) => {
        const { sandbox } = world;
        const [old = 0, edited = 0, sentBefore = 0, copied = 0] = await sandbox.order({ count: 4 });
        const notYet = await sandbox.oneOrder({ status: 'on-hold' });
        const hft71OrderId = await sandbox.sendAsAnother(sentBefore);
        await sandbox.edit(sentBefore, withId(hft71OrderId));
        await sandbox.edit(copied, withId(hft71OrderId)); // a plugin that copies orders copies their meta
        const postsBefore = await sandbox.postsOf(sentBefore);

        await world.startLive();
        const fresh = await sandbox.oneOrder();
        await sandbox.edit(edited, { shipping: { city: 'Bettertown' } });
        await sandbox.edit(notYet, { status: 'processing' });
        await world.waitForState([fresh, notYet], 'written_back');
        await world.waitForState(sentBefore, 'adopted');
        await world.waitForState(copied, `held: id-belongs-to-order-${sentBefore}`);
        await world.sweptOnce();
        expect(await world.states([old, edited])).toEqual(['held: before-go-live', 'held: before-go-live']);
        // Leaving the sendable statuses and coming back does not send it either.
        await sandbox.edit(edited, { status: 'on-hold' });
        await world.sweptOnce();
        await sandbox.edit(edited, { status: 'processing' });
        await world.sweptOnce();
        expect(await world.stateOf(edited)).toBe('held: before-go-live');

        expect(await sandbox.postsOf(sentBefore)).toBe(postsBefore);
        for (const orderId of [old, edited, copied]) expect(await sandbox.postsOf(orderId)).toBe(0);
        expect(await world.expectGuarantee()).toMatchObject({ sent: 3, writtenBack: 3 });
      });
    },
    90_000,
  );

  it.concurrent(
    'shadow records and sends nothing; its orders are held when the shop goes live; back in shadow, claims stop',
    async () => {
      await inWorld({ settings: { RELAY_MODE: 'shadow' } }, async (world) => {
        const { sandbox } = world;
        await world.startWorker();
        await world.waitForMode('shadow');
        const inShadow = await sandbox.order({ count: 3 });
        const leftInShadow = await sandbox.oneOrder();
        await world.waitForState([...inShadow, leftInShadow], 'ready');
        await sandbox.edit(leftInShadow, { status: 'on-hold' });
        await world.waitForState(leftInShadow, 'skipped: on-hold');
        await world.sweptOnce();
        expect((await sandbox.count()).sent).toBe(0);
        expect(await sandbox.meta(inShadow[0] ?? 0, '_hft71_relay_send')).toBeNull();

        await passSecond(); // what is created in the second of live_at counts as before it
        expect(await world.switchMode('live')).toMatchObject({ kind: 'live', listed: 3, beforeLive: 3 });
        await passSecond();
        const fresh = await sandbox.oneOrder();
        await sandbox.edit(leftInShadow, { status: 'processing' });
        await world.waitForState([fresh, leftInShadow], 'written_back');
        expect(await world.states(inShadow)).toEqual(inShadow.map(() => 'held: before-go-live'));

        expect(await world.switchMode('shadow')).toMatchObject({ changed: true, notShown: { orders: 0 } });
        const later = await sandbox.oneOrder();
        await world.waitForState(later, 'ready');
        await world.sweptOnce();
        expect(await sandbox.postsOf(later)).toBe(0);
        // `later` is neither sent nor held: that is what shadow means.
        expect(await sandbox.count()).toMatchObject({ duplicates: 0, sent: 2, writtenBack: 2 });
      });
    },
    90_000,
  );

  it.concurrent(
    'a going live that was broken off is gone on with by a worker, whatever RELAY_MODE says, but not while somebody is at it',
    async () => {
      await inWorld({ settings: { RELAY_MODE: 'shadow' } }, async (world) => {
        const { sandbox } = world;
        const worker = await world.startWorker();
        await world.waitForMode('shadow');
        const old = await sandbox.oneOrder();
        await world.waitForState(old, 'ready');
        // What `relay mode live --plugin-sending-is-off` does before it is killed in the middle of the list.
        await sandbox.setShop({ pluginActive: true });
        await passSecond();
        const liveAt = new Date(Math.floor(Date.now() / 1000) * 1000);
        let meanwhile = 0;
        await alone(world.ledger, 'go live main', async () => {
          await startGoingLive(world.ledger, 'main', liveAt, { actor: 'Eve', reason: null, pluginSendingIsOff: true });
          await passSecond();
          meanwhile = await sandbox.oneOrder();
          await world.sweptOnce();
          await waitLongerThanAWorkerLooks();
          expect(await world.rows('select mode from shop')).toEqual([{ mode: 'going_live' }]);
          expect(await world.switchMode('live')).toMatchObject({ kind: 'refused', refusals: [{ kind: 'busy' }] });
        });
        await worker.waitForLine('going live had been broken off', 30_000);
        await passSecond();
        await world.waitForState(await sandbox.oneOrder(), 'written_back');
        // The plugin may have been switched on again before somebody went on: what came in meanwhile is a person's.
        expect(await world.states([old, meanwhile])).toEqual(['held: before-go-live', 'held: before-go-live']);
      });
    },
    90_000,
  );

  it.concurrent(
    'going live is refused while the plugin is active',
    async () => {
      await inWorld({}, async (world) => {
        await world.sandbox.setShop({ pluginActive: true });
        const worker = await world.startWorker();
        await worker.waitForLine('RELAY_MODE=live is refused');
        const orderId = await world.sandbox.oneOrder();
        await world.waitForState(orderId, 'ready');
        expect(await world.switchMode('live')).toMatchObject({ kind: 'refused' });
        expect(await world.sandbox.postsOf(orderId)).toBe(0);
      });
    },
    60_000,
  );
});

describe('somebody else sends this shop’s orders', () => {
  it.concurrent(
    'a second installation leaves its marker: in doubt, SEV-1 "another installation is sending", the account stops',
    async () => {
      const [database, redis] = await Promise.all([createTestDatabase(), createTestRedis()]);
      await inWorld({}, async (world) => {
        const { sandbox } = world;
        const first = await world.startLive();
        await first.kill('SIGTERM');
        await passSecond();
        const second = await world.startWorker({
          settings: { DATABASE_URL: database.url, REDIS_URL: redis.url },
          failAt: { step: 'after-marker' },
        });
        await second.waitForLine('shop is live', 30_000);
        await passSecond();
        const orderId = await sandbox.oneOrder();
        await world.waitForEnd(second);

        await world.startWorker();
        await world.waitForState(orderId, 'held: in-doubt');
        expect(await world.alerts()).toEqual(['another installation is sending']);
        expect(await world.breaker()).toMatchObject({ state: 'open' });
        const waiting = await sandbox.oneOrder();
        await world.waitForState(waiting, 'ready');
        await world.sweptOnce();
        expect(await sandbox.postsOf(waiting)).toBe(0);

        await world.closeBreaker();
        await world.waitForState(waiting, 'written_back');
        expect(await world.stateOf(orderId)).toBe('held: in-doubt');
        expect(await world.expectGuarantee()).toMatchObject({ sent: 1, writtenBack: 1 });
      }).finally(() => Promise.all([database.drop(), redis.close()]));
    },
    90_000,
  );

  it.concurrent(
    'an id that the relay did not write: SEV-1 "another sender", the account stops, the order is adopted',
    async () => {
      await inWorld({}, async (world) => {
        const { sandbox } = world;
        await world.startLive();
        await passSecond();
        const first = await sandbox.oneOrder();
        await world.waitForState(first, 'written_back');
        const orderId = await sandbox.oneOrder({ status: 'on-hold' });
        const hft71OrderId = await sandbox.sendAsAnother(orderId);
        await sandbox.edit(orderId, { status: 'processing', ...withId(hft71OrderId) });
        await world.waitForState(orderId, 'adopted');
        expect(await world.alerts()).toEqual(['another sender']);
        expect(await world.breaker()).toMatchObject({ state: 'open' });
        const waiting = await sandbox.oneOrder();
        await world.waitForState(waiting, 'ready');
        await world.sweptOnce();
        expect(await sandbox.postsOf(waiting)).toBe(0);
        await world.closeBreaker();
        await world.waitForState(waiting, 'written_back');
        expect(await world.expectGuarantee()).toMatchObject({ sent: 3, writtenBack: 3 });
      });
    },
    90_000,
  );

  it.concurrent(
    'a restored shop uses its ids again: the new order is held as order-identity-changed, not sent, not taken for the old one',
    async () => {
      await inWorld({}, async (world) => {
        const { sandbox } = world;
        await world.startLive();
        await sandbox.snapshot();
        const sent = await sandbox.oneOrder();
        await world.waitForState(sent, 'written_back');
        await sandbox.faultOnSend({ kind: 'status', status: 403, retryAfter: '600', times: 1 });
        const unsent = await sandbox.oneOrder();
        await world.waitForFailures([unsent]);

        await sandbox.restore();
        const again = await sandbox.order({ count: 2 });
        expect(again).toEqual([sent, unsent]);
        await waitFor(async () => (await world.heldOrders()).length === 2, {
          what: 'both held',
          timeoutMs: 30_000,
        });
        await world.sweptOnce();
        expect(await world.heldOrders()).toEqual(
          expect.arrayContaining(again.map((orderId) => ({ orderId, reason: 'order-identity-changed' }))),
        );
        expect(await sandbox.acceptedOf(sent)).toHaveLength(1);
        expect(await sandbox.acceptedOf(unsent)).toEqual([]);
        expect(await sandbox.meta(sent, '_hft71_order_id')).toBeNull();
        expect((await sandbox.count()).duplicates).toBe(0);
      });
    },
    90_000,
  );
});

/** A worker looks every 5 s. */
async function waitLongerThanAWorkerLooks(): Promise<void> {
  await sleep(6_000);
}

/** The shop's dates are whole seconds: waits until the next one has begun. */
async function passSecond(): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  await waitFor(() => Math.floor(Date.now() / 1000) > now, { what: 'the next second', timeoutMs: 3_000 });
}
