import { wantStockRun, loadStockRun, type StockRun } from '@relay/ledger';
import { waitFor } from '@relay/testing';
import { startWorld, stopWorldsLeft, type World } from './testing/world.js';

afterAll(stopWorldsLeft);

const SKU = 'GL64000-00001-0046';
const OTHER = 'GL64000-00001-0048';

async function stockWorld(settings: Record<string, string> = {}): Promise<World> {
  const world = await startWorld({
    settings: {
      HFT71_STOCK_SYNC_ENABLED: 'on',
      HFT71_STOCK_INTERVAL: '1h',
      HFT71_STOCK_MOST_ZEROED: '10%',
      ...settings,
    },
  });
  await world.startLive();
  return world;
}

async function run(world: World, options: Partial<StockRun['options']> = {}): Promise<StockRun> {
  const runId = await wantStockRun(world.ledger, {
    shopId: 'main',
    options: { skus: null, dryRun: false, force: false, ...options },
    actor: 'test',
    reason: null,
  });
  return waitFor(
    async () => {
      const found = await loadStockRun(world.ledger, runId);
      return found !== null && found.state !== 'wanted' && found.state !== 'running' ? found : null;
    },
    { what: 'the stock run to end', timeoutMs: 40_000 },
  );
}

async function firstRun(world: World): Promise<void> {
  await waitFor(async () => (await world.rows(`select 1 from stock_run where state = 'finished'`)).length > 0, {
    what: 'the first scheduled run',
    timeoutMs: 40_000,
  });
}

async function writeCalls(world: World): Promise<number> {
  const requests = await world.sandbox.requests('shop');
  return requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/batch')).length;
}

describe('a stock run', () => {
  let world: World;
  beforeAll(async () => {
    world = await stockWorld();
    await firstRun(world);
  });

  test('makes the shop show HFT71’s figures, those of variations too, and leaves alone what is not HFT71’s', async () => {
    const hft71 = await world.sandbox.hft71Stock();
    for (const { sku, stock, type } of await world.sandbox.products()) {
      if (type === 'variable') continue;
      if (sku.startsWith('MUG')) expect({ sku, stock }).toEqual({ sku, stock: 500 });
      else expect({ sku, stock }).toEqual({ sku, stock: hft71[sku] });
    }
  });

  test('writes nothing when nothing differs', async () => {
    const before = await writeCalls(world);
    const { state, differences, writeCalls: calls } = await run(world);
    expect({ state, differences, calls }).toEqual({ state: 'finished', differences: 0, calls: 0 });
    expect(await writeCalls(world)).toBe(before);
  });

  test('writes what differs in one batch, with HFT71’s own figure beside it', async () => {
    const { [SKU]: one = 0, [OTHER]: two = 0 } = await world.sandbox.hft71Stock();
    await world.sandbox.setHft71({ skus: { [SKU]: one + 3, [OTHER]: two + 4 } });
    expect(await run(world)).toMatchObject({ state: 'finished', differences: 2, written: 2, writeCalls: 1 });
    expect(await world.sandbox.stockOf(SKU)).toBe(one + 3);
    expect(await world.sandbox.stockOf(OTHER)).toBe(two + 4);
    const [change] = await world.rows(`select cause, hft71, after from stock_change where sku = '${SKU}'`);
    expect(change).toEqual({ cause: 'hft71', hft71: one + 3, after: one + 3 });
  });

  test('keeps back what is in orders that HFT71 has not accepted', async () => {
    await world.sandbox.faultOnSend({ kind: 'status', status: 422 }); // refused: the order waits for a person
    const product = (await world.sandbox.products()).find(({ sku }) => sku === SKU);
    const line = { product_id: product?.id, quantity: 5 };
    const orderId = await world.sandbox.oneOrder({ overrides: { line_items: [line] } });
    await world.waitForState(orderId, 'rejected: http-422');
    const { [SKU]: hft71 = 0 } = await world.sandbox.hft71Stock();
    expect(await world.sandbox.stockOf(SKU)).toBe(hft71 - 5);
    expect(await run(world)).toMatchObject({ state: 'finished', differences: 0 });
    await world.sandbox.clearFaults();
    await world.sandbox.edit(orderId, { status: 'cancelled' }); // the shop gives the pieces back
    await world.waitForState(orderId, 'cancelled: cancelled');
    expect(await run(world)).toMatchObject({ state: 'finished', differences: 0 });
    expect(await world.sandbox.stockOf(SKU)).toBe(hft71);
  });

  test('tells in a dry run what it would write, and writes nothing', async () => {
    const { [SKU]: hft71 = 0 } = await world.sandbox.hft71Stock();
    await world.sandbox.setHft71({ skus: { [SKU]: hft71 + 1 } });
    expect(await run(world, { dryRun: true })).toMatchObject({ state: 'finished', differences: 1, written: 0 });
    expect(await world.sandbox.stockOf(SKU)).toBe(hft71);
    expect(await run(world)).toMatchObject({ written: 1 });
  });

  test('leaves alone what is sold between the comparison and the write, and sets it right in the next run', async () => {
    const { [SKU]: one = 0, [OTHER]: two = 0 } = await world.sandbox.hft71Stock();
    await world.sandbox.setHft71({ skus: { [SKU]: one + 7, [OTHER]: two + 7 } });
    const product = (await world.sandbox.products()).find(({ sku }) => sku === OTHER);
    // The sweep of the orders lies between the two readings of the shop's figures.
    const slowSweep = { method: 'GET', pathPattern: '/orders\\?' };
    const slow = await world.sandbox.fault({ target: 'shop', kind: 'latency', delayMs: 1_500, match: slowSweep });
    const running = run(world, { skus: [SKU, OTHER] });
    await waitFor(async () => (await world.rows(`select 1 from stock_run where step = 'orders'`)).length > 0, {
      what: 'the sweep of the run',
    });
    await world.sandbox.oneOrder({ overrides: { line_items: [{ product_id: product?.id, quantity: 2 }] } });
    await world.sandbox.removeFault(slow);
    expect(await running).toMatchObject({ state: 'finished', written: 1, skipped: 1 });
    expect(await world.sandbox.stockOf(OTHER)).toBe(two - 2);
    await run(world);
    const now = await world.sandbox.hft71Stock();
    expect(await world.sandbox.stockOf(SKU)).toBe(now[SKU]);
    expect(await world.sandbox.stockOf(OTHER)).toBeLessThanOrEqual(now[OTHER] as number);
  });

  test('finds a sale that its write overwrote from the order, and corrects it', async () => {
    const { [SKU]: one = 0 } = await world.sandbox.hft71Stock();
    await world.sandbox.setHft71({ skus: { [SKU]: one + 11 } });
    const product = (await world.sandbox.products()).find(({ sku }) => sku === SKU);
    await world.sandbox.faultOnSend({ kind: 'status', status: 422 }); // the order stays where HFT71's figure does not know of it
    const slow = { method: 'POST', pathPattern: '/products/batch' };
    await world.sandbox.fault({ target: 'shop', kind: 'latency', delayMs: 1_500, match: slow, times: 1 });
    const running = run(world, { skus: [SKU] });
    await waitFor(
      async () => (await world.rows(`select 1 from stock_run where state = 'running' and write_calls = 1`)).length > 0,
      { what: 'the batch to be on its way', intervalMs: 20 },
    );
    const orderId = await world.sandbox.oneOrder({
      overrides: { line_items: [{ product_id: product?.id, quantity: 3 }] },
    });
    expect(await running).toMatchObject({ state: 'finished', raced: 1 });
    await world.waitForState(orderId, 'rejected: http-422');
    expect(await world.sandbox.stockOf(SKU)).toBe(one + 11 - 3);
    await world.sandbox.clearFaults();
    await world.sandbox.edit(orderId, { status: 'cancelled' });
    await world.waitForState(orderId, 'cancelled: cancelled');
  });

  test('refuses to set many products to 0, and does so when a person forces it', async () => {
    const hft71 = await world.sandbox.hft71Stock();
    const some = Object.fromEntries(
      Object.keys(hft71)
        .filter((sku) => sku.startsWith('GL18000'))
        .map((sku) => [sku, 0]),
    );
    const before = await writeCalls(world);
    await world.sandbox.setHft71({ skus: some });
    const refused = await run(world);
    expect(refused.state).toBe('refused');
    expect(refused.failure).toMatch(/^9 of 66 SKUs would be set to 0, and HFT71_STOCK_MOST_ZEROED allows 6/);
    expect(await writeCalls(world)).toBe(before);
    expect(
      await world.rows(`select 1 from alert where kind = 'stock-run-refused' and resolved_at is null`),
    ).toHaveLength(1);
    expect(await run(world, { force: true })).toMatchObject({ state: 'finished', written: 9 });
    expect(
      await world.rows(`select 1 from alert where kind = 'stock-run-refused' and resolved_at is null`),
    ).toHaveLength(0);
  });

  test('believes no empty feed, none that broke off, and none that lacks many SKUs: the one before stays', async () => {
    const before = await writeCalls(world);
    const [{ id: feed } = {}] = await world.rows('select current_feed_id::text as id from account');
    for (const [feedFault, failure] of [
      [{ endsInPage: 0 }, /empty stock feed/],
      [{ endsInPage: 1 }, /has 100 SKUs where the one before had 246/],
    ] as const) {
      await world.sandbox.setHft71({ feed: feedFault });
      const refused = await run(world);
      expect(refused.state).toBe('refused');
      expect(refused.failure).toMatch(failure);
    }
    await world.sandbox.setHft71({ feed: { endsInPage: null } });
    const [{ id: after } = {}] = await world.rows('select current_feed_id::text as id from account');
    expect(after).toBe(feed);
    expect(await writeCalls(world)).toBe(before);
  });

  test('believes no figure that is no whole number from 0 on, nor an absurd one', async () => {
    const absurd = ['many', -4, 1.5, 1_000_000_000, null, { of: 3 }];
    const skus = (await world.sandbox.products())
      .filter(({ sku }) => sku.startsWith('GL05000'))
      .slice(0, absurd.length);
    const figures = Object.fromEntries(skus.map(({ sku }, index) => [sku, absurd[index]]));
    await world.sandbox.setHft71({ feed: { figures } });
    expect(await run(world)).toMatchObject({ state: 'finished', differences: 0, errors: 0 });
    const faults = await world.rows(`select fault from feed_sku where fault is not null order by fault`);
    expect(faults.map(({ fault }) => fault)).toEqual([
      'no stock figure',
      'stock is 1000000000, more than HFT71_STOCK_LARGEST=1000000',
      'stock is a string, not a number',
      'stock is an object, not a number',
      'stock is negative',
      'stock is not a whole number',
    ]);
    await world.sandbox.setHft71({ feed: { figures: {} } });
    for (const { sku, stock } of skus) expect(await world.sandbox.stockOf(sku)).toBe(stock);
  });
});
