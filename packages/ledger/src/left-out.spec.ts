import { addFeedPage, beginFeed, finishFeed } from './feed.js';
import { leaveReady } from './move-intent.js';
import { followLines, ordersToTakeIn } from './shops.js';
import { SHOP, startLedgerWorld, type LedgerWorld } from './testing-world.js';

/** Guards decision 4: "not HFT71's" is not final, and not looked at again for nothing either. */
let world: LedgerWorld;
beforeEach(async () => {
  world = await startLedgerWorld();
});
afterEach(() => world.close());

const at = (second: number) => `2026-11-23T10:00:0${second}`;
const follow = (lines: string) => followLines(world.ledger, { id: SHOP, lines, sendableStatuses: ['processing'] });
const leaveOut = async (leftOutBy: string) =>
  leaveReady(world.ledger, String((await world.intent())['id']), {
    ...{ state: 'not_for_hft71', reason: null, contentHash: 'content-1', leftOutBy },
  });
/** What the level sweep does with order 1 as the shop shows it. @returns whether it was taken in at all. */
const levelSweep = async (contentHash = 'content-1', sku = 'A') => {
  const lines = [{ id: 1, sku, quantity: 1 }];
  const found = await ordersToTakeIn(world.ledger, SHOP, [{ orderId: 1, contentHash, lines }]);
  if (found.length > 0) await world.receive({ contentHash, lines }, { readJustNow: true });
  return found.length > 0;
};

test('an order that was on hold while HFT71_LINES changed is looked at again when it comes back', async () => {
  await follow('P1');
  await world.receive();
  await leaveOut('P1');
  await world.receive({ modifiedGmt: at(1), status: 'on-hold' });
  expect(await follow('P2')).toBe(0);
  await world.receive({ modifiedGmt: at(2) });
  expect(await world.intent()).toMatchObject({ state: 'ready' });
});

test('what a worker left out by the rule of before, after it had changed, the level sweep finds', async () => {
  await follow('P2');
  await world.receive();
  await leaveOut('P1');
  expect(await levelSweep()).toBe(true);
  expect(await world.intent()).toMatchObject({ state: 'ready' });
  await leaveOut('P2');
  expect(await levelSweep()).toBe(false);
  await world.receive({ modifiedGmt: at(1) });
  expect(await world.intent()).toMatchObject({ state: 'not_for_hft71' });
});

test('a SKU that was mended in the catalogue: the level sweep sees other lines than those left out', async () => {
  await follow('P1');
  await world.receive();
  await leaveOut('P1');
  expect(await levelSweep('content-2', 'B')).toBe(true);
  expect(await world.intent()).toMatchObject({ state: 'ready' });
});

test('HFT71_LINES=feed: only an order that shows a SKU of the current feed is looked at again', async () => {
  const feed = await beginFeed(world.ledger, world.accountId);
  await addFeedPage(world.ledger, feed, [{ sku: 'B', stock: 1 }]);
  await follow('feed');
  await finishFeed(world.ledger, world.accountId, feed, ['processing']);
  await world.receive();
  await leaveOut('feed');
  expect(await levelSweep()).toBe(false);
  // A reading ends while a worker judges by the one before.
  await world.ledger.pool.query(`insert into feed_sku (feed_id, sku, stock) values ($1, 'A', 1)`, [feed]);
  expect(await levelSweep()).toBe(true);
  expect(await world.intent()).toMatchObject({ state: 'ready' });
});
