import { CallFailure } from '@relay/core';
import {
  catalogueAgeMs,
  compareStock,
  countStockAnew,
  currentFeed,
  endStockRun,
  ledgerNow,
  raiseAlert,
  resolveAlerts,
  startStockRun,
  type StockDifference,
  type StockRun,
  type StockScope,
} from '@relay/ledger';
import { checkOversold } from './check-oversold.js';
import type { StockContext, StockShop } from './context.js';
import { mostOf } from './most-of.js';
import { ourSkus } from './our-skus.js';
import { patiently } from './patiently.js';
import { FeedRefused, readStockFeed } from './read-feed.js';
import { readShopSide } from './read-shop-side.js';
import { refreshCatalogue } from './refresh-catalogue.js';
import { RunEnded, RunProgress, STOCK_LEASE_MS } from './run-progress.js';
import { writeDifferences } from './write-differences.js';

/** The run would do more than the merchant's limits allow: nothing was written. */
class RunRefused extends Error {
  override readonly name = 'RunRefused';
}

/** Sales that were overwritten are looked for during a long run too: they are corrected within a minute. */
const CHECK_EVERY_MS = 20_000;

export type StockRunEnd = 'not now' | 'finished' | 'refused' | 'broken_off';

/**
 * One run, from HFT71's feed to the last look for overwritten sales (design decision 10). Safe to be killed anywhere: what
 * is not written then differs still, and the next run finds it.
 * @param isLastTry of its job: a fault fails the run now. Before, it is wanted again.
 * @throws CallFailure where it could not be made.
 */
export async function runStock(
  ctx: StockContext,
  shop: StockShop,
  runId: string,
  { isLastTry }: { isLastTry: boolean },
): Promise<StockRunEnd> {
  const { worker } = ctx;
  const row = await startStockRun(ctx.ledger, runId, { worker, leaseMs: STOCK_LEASE_MS });
  if (row === null) return 'not now';
  const run = new RunProgress(ctx, runId);
  run.start();
  const end = async (how: Parameters<typeof endStockRun>[2]['how'], failure: string | null) => {
    await run.tell().catch(() => undefined); // the last figures; whose run it is, the next statement asks by itself
    await endStockRun(ctx.ledger, runId, { worker, how, failure });
  };
  try {
    await (row.kind === 'check' ? checkOnly(ctx, shop, row, run) : wholeRun(ctx, shop, row, run));
    await end('finished', null);
    ctx.log.info('stock run finished', { shop: shop.id, run: runId, ...run.figures });
    return 'finished';
  } catch (error) {
    if (error instanceof RunEnded) {
      // Stopped, or another worker's by now: what is left is the next run's.
      await end('broken_off', 'its worker stopped');
      return 'broken_off';
    }
    const failure = error instanceof FeedRefused ? error.why : error instanceof Error ? error.message : String(error);
    if (error instanceof RunRefused || error instanceof FeedRefused) {
      await end('refused', failure);
      if (error instanceof RunRefused) await raise(ctx, shop, 'stock run refused', failure);
      return 'refused';
    }
    await end(isLastTry ? 'failed' : 'wanted', error instanceof CallFailure ? failure : 'unexpected: see the log');
    if (isLastTry) await raise(ctx, shop, 'stock run failed', failure);
    throw error;
  } finally {
    run.stop();
  }
}

async function wholeRun(ctx: StockContext, shop: StockShop, row: StockRun, run: RunProgress): Promise<void> {
  const { options } = row;
  const { ledger } = ctx;
  const isWhole = options.skus === null && !options.dryRun;
  const { feedId } = await readStockFeed(ctx, shop, {
    // A part of the SKUs, or a dry run, is no reason to take a feed that is not believed.
    force: options.force && isWhole,
    isOver: run.isOver,
    onPage: async ({ pages, skus }) => {
      Object.assign(run.figures, { pages, skus, calls: pages });
      await run.tell('feed');
    },
  });
  const ageMs = await catalogueAgeMs(ledger, shop.id);
  if (ageMs === null || ageMs > shop.stock.catalogueEveryMs) {
    await refreshCatalogue(ledger, shop, feedId, run);
    await patiently(ctx.seeOrdersOnHold, run.isOver);
    await countStockAnew(ledger);
  }

  const readSince = await ledgerNow(ledger);
  await readShopSide(ledger, shop, { feedId, skus: options.skus }, run);
  // After the reading: a sale that it shows is in the ledger before it is judged, and one that comes later moves the figure.
  await run.tell('orders');
  await patiently(ctx.sweepOrders, run.isOver);

  const scope: StockScope = { shopId: shop.id, accountId: shop.accountId, rules: shop.stock.rules };
  const startedMs = performance.now();
  const compared = await compareStock(ledger, scope, { skus: options.skus, readSince });
  run.figures.diffMs = Math.round(performance.now() - startedMs);
  const isOurs = ourSkus(shop.lines);
  const differences = compared.differences.filter(({ sku }) => isOurs(sku));
  run.figures.matched = compared.matched;
  run.figures.differences = differences.length;
  await run.tell('write');
  if (options.dryRun) return;
  if (!options.force) refuseTooMuch(shop, compared.matched, differences);

  const looking = { runId: row.id, scope, run };
  let checkedMs = performance.now();
  await writeDifferences(ctx, shop, differences, {
    ...{ ...looking, cause: null },
    between: async () => {
      if (performance.now() - checkedMs < CHECK_EVERY_MS) return;
      await checkOversold(ctx, shop, looking);
      checkedMs = performance.now();
    },
  });
  await checkOversold(ctx, shop, looking);
  if (isWhole) await resolveAlerts(ledger, ['stock run refused', 'stock run failed'], shop.id);
}

/** Only the look for overwritten sales: the run that wrote did not come to it. */
async function checkOnly(ctx: StockContext, shop: StockShop, row: StockRun, run: RunProgress): Promise<void> {
  const scope = { shopId: shop.id, accountId: shop.accountId, rules: shop.stock.rules };
  if ((await currentFeed(ctx.ledger, shop.accountId)) !== null)
    await checkOversold(ctx, shop, { runId: row.id, scope, run });
}

const BY_FORCE = 'nothing was written. Where it is right: relay stock sync --force --reason …';

function refuseTooMuch({ stock }: StockShop, matched: number, differences: readonly StockDifference[]): void {
  const zeroed = differences.filter(({ shop, target }) => target === 0 && (shop ?? 0) > 0).length;
  const mostZeroed = mostOf(matched, stock.mostZeroed);
  const mostChanged = mostOf(matched, stock.mostChanged);
  if (zeroed > mostZeroed)
    throw new RunRefused(
      `${zeroed} of ${matched} SKUs would be set to 0, and HFT71_STOCK_MOST_ZEROED allows ${mostZeroed}: ${BY_FORCE}`,
    );
  if (differences.length > mostChanged)
    throw new RunRefused(
      `${differences.length} of ${matched} SKUs would be changed, and HFT71_STOCK_MOST_CHANGED allows ${mostChanged}: ${BY_FORCE}`,
    );
}

async function raise(ctx: StockContext, shop: StockShop, kind: string, message: string): Promise<void> {
  ctx.log.error('the shop’s stock was not brought up to date', { shop: shop.id, why: message });
  await raiseAlert(ctx.ledger, { kind, severity: 2, subject: shop.id, message });
}
