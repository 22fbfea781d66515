import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '@relay/testing';
import type { Scenario } from '../run/scenario.js';
import { StockShop } from '../world/stock-shop.js';

/** A batch of a hundred took 1.3 to 1.8 s on a real shop: so long stands a figure between reading and write. */
const BATCH_MS = 1_500;
const CORRECTED_WITHIN_MS = 60_000;

/**
 * WooCommerce has no compare-and-set: a sale between the last reading and the write is overwritten. Each must be found from
 * its order and corrected. HFT71 takes no orders meanwhile, so that every sale is one that its figure does not know of.
 */
export const stockRaces: Scenario = {
  name: 'stock-races',
  what: 'sales fall at random moments of a stock run, some between its last reading and its write',
  limitSeconds: { quick: 120, full: 300 },
  async run(stage) {
    const { size, marks, openWorld, random, say } = stage;
    const world = await openWorld({ settings: { HFT71_STOCK_SYNC_ENABLED: 'on', HFT71_STOCK_INTERVAL: '1h' } });
    const { relay, sandbox } = world;
    const products = size(300, 1_000);
    await sandbox.makeProducts({ simple: products });
    await relay.startLive(2);
    const shop = new StockShop(world);
    await shop.firstRun();
    // Refused, so that every order stays one of which HFT71's figure does not know.
    await sandbox.faultOnSend({ kind: 'status', status: 422, body: { message: 'not today' } });
    await sandbox.fault({
      ...{ target: 'shop', kind: 'latency', delayMs: BATCH_MS },
      match: { method: 'POST', pathPattern: '/batch\\?' },
    });
    const ours = (await sandbox.products()).filter(({ sku }) => sku.startsWith('ZZ'));
    await sandbox.setHft71({ skus: Object.fromEntries(ours.map(({ sku }) => [sku, 80])) });

    const runId = await shop.ask();
    const sales = size(40, 200);
    await shop.reached(runId, ['shop', 'orders', 'write']); // its first reading of the shop
    const lastsMs = (products / 100) * BATCH_MS;
    const selling = Array.from({ length: sales }, async () => {
      await sleep(random.whole(0, lastsMs));
      const { id } = random.pick(ours);
      return sandbox.oneOrder({ overrides: { line_items: [{ product_id: id, quantity: 1 }] } });
    });
    const orderIds = await Promise.all(selling);
    const soldOutAt = Date.now();
    const run = await shop.ended(runId);
    say(
      `${sales} sales during the run: ${run.written} written, ${run.skipped} left as they had moved, ${run.raced} oversold and corrected`,
    );
    await relay.waitForState(orderIds, 'rejected: http-422', 60_000);

    // What moved before its batch is left for the next run; what was overwritten is corrected without one.
    await waitFor(async () => (await wrongAfterWrite(shop, orderIds)) === 0, {
      what: 'every overwritten sale to be corrected',
      timeoutMs: CORRECTED_WITHIN_MS,
      intervalMs: 500,
    }).catch(() => undefined);
    marks.atMost('secondsUntilCorrected', Math.max(0, Date.now() - soldOutAt) / 1_000, CORRECTED_WITHIN_MS / 1_000);
    marks.equal('overwrittenSalesLeft', await wrongAfterWrite(shop, orderIds), 0);
    marks.atLeast('racedAndCounted', await raced(shop), 1);
    marks.atLeast('leftSinceTheyMoved', run.skipped, 1);
    marks.equal('the run', run.state, 'finished');
    marks.equal('the next run', (await shop.run()).state, 'finished');
    marks.equal('differingInTheEnd', await differingFrom(shop, orderIds), 0);
  },
};

async function raced(shop: StockShop): Promise<number> {
  const [row] = await shop.world.relay.rows('select coalesce(sum(raced), 0)::int as raced from stock_run');
  return Number(row?.['raced']);
}

/** SKUs that a batch wrote and that show another figure than HFT71's less what was sold. */
async function wrongAfterWrite(shop: StockShop, orderIds: readonly number[]): Promise<number> {
  const written = await shop.world.relay.rows('select sku from stock_change');
  const wanted = await wantedFigures(shop, orderIds);
  const shown = await shop.figures();
  return written.filter((row) => shown.get(String(row['sku'])) !== wanted.get(String(row['sku']))).length;
}

async function differingFrom(shop: StockShop, orderIds: readonly number[]): Promise<number> {
  const [wanted, shown] = [await wantedFigures(shop, orderIds), await shop.figures()];
  return [...wanted].filter(([sku, figure]) => shown.has(sku) && shown.get(sku) !== figure).length;
}

/** By the sandbox's own account: HFT71's figure less what the shop's orders hold. */
async function wantedFigures(shop: StockShop, orderIds: readonly number[]): Promise<ReadonlyMap<string, number>> {
  const { sandbox } = shop.world;
  const figures = new Map(Object.entries(await sandbox.hft71Stock()));
  for (const orderId of orderIds)
    for (const { sku, quantity } of (await sandbox.shopOrder(orderId)).line_items)
      if (sku !== null && figures.has(sku)) figures.set(sku, Math.max(0, (figures.get(sku) ?? 0) - quantity));
  return figures;
}
