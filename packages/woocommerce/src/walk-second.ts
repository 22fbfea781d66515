import { CallFailure, type ShopOrder } from '@relay/core';
import { plusSeconds } from './gmt-seconds.js';
import type { OrderQuery } from './shop-client.js';
import { keyGmt, keyOrder, keyWindow, type OrderLister, type WalkKey } from './walk-key.js';

/** An address line may have 8 kB on common servers; the signature and the other parameters need the rest. */
const LONGEST_EXCLUDE_CHARS = 5600;
const LONGEST_EXCLUDE_IDS = 700;
const MOST_PASSES = 10;

/**
 * The further orders of one second that fills a page (an import, a bulk edit): first by leaving out those already seen;
 * where that list grows too long, by offset behind it. Only orders of this very second are taken, so that an order
 * which is left out here and changes meanwhile is met again at its new time.
 */
export async function* readSecond(
  client: OrderLister,
  key: WalkKey,
  secondGmt: string,
  common: OrderQuery & { readonly perPage: number },
  seenOrders: readonly ShopOrder[],
): AsyncGenerator<{ orders: ShopOrder[]; unreadableIds: readonly number[] }, void, undefined> {
  const query = { ...common, ...keyWindow(key, plusSeconds(secondGmt, -1), plusSeconds(secondGmt, 1)) };
  const seen = new Set(seenOrders.map((order) => order.id));
  const ofThisSecond = (orders: readonly ShopOrder[]) => orders.filter((order) => keyGmt(key, order) === secondGmt);

  while (fitsIntoAddress([...seen])) {
    const page = await client.listOrders({ ...query, ...keyOrder(key), exclude: [...seen] });
    const { unreadableIds } = page;
    const orders = ofThisSecond(page.orders);
    if (orders.length + unreadableIds.length > 0) yield { orders, unreadableIds };
    for (const id of [...orders.map((order) => order.id), ...unreadableIds]) seen.add(id);
    if (orders.length + unreadableIds.length < common.perPage) return;
  }

  const exclude = longestThatFits([...seen]);
  // By id, which is unique: among equal times the database may answer in another order each time.
  const byId = { ...query, exclude, orderBy: 'id', order: 'asc' } as const;
  for (let pass = 1; pass <= MOST_PASSES; pass++) {
    const totals = new Set<number | null>();
    for (let offset = 0; ; offset += common.perPage) {
      const page = await client.listOrders({ ...byId, offset });
      totals.add(page.total);
      const orders = ofThisSecond(page.orders);
      if (orders.length + page.unreadableIds.length > 0) yield { orders, unreadableIds: page.unreadableIds };
      if (page.entries < common.perPage) break;
    }
    // An order that left the second moved those behind it forward, past the offset: then the pass is made again.
    if (totals.size <= 1) return;
  }
  throw new CallFailure({
    target: 'shop',
    action: 'list_orders',
    failure: 'retry-later',
    code: 'list-keeps-changing',
  });
}

function fitsIntoAddress(ids: readonly number[]): boolean {
  return ids.length <= LONGEST_EXCLUDE_IDS && ids.join(',').length <= LONGEST_EXCLUDE_CHARS;
}

function longestThatFits(ids: readonly number[]): number[] {
  let count = Math.min(ids.length, LONGEST_EXCLUDE_IDS);
  while (!fitsIntoAddress(ids.slice(0, count))) count -= 1;
  return ids.slice(0, count);
}
