import { SHOP, startLedgerWorld, type LedgerWorld } from './testing-world.js';
import { addFeedPage, beginFeed, currentFeed, finishFeed, skusInFeed } from './feed.js';
import { intentsToAdopt } from './load-intent.js';
import { adoptIntent, holdForeignId, leaveReady } from './move-intent.js';
import { recordInDoubt } from './record-outcome.js';
import { finishGoingLive, goShadow, loadShop, markBeforeLive, ordersToTakeIn, startGoingLive } from './shops.js';

let world: LedgerWorld;
beforeEach(async () => {
  world = await startLedgerWorld({ live: false });
});
afterEach(() => world.close());

const LIVE_AT = new Date('2026-11-23T12:00:00Z');
const before = '2026-11-23T10:00:00';
const after = '2026-11-23T13:00:00';
const goLive = async (listed: number[], beforeLive: number[] = []) => {
  await startGoingLive(world.ledger, SHOP, LIVE_AT);
  await markBeforeLive(world.ledger, SHOP, beforeLive);
  expect(await finishGoingLive(world.ledger, SHOP, LIVE_AT, listed)).toBe(true);
};

test('orders of the list created before live_at are held, whatever shadow made of them', async () => {
  await world.receive({ orderId: 1, createdGmt: before });
  await goLive([1], [1]);
  expect(await world.intent(1)).toMatchObject({ state: 'held', reason: 'before-go-live' });
});

test('an edit of such an order does not send it', async () => {
  await world.receive({ orderId: 1, createdGmt: before });
  await goLive([1], [1]);
  await world.receive({ orderId: 1, createdGmt: before, modifiedGmt: after, contentHash: 'content-2' });
  expect(await world.intent(1)).toMatchObject({ state: 'held', reason: 'before-go-live' });
});

test('nor does leaving the sendable statuses and coming back', async () => {
  await world.receive({ orderId: 1, createdGmt: before }, { beforeLive: true }); // of the baseline; no intent in shadow
  expect(await world.intent(1)).toEqual({});
  await goLive([]);
  await world.receive({ orderId: 1, createdGmt: before, modifiedGmt: '2026-11-23T13:00:00', status: 'on-hold' });
  await world.receive({ orderId: 1, createdGmt: before, modifiedGmt: '2026-11-23T13:00:01' });
  expect(await world.intent(1)).toMatchObject({ state: 'held', reason: 'before-go-live' });
});

test('an order of shadow that is not in the list ends shadowed, and goes when it becomes sendable later', async () => {
  await world.receive({ orderId: 1, createdGmt: before });
  await goLive([]);
  expect(await world.intent(1)).toMatchObject({ state: 'shadowed' });
  const shown = { orderId: 1, contentHash: 'content-1', lines: [] };
  expect(await ordersToTakeIn(world.ledger, SHOP, [shown])).toEqual([1]); // the level sweep finds it
  await world.receive({ orderId: 1, createdGmt: before, modifiedGmt: after });
  expect(await world.intent(1)).toMatchObject({ state: 'ready' });
});

test('an order created after live_at goes, though the list was still being read', async () => {
  await startGoingLive(world.ledger, SHOP, LIVE_AT);
  await world.receive({ orderId: 2, createdGmt: after, modifiedGmt: after });
  await finishGoingLive(world.ledger, SHOP, LIVE_AT, []);
  expect(await world.intent(2)).toMatchObject({ state: 'ready' });
});

test('a doubt outlives shadow and the next going live', async () => {
  await goLive([]);
  const token = await world.claimed(1);
  await goShadow(world.ledger, SHOP);
  await recordInDoubt(world.ledger, token, {
    httpStatus: null,
    errorCode: 'deadline',
    left: true,
    cause: 'deadline',
    settleMs: 1,
  });
  await goLive([1], [1]);
  expect(await world.intent(1)).toMatchObject({ state: 'in_doubt' });
});

test('going live that was broken off by a change of mode is not finished', async () => {
  await startGoingLive(world.ledger, SHOP, LIVE_AT);
  await goShadow(world.ledger, SHOP);
  expect(await finishGoingLive(world.ledger, SHOP, LIVE_AT, [])).toBe(false);
  expect((await loadShop(world.ledger, SHOP))?.mode).toBe('shadow');
});

describe('adoption', () => {
  test('a held order that shows an id is offered for the check, and adopted', async () => {
    await world.receive({ orderId: 1, createdGmt: before, hft71OrderId: '99' });
    await goLive([1], [1]);
    const [intent] = await intentsToAdopt(world.ledger, SHOP, 10);
    expect(intent).toMatchObject({ orderId: 1, shopHft71Id: '99', beforeLive: true });
    expect(await adoptIntent(world.ledger, intent?.id ?? '', '99', false)).toEqual({ kind: 'adopted' });
    expect(await world.intent(1)).toMatchObject({ state: 'adopted', hft71_order_id: '99' });
  });

  test('without HFT71’s word an id that another order shows too is not adopted: plugins that copy orders copy meta', async () => {
    await world.receive({ orderId: 1, createdGmt: before, status: 'completed', hft71OrderId: '99' });
    await world.receive({ orderId: 2, createdGmt: before, hft71OrderId: '99' });
    await goLive([2], [2]);
    const [copy] = await intentsToAdopt(world.ledger, SHOP, 10);
    expect(await adoptIntent(world.ledger, copy?.id ?? '', '99', false)).toEqual({ kind: 'taken', byOrder: '1' });
    expect(await adoptIntent(world.ledger, copy?.id ?? '', '99', true)).toEqual({ kind: 'adopted' });
  });

  test('an id that another order of the account has is not adopted; it is named, and looked at again when the id changes', async () => {
    await world.receive({ orderId: 1, createdGmt: before, hft71OrderId: '99' });
    await world.receive({ orderId: 2, createdGmt: before, hft71OrderId: '99' });
    await goLive([1, 2], [1, 2]);
    const [first, second] = await intentsToAdopt(world.ledger, SHOP, 10);
    await adoptIntent(world.ledger, first?.id ?? '', '99', true);
    expect(await adoptIntent(world.ledger, second?.id ?? '', '99', true)).toEqual({ kind: 'taken', byOrder: '1' });
    await holdForeignId(world.ledger, second?.id ?? '', '1', '99');
    expect(await world.intent(2)).toMatchObject({ state: 'held', reason: 'id-belongs-to-order-1' });
    expect(await intentsToAdopt(world.ledger, SHOP, 10)).toEqual([]);
    await world.receive({ orderId: 2, createdGmt: before, modifiedGmt: after, hft71OrderId: '100' });
    expect(await intentsToAdopt(world.ledger, SHOP, 10)).toHaveLength(1);
  });
});

describe('the stock feed', () => {
  const read = async (skus: string[]) => {
    const feed = await beginFeed(world.ledger, world.accountId);
    await addFeedPage(
      world.ledger,
      feed,
      skus.map((sku) => ({ sku, stock: 1 })),
    );
    return finishFeed(world.ledger, world.accountId, feed, ['processing']);
  };

  test('counts only once it was read to its end', async () => {
    const feed = await beginFeed(world.ledger, world.accountId);
    await addFeedPage(world.ledger, feed, [{ sku: 'A', stock: 1 }]);
    expect(await skusInFeed(world.ledger, world.accountId, ['A'])).toBeNull();
    await finishFeed(world.ledger, world.accountId, feed, ['processing']);
    expect(await skusInFeed(world.ledger, world.accountId, ['A', 'B'])).toEqual(new Set(['A']));
  });

  test('the latest complete one replaces the one before', async () => {
    await read(['A', 'B']);
    await read(['B', 'C']);
    expect(await skusInFeed(world.ledger, world.accountId, ['A', 'B', 'C'])).toEqual(new Set(['B', 'C']));
    expect(await currentFeed(world.ledger, world.accountId)).toMatchObject({ skus: 2 });
  });

  test('a slower reading that began earlier replaces nothing: its rows may be gone already', async () => {
    const slow = await beginFeed(world.ledger, world.accountId);
    await addFeedPage(world.ledger, slow, [{ sku: 'A', stock: 1 }]);
    await read(['A', 'B']);
    await addFeedPage(world.ledger, slow, [{ sku: 'B', stock: 1 }]);
    await finishFeed(world.ledger, world.accountId, slow, ['processing']);
    expect(await skusInFeed(world.ledger, world.accountId, ['A', 'B'])).toEqual(new Set(['A', 'B']));
    const { rows } = await world.ledger.pool.query('select count(*)::int as left from feed_sku where feed_id = $1', [
      slow,
    ]);
    expect(rows).toEqual([{ left: 0 }]);
  });

  test('SKUs are compared exactly, and one that comes twice keeps its last figure', async () => {
    const feed = await beginFeed(world.ledger, world.accountId);
    await addFeedPage(world.ledger, feed, [
      { sku: 'A', stock: 1 },
      { sku: 'a', stock: 2 },
      { sku: 'A', stock: 3 },
    ]);
    await finishFeed(world.ledger, world.accountId, feed, []);
    const { rows } = await world.ledger.pool.query('select sku, stock from feed_sku order by stock');
    expect(rows).toEqual([
      { sku: 'a', stock: 2 },
      { sku: 'A', stock: 3 },
    ]);
  });

  test('an order whose SKU is new in the feed is looked at again: it would be lost otherwise', async () => {
    await goLive([]);
    await read(['B']);
    await world.receive({ orderId: 1, createdGmt: after, modifiedGmt: after }); // a line of SKU A
    await leaveReady(world.ledger, String((await world.intent(1))['id']), {
      state: 'not_for_hft71',
      reason: null,
      contentHash: 'content-1',
    });
    expect(await read(['B'])).toBe(0);
    expect(await read(['A', 'B'])).toBe(1);
    expect(await world.intent(1)).toMatchObject({ state: 'ready' });
  });
});
