import { advanceCouldGo } from './deadline.js';
import { takeDueSends } from './dispatch.js';
import { countWaiting, pausedShops, pauseShop, resumeShop } from './pause-shop.js';
import { readProgress } from './process-beats.js';
import { goShadow, finishGoingLive, startGoingLive } from './shops.js';
import { SHOP, startLedgerWorld, type LedgerWorld } from './testing-world.js';
import { recordNotProcessed } from './record-outcome.js';

let world: LedgerWorld;
beforeEach(async () => {
  world = await startLedgerWorld();
});
afterEach(() => world.close());

const by = { actor: 'eve', reason: 'the prices are wrong' };
const sql = (text: string, params: unknown[] = []) => world.ledger.pool.query<Record<string, unknown>>(text, params);
const due = () => takeDueSends(world.ledger, world.accountId, 60_000);

test('a paused shop gets no claim, not even for an attempt that is prepared; resumed, it goes', async () => {
  const token = await world.prepared();
  expect(await pauseShop(world.ledger, SHOP, by)).toBe(true);
  expect(await world.claim(token)).toBe('shop-paused');
  await recordNotProcessed(world.ledger, token, {
    ...{
      cause: 'shop-paused',
      notBeforeMs: 0,
      lastFailure: 'shop-paused',
      httpStatus: null,
      errorCode: null,
      left: false,
    },
    countsAsFailure: false,
  });
  expect(await world.intent()).toMatchObject({ state: 'ready', hft71_order_id: null });
  expect(await countWaiting(world.ledger, SHOP)).toBe(1);
  expect(await due()).toEqual([]);

  expect(await resumeShop(world.ledger, SHOP, by)).toMatchObject({ pausedBy: 'eve', pauseReason: by.reason });
  expect(await due()).toHaveLength(1);
});

test('the pause waits for a claim under way, and no claim succeeds once it has returned', async () => {
  const token = await world.prepared();
  const claimer = await world.ledger.pool.connect();
  await claimer.query('begin');
  await claimer.query('select 1 from account for update');
  const pausing = pauseShop(world.ledger, SHOP, by);
  expect(await Promise.race([pausing, new Promise((resolve) => setTimeout(resolve, 200, 'waits'))])).toBe('waits');
  await claimer.query('commit');
  claimer.release();
  expect(await pausing).toBe(true);
  expect(await world.claim(token)).toBe('shop-paused');
});

test('orders are taken in meanwhile, and what waits is not overdue: the deadline’s clock stands still', async () => {
  await world.receive({ orderId: 1 });
  await due();
  await sql(`update shop set could_go_at = now() - interval '3 seconds'`);
  await advanceCouldGo(world.ledger);
  const ran = Number((await sql('select could_go_ms from shop')).rows[0]?.['could_go_ms']);
  expect(ran).toBeGreaterThan(2_900);
  await pauseShop(world.ledger, SHOP, by);
  await world.receive({ orderId: 2 });
  await sql(`update shop set could_go_at = now() - interval '3 seconds'`);
  await advanceCouldGo(world.ledger);
  expect(Number((await sql('select could_go_ms from shop')).rows[0]?.['could_go_ms'])).toBe(ran);
  expect(await world.intent(2)).toMatchObject({ state: 'ready' });
  await sql(`update intent set dispatched_until = null, state_since = now() - interval '1 hour'`);
  expect(await readProgress(world.ledger)).toMatchObject({ due: 0 }); // nobody is at fault that they wait
});

test('it is durable: neither shadow and live again nor a second pause changes its reason', async () => {
  await pauseShop(world.ledger, SHOP, by);
  expect(await pauseShop(world.ledger, SHOP, { actor: 'bob', reason: 'me too' })).toBe(false);
  await goShadow(world.ledger, SHOP);
  const liveAt = new Date('2026-11-02T00:00:00Z');
  await startGoingLive(world.ledger, SHOP, liveAt);
  await finishGoingLive(world.ledger, SHOP, liveAt, []);
  await world.receive({ orderId: 7 });
  expect(await due()).toEqual([]);
  expect(await pausedShops(world.ledger)).toMatchObject([{ shopId: SHOP, pausedBy: 'eve', pauseReason: by.reason }]);
});

test('both are in the audit; what is not so is refused', async () => {
  expect(await resumeShop(world.ledger, SHOP, by)).toBeNull();
  expect(await pauseShop(world.ledger, 'nobody', by)).toBe(false);
  await pauseShop(world.ledger, SHOP, by);
  await resumeShop(world.ledger, SHOP, { actor: 'bob', reason: 'mended' });
  expect((await sql('select actor, action, subject, reason from audit order by id')).rows).toEqual([
    { ...by, action: 'shop pause', subject: SHOP },
    { actor: 'bob', action: 'shop resume', subject: SHOP, reason: 'mended' },
  ]);
});
