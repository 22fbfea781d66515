import { inWorld, stopWorldsLeft } from './testing/world.js';

afterAll(stopWorldsLeft);

const PUBLIC_PORT_OF_NOBODY = 'http://127.0.0.1:9';

describe('webhooks are hints, sweeps are the truth (design decision 5)', () => {
  it.concurrent(
    'every delivery is dropped: orders, edits and cancellations arrive by the sweep',
    async () => {
      await inWorld({ settings: { RELAY_PUBLIC_URL: PUBLIC_PORT_OF_NOBODY } }, async (world) => {
        const { sandbox } = world;
        await sandbox.setWebhooks({ mode: 'drop' });
        await world.startLive();
        const orderIds = await sandbox.order({ count: 12, kinds: ['simple', 'variation', 'mixed', 'summed'] });
        const waiting = await sandbox.oneOrder({ status: 'on-hold' });
        await world.waitForState(orderIds, 'written_back');
        await sandbox.edit(waiting, { status: 'processing' });
        await world.waitForState(waiting, 'written_back');
        expect(await world.expectGuarantee()).toMatchObject({ orders: 13, sent: 13, writtenBack: 13 });
      });
    },
    90_000,
  );

  it.concurrent(
    '500 orders in one second: all arrive once',
    async () => {
      await inWorld({}, async (world) => {
        await Promise.all([world.startLive(), world.startWorker()]);
        await world.waitForMode('live');
        const orderIds = await world.sandbox.order({ count: 500, sameSecond: true });
        await world.waitForState(orderIds, 'written_back', 200_000);
        expect(await world.expectGuarantee()).toMatchObject({ orders: 500, sent: 500, writtenBack: 500 });
      });
    },
    260_000,
  );

  it.concurrent(
    'an order that comes into the shop with old dates is found by the level sweep',
    async () => {
      await inWorld({}, async (world) => {
        await world.startLive();
        const first = await world.sandbox.oneOrder();
        await world.waitForState(first, 'written_back');
        const orderId = await world.sandbox.oneOrder({
          dateCreatedGmt: '2026-01-02T03:04:05',
          dateModifiedGmt: '2026-01-02T03:04:05',
        });
        await world.waitForState(orderId, 'written_back');
        const { rows } = await world.ledger.pool.query<{ first_seen_by: string }>(
          'select first_seen_by from shop_order where order_id = $1',
          [orderId],
        );
        expect(rows).toEqual([{ first_seen_by: 'level-sweep' }]);
        expect(await world.expectGuarantee()).toMatchObject({ sent: 2, writtenBack: 2 });
      });
    },
    90_000,
  );
});
