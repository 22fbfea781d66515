import { compareStock, ledgerNow, noteStockChecked, noteStockProblems, takeUncheckedStock } from '@relay/ledger';
import type { StockScope } from '@relay/ledger';
import type { StockContext, StockShop } from './context.js';
import { patiently } from './patiently.js';
import { readSkus } from './read-shop-side.js';
import type { RunProgress } from './run-progress.js';
import { writeDifferences } from './write-differences.js';

/** A correction may itself be overtaken by a sale: it is looked again, so often. What is left then is the next run's. */
const ROUNDS = 5;
/** SKUs of one look: a list of the shop. */
const AT_ONCE = 100;

interface Looking {
  readonly runId: string;
  readonly scope: StockScope;
  readonly run: RunProgress;
}

/**
 * WooCommerce has no compare-and-set: a sale between the last reading of a product and the write is overwritten. Its
 * order tells (design decision 10): after a sweep of the orders, products that were written and whose orders moved since
 * the reading are read once more, and corrected where they differ; so are those of which nobody knows whether they were
 * written.
 */
export async function checkOversold(ctx: StockContext, shop: StockShop, looking: Looking): Promise<void> {
  const { run } = looking;
  for (let round = 1; ; round++) {
    await run.tell('check');
    const until = await ledgerNow(ctx.ledger);
    await patiently(ctx.sweepOrders, run.isOver);
    const suspects = await takeUncheckedStock(ctx.ledger, shop.id, until);
    if (suspects.length === 0) return;
    const ids = suspects.map(({ productId }) => productId);
    if (round > ROUNDS) {
      // A plugin that rounds, an item that the shop refuses: the next run tries again, and the drift list shows it.
      const problem = `it still differed after ${ROUNDS} looks`;
      await noteStockProblems(
        ctx.ledger,
        shop.id,
        ids.map((productId) => ({ productId, problem })),
      );
      return noteStockChecked(ctx.ledger, shop.id, ids, until);
    }
    for (let start = 0; start < suspects.length; start += AT_ONCE)
      await checkSome(ctx, shop, { ...looking, until }, suspects.slice(start, start + AT_ONCE));
  }
}

async function checkSome(
  ctx: StockContext,
  shop: StockShop,
  { runId, scope, run, until }: Looking & { readonly until: Date },
  suspects: readonly { readonly productId: number; readonly sku: string }[],
): Promise<void> {
  const skus = suspects.map(({ sku }) => sku);
  const readSince = await ledgerNow(ctx.ledger);
  await readSkus(ctx.ledger, shop, skus, run.isOver);
  run.figures.calls += 1;
  // Sales up to this reading are in the ledger before it is judged.
  await patiently(ctx.sweepOrders, run.isOver);
  const { differences } = await compareStock(ctx.ledger, scope, { skus, readSince });
  await writeDifferences(ctx, shop, differences, { runId, scope, run, cause: 'raced' });
  const differing = new Set(differences.map(({ productId }) => productId));
  await noteStockChecked(
    ctx.ledger,
    shop.id,
    suspects.map(({ productId }) => productId).filter((id) => !differing.has(id)),
    until,
  );
}
