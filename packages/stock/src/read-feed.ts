import { CallFailure } from '@relay/core';
import { addFeedPage, beginFeed, dropFeed, feedSizes, finishFeed, type FeedEntry } from '@relay/ledger';
import type { StockPage } from '@relay/hft71';
import type { FeedContext, FeedShop } from './context.js';
import { patiently } from './patiently.js';
import { mostOf } from './most-of.js';

/** The feed came, and is not to be believed: the one before stays. A person may force it. */
export class FeedRefused extends Error {
  override readonly name = 'FeedRefused';
}

export interface ReadFeed {
  readonly feedId: string;
  readonly pages: number;
  readonly skus: number;
  readonly faults: number;
  readonly armedAgain: number;
}

/**
 * Reads HFT71's complete stock feed. It counts only when it came to its end: a feed that breaks off, is empty, or lacks
 * many SKUs of the one before leaves that one in place.
 * @param force take it though it lacks many SKUs. @param onPage told how far it has come; false ends the reading.
 * @throws FeedRefused, and CallFailure where it broke off.
 */
export async function readStockFeed(
  ctx: FeedContext,
  shop: FeedShop,
  {
    force = false,
    isOver = () => false,
    onPage,
  }: {
    force?: boolean;
    isOver?: () => boolean;
    onPage?: (soFar: { pages: number; skus: number }) => Promise<void>;
  } = {},
): Promise<ReadFeed> {
  const feedId = await beginFeed(ctx.ledger, shop.accountId);
  let pages = 0;
  let skus = 0;
  let faults = 0;
  try {
    const eachPage = (read: () => Promise<StockPage | null>) => patiently(read, isOver);
    for await (const page of shop.hft71.reading('stock').stockFeed({ eachPage })) {
      const entries = entriesOf(page, shop.stock.largest);
      pages += 1;
      await addFeedPage(ctx.ledger, feedId, entries, pages);
      skus += entries.filter(({ stock }) => stock !== null).length;
      faults += page.entries - entries.filter(({ stock }) => stock !== null).length;
      await onPage?.({ pages, skus });
    }
  } catch (error) {
    await dropFeed(ctx.ledger, feedId);
    if (error instanceof CallFailure) throw new FeedBrokeOff(error, pages);
    throw error;
  }
  const sizes = await feedSizes(ctx.ledger, shop.accountId, feedId);
  const refusal = refusalOf(sizes, shop.stock.mostZeroed, force);
  if (refusal !== null) {
    await dropFeed(ctx.ledger, feedId);
    throw new FeedRefused(refusal);
  }
  const armedAgain = await finishFeed(ctx.ledger, shop.accountId, feedId, shop.sendableStatuses);
  if (armedAgain > 0) {
    ctx.log.warn('orders are HFT71’s by the new stock feed and were not by the one before', {
      shop: shop.id,
      orders: armedAgain,
    });
    ctx.onReceived?.();
  }
  return { feedId, pages, skus: sizes.skus, faults, armedAgain };
}

/** A page could not be read: class and codes as the page's, and which page it was. */
export class FeedBrokeOff extends CallFailure {
  constructor(failure: CallFailure, pagesRead: number) {
    const { target, action, failure: failureClass, status, code, retryAfterMs } = failure;
    const hint = `the stock feed broke off at page ${pagesRead + 1}: the one before stays`;
    super({ target, action, failure: failureClass, status, code, retryAfterMs, hint });
  }
}

/** An entry whose figure cannot be believed still says that HFT71 has the SKU. One without a SKU says nothing. */
function entriesOf({ rows, faults }: StockPage, largest: number): FeedEntry[] {
  return [
    ...rows.map(({ sku, stock }) =>
      stock > largest
        ? { sku, stock: null, fault: `stock is ${stock}, more than HFT71_STOCK_LARGEST=${largest}` }
        : { sku, stock },
    ),
    ...faults.flatMap(({ sku, fault }) => (sku === null ? [] : [{ sku, stock: null, fault }])),
  ];
}

function refusalOf(
  { skus, before }: { skus: number; before: number | null },
  mostMissing: number,
  force: boolean,
): string | null {
  if (skus === 0) return 'HFT71 answered an empty stock feed: the one before stays';
  if (before === null || force) return null;
  const missing = before - skus;
  const most = mostOf(before, mostMissing);
  return missing <= most
    ? null
    : `the stock feed has ${skus} SKUs where the one before had ${before}: more than ${most} fewer are not believed, and the one before stays`;
}
