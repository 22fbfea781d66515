import { CallFailure } from '@relay/core';
import {
  addFeedPage,
  beginFeed,
  currentFeed,
  dropFeed,
  feedSizes,
  finishFeed,
  raiseAlert,
  resolveAlerts,
  type FeedEntry,
  type FeedSizes,
} from '@relay/ledger';
import type { StockPage } from '@relay/hft71';
import type { FeedContext, FeedShop } from './context.js';
import { patiently } from './patiently.js';
import { mostOf } from './most-of.js';

/** The feed came, and is not to be believed: the one before stays. A person may force it. */
export class FeedRefused extends CallFailure {
  constructor(readonly why: string) {
    super({ target: 'hft71', action: 'stock_sync', failure: 'unavailable', code: 'feed-refused', hint: why });
  }
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
    await raiseAlert(ctx.ledger, { kind: FEED_ALERT, severity: 2, subject: shop.id, message: refusal });
    throw new FeedRefused(refusal);
  }
  const armedAgain = await finishFeed(ctx.ledger, shop.accountId, feedId, shop.sendableStatuses);
  await resolveAlerts(ctx.ledger, [FEED_ALERT], shop.id);
  if (armedAgain === null) return currentReading(ctx, shop, faults);
  if (armedAgain > 0) {
    ctx.log.warn('orders are HFT71’s by the new stock feed and were not by the one before', {
      shop: shop.id,
      orders: armedAgain,
    });
    ctx.onReceived?.();
  }
  return { feedId, pages, skus: sizes.skus, faults, armedAgain };
}

const FEED_ALERT = 'stock feed refused';

/** Another reading that began later was complete first: that one counts. */
async function currentReading(ctx: FeedContext, shop: FeedShop, faults: number): Promise<ReadFeed> {
  const feed = await currentFeed(ctx.ledger, shop.accountId);
  if (feed === null) throw new FeedRefused('the stock feed was overtaken, and none is complete');
  return { feedId: feed.id, pages: feed.pages, skus: feed.skus, faults, armedAgain: 0 };
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

function refusalOf({ skus, faults, before, missing }: FeedSizes, mostMissing: number, force: boolean): string | null {
  if (skus === 0) return 'HFT71 answered an empty stock feed: the one before stays';
  if (force) return null;
  const mostFaults = mostOf(skus, mostMissing);
  if (faults > mostFaults)
    return `${faults} of ${skus} figures of the stock feed cannot be believed, more than ${mostFaults}: the one before stays`;
  if (before === null) return null;
  const most = mostOf(before, mostMissing);
  return missing <= most
    ? null
    : `the stock feed lacks ${missing} of the ${before} SKUs of the one before: more than ${most} are not believed, and the one before stays`;
}
