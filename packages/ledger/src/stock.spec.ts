import { noteProducts, noteHft71Products } from './catalogue.js';
import { addFeedPage, beginFeed, finishFeed } from './feed.js';
import { beginStockWrite, noteStockWritten, setSafetyStock, takeUncheckedStock, ledgerNow } from './stock-changes.js';
import {
  boostStock,
  breakOffStaleRuns,
  endStockRun,
  keepStockRun,
  loadStockRun,
  planStockRuns,
  startStockRun,
  takeWantedStockRun,
  wantStockRun,
} from './stock-runs.js';
import { compareStock, wantedOf, type StockRules } from './stock-wanted.js';
import { SHOP, startLedgerWorld, type LedgerWorld } from './testing-world.js';

const RULES: StockRules = { falls: 'accepted', safety: 0, missing: 'leave' };
const LONG_AGO = new Date(0);

let world: LedgerWorld;
beforeEach(async () => {
  world = await startLedgerWorld();
});
afterEach(() => world.close());

const sql = (text: string, params: unknown[] = []) => world.ledger.pool.query(text, params);

async function feed(entries: Record<string, number>): Promise<string> {
  const feedId = await beginFeed(world.ledger, world.accountId);
  await addFeedPage(
    world.ledger,
    feedId,
    Object.entries(entries).map(([sku, stock]) => ({ sku, stock })),
  );
  await finishFeed(world.ledger, world.accountId, feedId, []);
  return feedId;
}

async function product(productId: number, sku: string, over: Record<string, unknown> = {}): Promise<void> {
  const plain = { productId, sku, parentId: 0, type: 'simple', manages: 'yes' as const, stock: 0 };
  await noteProducts(world.ledger, SHOP, [{ ...plain, ...over }]);
}

const scope = (rules: StockRules) => ({ shopId: SHOP, accountId: world.accountId, rules });
async function targetOf(_feedId: string, sku = 'A', rules: StockRules = RULES): Promise<number | undefined> {
  return (await wantedOf(world.ledger, scope(rules), [sku]))[0]?.target;
}

/** An order of two pieces of A, with its intent in this state. */
async function order(
  orderId: number,
  state: string,
  over: { status?: string; acceptedAt?: string; ended?: string | null } = {},
) {
  await world.receive({ orderId, lines: [{ id: 1, sku: 'A', quantity: 2 }] });
  await sql(
    `update intent set state = $2, reason = case when $2 in ('held', 'rejected') then 'x' end, hft71_order_id = $3,
       doubt_since = case when $2 = 'in_doubt' then now() end where order_id = $1`,
    [orderId, state, over.acceptedAt === undefined ? null : String(orderId)],
  );
  if (over.status !== undefined)
    await sql('update shop_order set status = $2 where order_id = $1', [orderId, over.status]);
  if (over.acceptedAt !== undefined) {
    await sql(`update progress set accepted_at = $2, ended = $3 where order_id = $1`, [
      orderId,
      over.acceptedAt,
      over.ended ?? null,
    ]);
  }
}

describe('available to sell', () => {
  test.each([
    ['waiting', 8],
    ['ready', 8],
    ['sending', 8],
    ['in_doubt', 8],
    ['held', 8],
    ['rejected', 8],
    ['cancelled', 10],
    ['skipped', 10],
    ['not_for_hft71', 10],
    ['shadowed', 10],
  ])('an order that is %s leaves %d of 10', async (state, left) => {
    await product(1, 'A');
    await order(1, state);
    expect(await targetOf(await feed({ A: 10 }))).toBe(left);
  });

  test('an order on hold has taken its pieces in the shop: it counts, whether or not an intent knew of it', async () => {
    await product(1, 'A');
    await world.receive({ orderId: 1, status: 'on-hold', lines: [{ id: 1, sku: 'A', quantity: 2 }] });
    await order(2, 'skipped', { status: 'on-hold' });
    await order(3, 'not_for_hft71', { status: 'on-hold' });
    expect(await targetOf(await feed({ A: 10 }))).toBe(6);
  });

  test.each(['pending', 'failed', 'checkout-draft', 'refunded'])(
    'an order that is %s in the shop reserves nothing: the shop has not taken its pieces, or it does not go',
    async (status) => {
      await product(1, 'A');
      await order(1, 'waiting', { status });
      expect(await targetOf(await feed({ A: 10 }))).toBe(10);
    },
  );

  test('an order that HFT71 accepted before the feed was read is in its figure; one accepted since is not yet', async () => {
    await product(1, 'A');
    const feedId = await feed({ A: 10 });
    await order(1, 'written_back', { acceptedAt: '2026-01-01T00:00:00Z' });
    expect(await targetOf(feedId)).toBe(10);
    await order(2, 'written_back', { acceptedAt: '2099-01-01T00:00:00Z' });
    expect(await targetOf(feedId)).toBe(8);
  });

  test('where HFT71’s figure falls at production, accepted orders count until they are finished', async () => {
    await product(1, 'A');
    const feedId = await feed({ A: 10 });
    await order(1, 'written_back', { acceptedAt: '2026-01-01T00:00:00Z' });
    await order(2, 'written_back', { acceptedAt: '2026-01-01T00:00:00Z', ended: 'terminal' });
    expect(await targetOf(feedId, 'A', { ...RULES, falls: 'produced' })).toBe(8);
  });

  test('never less than none, and safety stock of the shop or of the SKU is kept back', async () => {
    await product(1, 'A');
    const feedId = await feed({ A: 3 });
    expect(await targetOf(feedId, 'A', { ...RULES, safety: 1 })).toBe(2);
    await setSafetyStock(world.ledger, SHOP, 'A', 2);
    expect(await targetOf(feedId, 'A', { ...RULES, safety: 1 })).toBe(1);
    await order(1, 'ready');
    expect(await targetOf(feedId)).toBe(0);
  });

  test('a product that the feed no longer names is left, or set to 0 where the merchant says so and it was HFT71’s', async () => {
    await product(1, 'A', { stock: 5 });
    await product(2, 'MUG', { stock: 5 });
    await noteHft71Products(world.ledger, SHOP, await feed({ A: 5 }));
    const zero = { ...RULES, missing: 'zero' } as const;
    const first = await feed({ B: 1 });
    await noteHft71Products(world.ledger, SHOP, first);
    expect(await targetOf(first)).toBeUndefined();
    expect(await targetOf(first, 'A', zero)).toBeUndefined(); // one reading may have missed it
    const feedId = await feed({ B: 1 });
    expect(await targetOf(feedId, 'A', zero)).toBe(0);
    expect(await targetOf(feedId, 'MUG', zero)).toBeUndefined();
  });

  test('what a run may not write is no difference', async () => {
    await feed({ A: 1, B: 1, C: 1, D: 1, E: 1 });
    await product(1, 'A', { manages: 'no' });
    await product(2, 'B', { manages: 'parent', type: 'variation', parentId: 9 });
    await product(3, 'C', { type: 'variable' });
    await product(4, 'D');
    await product(5, 'D');
    await product(6, 'E');
    await sql(`update feed_sku set stock = null, fault = 'stock is negative' where sku = 'E'`);
    const how = { skus: null, readSince: LONG_AGO };
    expect(await compareStock(world.ledger, scope(RULES), how)).toEqual({ matched: 0, differences: [] });
  });
});

describe('stock runs', () => {
  const wantOne = () =>
    wantStockRun(world.ledger, {
      ...{ shopId: SHOP, actor: 'test', reason: null },
      options: { skus: null, dryRun: false, force: false },
    });
  const worker = (name: string) => ({ worker: name, leaseMs: 15_000 });

  test('one at a time per shop, by whatever worker, and the next waits for its end', async () => {
    const [first, second] = [await wantOne(), await wantOne()];
    expect((await takeWantedStockRun(world.ledger, SHOP, 60_000))?.runId).toBe(first);
    expect(await takeWantedStockRun(world.ledger, SHOP, 60_000)).toBeNull();
    const begun = await Promise.all([
      startStockRun(world.ledger, first, worker('one')),
      startStockRun(world.ledger, second, worker('two')),
    ]);
    expect(begun.filter((run) => run !== null)).toHaveLength(1);
    expect(await startStockRun(world.ledger, first, worker('three'))).toBeNull();
  });

  test('a run whose worker went away is broken off, and that worker writes no more for it', async () => {
    const runId = await wantOne();
    await startStockRun(world.ledger, runId, worker('asleep'));
    await sql(`update stock_run set lease_until = now() - interval '1 second', kind = 'scheduled'`);
    expect(await breakOffStaleRuns(world.ledger, SHOP)).toBe(1);
    expect(await keepStockRun(world.ledger, runId, worker('asleep'))).toBe(false);
    await endStockRun(world.ledger, runId, { worker: 'asleep', how: 'finished', failure: null });
    expect((await loadStockRun(world.ledger, runId))?.state).toBe('broken_off');
  });

  const plan = async (everyMs: number | null = 3_600_000) => {
    await planStockRuns(world.ledger, SHOP, { everyMs, uncheckedMs: 30_000 });
    return (await sql(`select kind from stock_run where state = 'wanted'`)).rows.map(
      (row) => (row as { kind: string }).kind,
    );
  };

  test('the schedule wants one when the last began an interval ago, sooner during a boost, at once after one broke off', async () => {
    expect(await plan(null)).toEqual([]);
    expect(await plan()).toEqual(['scheduled']);
    expect(await plan()).toEqual(['scheduled']);
    await sql(`update stock_run set state = 'finished', ended_at = now(), wanted_at = now() - interval '10 minutes'`);
    expect(await plan()).toEqual([]);
    await boostStock(world.ledger, SHOP, { everyMs: 300_000, forMs: 3_600_000 });
    expect(await plan()).toEqual(['scheduled']);
    await boostStock(world.ledger, SHOP, null);
    await sql(`update stock_run set state = 'broken_off', ended_at = now() - interval '6 seconds'`);
    expect(await plan()).toEqual(['scheduled']);
  });

  test('the schedule runs since it was switched on in a live shop, and anew after a while in which it did not', async () => {
    const since = async (everyMs: number | null = 3_600_000): Promise<unknown> => {
      await plan(everyMs);
      return (await sql('select stock_since from shop')).rows[0]?.['stock_since'];
    };
    expect(await since(null)).toBeNull();
    const begun = await since();
    expect(begun).toEqual(expect.any(Date));
    expect(await since()).toEqual(begun);
    await sql(`update shop set mode = 'shadow'`);
    expect(await since()).toBeNull();
    await sql(`update shop set mode = 'live'`);
    expect((await since()) as Date).not.toEqual(begun);
    expect(await since(null)).toBeNull();
  });

  test('a run that a person asked for begins anew after its worker went away, three times at most', async () => {
    const runId = await wantOne();
    for (const state of ['wanted', 'wanted', 'broken_off']) {
      await takeWantedStockRun(world.ledger, SHOP, 60_000);
      await startStockRun(world.ledger, runId, worker('one'));
      await sql(`update stock_run set lease_until = now() - interval '1 second'`);
      await breakOffStaleRuns(world.ledger, SHOP);
      expect((await loadStockRun(world.ledger, runId))?.state).toBe(state);
    }
  });

  test('a run that failed is left to its job’s next try', async () => {
    const runId = await wantOne();
    await takeWantedStockRun(world.ledger, SHOP, 60_000);
    await startStockRun(world.ledger, runId, worker('one'));
    await endStockRun(world.ledger, runId, { worker: 'one', how: 'wanted', failure: 'HTTP 500' });
    expect(await takeWantedStockRun(world.ledger, SHOP, 60_000)).toBeNull();
    expect(await startStockRun(world.ledger, runId, worker('two'))).not.toBeNull();
  });

  test('nothing is begun or written for a shop that is no longer live', async () => {
    const runId = await wantOne();
    await startStockRun(world.ledger, runId, worker('one'));
    await sql(`update shop set mode = 'shadow'`);
    expect(await keepStockRun(world.ledger, runId, worker('one'))).toBe(false);
    const second = await wantOne();
    await sql(`update stock_run set state = 'failed' where id = $1`, [runId]);
    expect(await startStockRun(world.ledger, second, worker('one'))).toBeNull();
  });

  test.each([
    ['the account’s breaker is open', `update account set breaker_state = 'open'`],
    ['the shop is not live', `update shop set mode = 'shadow'`],
  ])('nothing is wanted while %s', async (_why, how) => {
    await sql(how);
    expect(await plan()).toEqual([]);
  });

  test('a write of which nobody looked whether it overwrote a sale is looked at, by those SKUs alone whose orders moved', async () => {
    await product(1, 'A');
    await product(2, 'B');
    const readAt = new Date(Date.now() - 60_000);
    const item = (productId: number, sku: string) => ({
      ...{ productId, sku, before: 0, after: 5, hft71: 5, reserved: 0, safety: 0 },
      cause: 'hft71' as const,
    });
    const runId = await wantOne();
    await beginStockWrite(world.ledger, { shopId: SHOP, runId, readAt }, [item(1, 'A'), item(2, 'B'), item(3, 'C')]);
    await sql(`update stock_run set state = 'running', worker = 'w'`);
    await noteStockWritten(world.ledger, { shopId: SHOP, runId, worker: 'w' }, [item(1, 'A'), item(2, 'B')]);
    await sql(`update stock_run set state = 'finished', ended_at = now()`);
    await sql(`update stock_change set at = now() - interval '50 seconds'`);
    expect(await plan(null)).toEqual(['check']);
    await order(1, 'ready');
    const until = await ledgerNow(world.ledger);
    const suspects = await takeUncheckedStock(world.ledger, SHOP, until);
    expect(suspects.map(({ sku }) => sku).sort()).toEqual(['A', 'C']); // C: nobody knows whether it was written
    const left = await sql('select sku from stock_change where checked_at is null order by sku');
    expect(left.rows).toEqual([{ sku: 'A' }, { sku: 'C' }]);
  });
});
