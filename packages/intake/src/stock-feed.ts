import { addFeedPage, beginFeed, finishFeed } from '@relay/ledger';
import type { IntakeContext, IntakeShop } from './context.js';

/**
 * Reads HFT71's complete stock feed, for `HFT71_LINES=feed`. It counts only when it came to its end: a feed that breaks
 * off leaves the one before in place.
 */
export async function readStockFeed(
  ctx: IntakeContext,
  shop: IntakeShop,
): Promise<{ skus: number; faults: number; armedAgain: number }> {
  const feedId = await beginFeed(ctx.ledger, shop.accountId);
  let skus = 0;
  let faults = 0;
  for await (const page of shop.hft71.stockFeed()) {
    // An entry with a stock that cannot be believed still says that HFT71 has the SKU.
    const doubtful = page.faults.flatMap(({ sku }) => (sku === null ? [] : [{ sku, stock: 0 }]));
    await addFeedPage(ctx.ledger, feedId, [...page.rows, ...doubtful]);
    skus += page.rows.length;
    faults += page.faults.length;
  }
  if (skus === 0) throw new Error('HFT71 answered an empty stock feed: the one before stays');
  const armedAgain = await finishFeed(ctx.ledger, shop.accountId, feedId, shop.sendableStatuses);
  if (armedAgain > 0) {
    ctx.log.warn('orders are HFT71’s by the new stock feed and were not by the one before', {
      shop: shop.id,
      orders: armedAgain,
    });
    ctx.onReceived?.();
  }
  return { skus, faults, armedAgain };
}
