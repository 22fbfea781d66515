import { receiveOrder } from './receive-order.js';
import { followLines, ordersNeverArmed, rememberSendableStatuses } from './shops.js';
import { SHOP, startLedgerWorld, type LedgerWorld } from './testing-world.js';

/** Guards the protocol's "A status that is added to the setting". */
let world: LedgerWorld;
beforeEach(async () => {
  world = await startLedgerWorld();
  await rememberSendableStatuses(world.ledger, SHOP, ['processing']);
});
afterEach(() => world.close());

/** As a process does whose setting names a status more. */
const receiveWidened = (over: { orderId?: number; status?: string; modifiedGmt?: string }, beforeLive = false) =>
  receiveOrder(world.ledger, world.seen(over), {
    seenBy: 'webhook',
    sendableStatuses: ['processing', 'in-production'],
    sendDelayMs: 0,
    beforeLive,
  });

test('an added status arms nothing before the orders that stand in it are listed; then it does', async () => {
  await receiveWidened({ orderId: 1, status: 'in-production' });
  expect(await world.intent(1)).toEqual({});
  await rememberSendableStatuses(world.ledger, SHOP, ['processing', 'in-production'], true);
  await receiveWidened({ orderId: 1, status: 'in-production' });
  expect(await world.intent(1)).toMatchObject({ state: 'ready' });
});

test('what is listed is held, at once and for good', async () => {
  await receiveWidened({ orderId: 1, status: 'in-production' }, true);
  await rememberSendableStatuses(world.ledger, SHOP, ['processing', 'in-production'], true);
  await receiveWidened({ orderId: 1, status: 'in-production', modifiedGmt: '2026-11-23T10:00:01' });
  expect(await world.intent(1)).toMatchObject({ state: 'held', reason: 'before-go-live' });
});

test('an order that is armed already is neither listed nor taken back by its new status', async () => {
  await world.receive({ orderId: 1 });
  await receiveWidened({ orderId: 1, status: 'in-production', modifiedGmt: '2026-11-23T10:00:01' });
  expect(await world.intent(1)).toMatchObject({ state: 'ready' });
  expect(await ordersNeverArmed(world.ledger, SHOP, [1, 2])).toEqual([2]);
});

test('nor does another HFT71_LINES arm anything of it', async () => {
  const shop = { id: SHOP, sendableStatuses: ['processing', 'in-production'] };
  await followLines(world.ledger, { ...shop, lines: 'A' });
  await world.receive({ orderId: 1 });
  await world.ledger.pool.query(
    `with o as (update shop_order set status = 'in-production') update intent set state = 'not_for_hft71'`,
  );
  expect(await followLines(world.ledger, { ...shop, lines: 'B' })).toBe(0);
  expect(await ordersNeverArmed(world.ledger, SHOP, [1])).toEqual([1]);
});

test('once statuses are remembered, a level sweep is due', async () => {
  await world.ledger.pool.query('update shop set level_swept_at = now()');
  await rememberSendableStatuses(world.ledger, SHOP, ['processing', 'in-production'], true);
  const { rows } = await world.ledger.pool.query('select level_swept_at from shop');
  expect(rows).toEqual([{ level_swept_at: null }]);
});
