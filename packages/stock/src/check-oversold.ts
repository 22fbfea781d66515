import { ledgerNow, noteStockChecked, stockDifferences, takeUncheckedStock } from '@relay/ledger';
import type { StockContext, StockShop } from './context.js';
import { readSkus } from './read-shop-side.js';
import type { RunProgress } from './run-progress.js';
import { writeDifferences } from './write-differences.js';

/** A correction may itself be overtaken by a sale: it is looked again, so often. What is left then is the next run's. */
const ROUNDS = 5;
/** SKUs of one look: a list of the shop. */
const AT_ONCE = 100;

/**
 * WooCommerce has no compare-and-set: a sale between the last reading of a product and the write is overwritten. Its
 * order tells (design decision 10): after a sweep of the orders, products that were written and whose orders moved since
 * the reading are read once more, and corrected where they differ.
 */
export async function checkOversold(
  ctx: StockContext,
  shop: StockShop,
  { runId, feedId, run }: { runId: string; feedId: string; run: RunProgress },
): Promise<void> {
  for (let round = 1; round <= ROUNDS; round++) {
    await run.tell('check');
    const until = await ledgerNow(ctx.ledger);
    await ctx.sweepOrders();
    const suspects = await takeUncheckedStock(ctx.ledger, shop.id, until);
    if (suspects.length === 0) return;
    for (let start = 0; start < suspects.length; start += AT_ONCE)
      await checkSome(ctx, shop, { runId, feedId, run, until }, suspects.slice(start, start + AT_ONCE));
  }
}

async function checkSome(
  ctx: StockContext,
  shop: StockShop,
  { runId, feedId, run, until }: { runId: string; feedId: string; run: RunProgress; until: Date },
  suspects: readonly { readonly productId: number; readonly sku: string }[],
): Promise<void> {
  const skus = suspects.map(({ sku }) => sku);
  const readSince = await ledgerNow(ctx.ledger);
  await readSkus(ctx.ledger, shop, skus, run.isOver);
  run.figures.calls += 1;
  // Sales up to this reading are in the ledger before it is judged.
  await ctx.sweepOrders();
  const scope = { shopId: shop.id, accountId: shop.accountId, feedId };
  const differences = await stockDifferences(ctx.ledger, scope, shop.stock.rules, { skus, readSince });
  await writeDifferences(ctx, shop, differences, { runId, run, cause: 'raced' });
  const differing = new Set(differences.map(({ productId }) => productId));
  await noteStockChecked(
    ctx.ledger,
    shop.id,
    suspects.map(({ productId }) => productId).filter((id) => !differing.has(id)),
    until,
  );
}
