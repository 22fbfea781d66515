import { CallFailure, stockBatches, type StockBatch } from '@relay/core';
import {
  lastStockChanges,
  ledgerNow,
  noteStockProblems,
  noteStockWritten,
  type StockCause,
  type StockDifference,
  type WrittenStock,
} from '@relay/ledger';
import type { BatchedItem } from '@relay/woocommerce';
import type { StockContext, StockShop } from './context.js';
import { readSkus } from './read-shop-side.js';
import type { RunProgress } from './run-progress.js';

/** So many failed batches in a row end a run: the shop does not take them now. */
const FAILED_BATCHES = 3;

export interface Writing {
  readonly runId: string;
  readonly run: RunProgress;
  /** null: told by comparing with the last write. */
  readonly cause: StockCause | null;
  /** Made between batches. */
  readonly between?: () => Promise<void>;
}

/**
 * Writes the differences, those that sell most first. Before each batch its products are read once more: what moved since
 * the comparison was sold or changed meanwhile, is left alone, and comes again in the next run.
 * @throws CallFailure when the shop takes none of several batches in a row.
 */
export async function writeDifferences(
  ctx: StockContext,
  shop: StockShop,
  differences: readonly StockDifference[],
  writing: Writing,
): Promise<void> {
  let failedInARow = 0;
  for (const batch of stockBatches(differences)) {
    try {
      await writeBatch(ctx, shop, batch, writing);
      failedInARow = 0;
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error;
      failedInARow += 1;
      writing.run.figures.errors += batch.items.length;
      // Written or not: the shop's answer would have said.
      await noteStockProblems(
        ctx.ledger,
        shop.id,
        batch.items.map(({ productId }) => ({ productId, problem: error.message })),
      );
      if (failedInARow >= FAILED_BATCHES || error.failure === 'unauthorized' || error.failure === 'read-only')
        throw error;
    }
    await writing.run.tell('write');
    await writing.between?.();
  }
}

async function writeBatch(
  ctx: StockContext,
  shop: StockShop,
  batch: StockBatch<StockDifference>,
  { runId, run, cause }: Writing,
): Promise<void> {
  const { figures } = run;
  // Before the reading: an order that comes into the ledger from here on may be of a sale that this write overwrites.
  const readAt = await ledgerNow(ctx.ledger);
  const skus = batch.items.map(({ sku }) => sku);
  const now = new Map((await readSkus(ctx.ledger, shop, skus, run.isOver)).map((product) => [product.id, product]));
  figures.calls += 1;
  const still = batch.items.filter(({ productId, parentId, shop: before }) => {
    const product = now.get(productId);
    return (
      product !== undefined && product.manages === 'yes' && product.parentId === parentId && product.stock === before
    );
  });
  figures.skipped += batch.items.length - still.length;
  if (still.length === 0) return;
  figures.calls += 1;
  figures.writeCalls += 1;
  await run.tell('write');
  const answers = await shop.woocommerce.writeStock(
    batch.parentId,
    still.map(({ productId, target, hft71 }) => ({ id: productId, quantity: target, available: hft71 })),
  );
  await noteAnswers(ctx, shop.id, { still, answers, runId, readAt, cause }, run);
}

interface Answered {
  readonly still: readonly StockDifference[];
  readonly answers: readonly BatchedItem[];
  readonly runId: string;
  readonly readAt: Date;
  readonly cause: StockCause | null;
}

/** 200 says nothing of the items: each stands for itself. */
async function noteAnswers(
  ctx: StockContext,
  shopId: string,
  { still, answers, runId, readAt, cause }: Answered,
  run: RunProgress,
): Promise<void> {
  const last = await lastStockChanges(
    ctx.ledger,
    shopId,
    still.map(({ productId }) => productId),
  );
  const written: WrittenStock[] = [];
  const problems: { productId: number; problem: string }[] = [];
  still.forEach((item, index) => {
    const { productId, sku, shop: before, target, hft71, reserved, safety } = item;
    const { error, stock } = answers[index] as BatchedItem;
    if (error !== null) problems.push({ productId, problem: error });
    else if (stock !== target) problems.push({ productId, problem: `the shop shows ${stock ?? 'none'} afterwards` });
    else
      written.push({
        ...{ productId, sku, before, after: target, hft71, reserved, safety },
        cause: cause ?? causeOf(item, last.get(productId)),
      });
  });
  await noteStockWritten(ctx.ledger, { shopId, runId, readAt }, written);
  await noteStockProblems(ctx.ledger, shopId, problems);
  run.figures.written += written.length;
  run.figures.errors += problems.length;
  if (cause === 'raced') run.figures.raced += written.length;
  if (problems.length > 0)
    ctx.log.warn('the shop did not take some stock figures', { shop: shopId, products: problems.slice(0, 20) });
}

/** What is another than at the last write of this product. */
function causeOf(
  { hft71, reserved, safety }: StockDifference,
  last: { hft71: number | null; reserved: number; safety: number } | undefined,
): StockCause {
  if (last === undefined) return 'first';
  if (hft71 === null) return 'missing';
  if (hft71 !== last.hft71) return 'hft71';
  if (reserved !== last.reserved) return 'orders';
  if (safety !== last.safety) return 'safety';
  return 'shop';
}
