import { CallFailure, stockBatches, type StockBatch } from '@relay/core';
import {
  beginStockWrite,
  lastStockChanges,
  ledgerNow,
  noteStockProblems,
  noteStockWritten,
  type StockCause,
  type StockDifference,
  type StockScope,
  wantedOf,
  type WrittenStock,
} from '@relay/ledger';
import type { BatchedItem } from '@relay/woocommerce';
import type { StockContext, StockShop } from './context.js';
import { patiently } from './patiently.js';
import { readSkus } from './read-shop-side.js';
import type { RunProgress } from './run-progress.js';

/** So many failed batches in a row end a run: the shop does not take them now. */
const FAILED_BATCHES = 3;

/** So long may the last reading be ago when the batch leaves: a process that slept meanwhile knows nothing any more. */
const READING_HOLDS_MS = 5_000;

export interface Writing {
  readonly runId: string;
  readonly scope: StockScope;
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
      // While the shop's budget is used up, or it throttles, nothing was written: the batch waits, and is read anew.
      await patiently(() => writeBatch(ctx, shop, batch, writing), writing.run.isOver, { tries: 1 });
      failedInARow = 0;
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error;
      failedInARow += 1;
      writing.run.figures.errors += batch.items.length;
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
  { runId, run, cause, scope }: Writing,
): Promise<void> {
  const { figures } = run;
  const skus = batch.items.map(({ sku }) => sku);
  // Before the reading: an order that comes into the ledger from here on may be of a sale that this write overwrites.
  const readAt = await ledgerNow(ctx.ledger);
  const readMs = performance.now();
  const shown = new Map((await readSkus(ctx.ledger, shop, skus, run.isOver)).map((product) => [product.id, product]));
  // Orders of another shop may have come since the comparison, and a newer feed.
  const wanted = new Map((await wantedOf(ctx.ledger, scope, skus)).map((item) => [item.productId, item]));
  figures.calls += 1;
  const still = batch.items.flatMap(({ productId, parentId, shop: before }) => {
    const [product, item] = [shown.get(productId), wanted.get(productId)];
    const isAsCompared =
      product?.manages === 'yes' && product.parentId === parentId && product.stock === before && item !== undefined;
    return isAsCompared && item.target !== before ? [item] : [];
  });
  figures.skipped += batch.items.length - still.length;
  if (still.length === 0) return;
  const last = await lastStockChanges(
    ctx.ledger,
    shop.id,
    still.map(({ productId }) => productId),
  );
  const writes = still.map((item) => ({
    ...item,
    ...{ before: item.shop, after: item.target },
    cause: cause ?? causeOf(item, last.get(item.productId)),
  }));
  figures.calls += 1;
  figures.writeCalls += 1;
  await run.tell('write');
  await beginStockWrite(ctx.ledger, { shopId: shop.id, runId, readAt }, writes);
  if (performance.now() - readMs > READING_HOLDS_MS) {
    figures.calls -= 1;
    figures.writeCalls -= 1;
    figures.skipped += still.length; // looked at as if it had been written: it is read again
    return;
  }
  const answers = await shop.woocommerce.writeStock(
    batch.parentId,
    writes.map(({ productId, after, hft71 }) => ({ id: productId, quantity: after, available: hft71 })),
  );
  await noteAnswers(ctx, shop.id, { writes, answers, runId, cause }, run);
}

interface Answered {
  readonly writes: readonly WrittenStock[];
  readonly answers: readonly BatchedItem[];
  readonly runId: string;
  readonly cause: StockCause | null;
}

/** 200 says nothing of the items: each stands for itself. */
async function noteAnswers(
  ctx: StockContext,
  shopId: string,
  { writes, answers, runId, cause }: Answered,
  run: RunProgress,
): Promise<void> {
  const written: WrittenStock[] = [];
  const problems: { productId: number; problem: string }[] = [];
  writes.forEach((item, index) => {
    const { productId, after } = item;
    const { error, stock } = answers[index] as BatchedItem;
    if (error !== null) problems.push({ productId, problem: error });
    else if (stock !== after) problems.push({ productId, problem: `the shop shows ${stock ?? 'none'} afterwards` });
    else written.push(item);
  });
  await noteStockWritten(ctx.ledger, { shopId, runId, worker: ctx.worker }, written);
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
