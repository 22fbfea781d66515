import { CallFailure, type ShopOrder } from '@relay/core';
import { gmtText, plusSeconds } from './gmt-seconds.js';
import { UNSORTED } from './walk-failures.js';
import { isEndWithoutTotal, passHidden } from './walk-hidden.js';
import { keyGmt, keyOrder, keyWindow, type OrderLister, type WalkKey } from './walk-key.js';
import { WalkLister } from './walk-lister.js';
import type { ReadOrders } from './walk-offset.js';
import { readSecond } from './walk-second.js';

/** Longer than a call may last. */
const SETTLED_AFTER_S = 60;

export interface ModifiedWalkPage {
  readonly orders: readonly ShopOrder[];
  readonly unreadableIds: readonly number[];
  /**
   * Greatest `dateModifiedGmt` so far, but never after the shop's clock at the walk's start: an order dated in the
   * future must not carry the mark beyond what is still to come. A mark may move here once the walk has ended.
   */
  readonly greatestModifiedGmt: string;
}

export interface StatusWalkPage {
  readonly orders: readonly ShopOrder[];
  readonly unreadableIds: readonly number[];
}

export interface WalkOptions {
  /** 1 … 100. Default 100. */
  readonly perPage?: number;
}

/**
 * All orders modified at `fromGmt` or later, oldest change first; what changes while the walk lasts may come again, or
 * in the next walk. Ends by itself on a shop that never rests: at the first page that reaches past the walk's start.
 *
 * Walks by key and never asks for page 2: a page shifts when an order in front of it changes.
 * @throws CallFailure; the walk is then not complete.
 */
export async function* walkModifiedSince(
  client: OrderLister,
  fromGmt: string,
  options: WalkOptions & { readonly status?: readonly string[] } = {},
): AsyncGenerator<ModifiedWalkPage, void, undefined> {
  const from = gmtText(fromGmt);
  let greatest = from;
  const lister = new WalkLister(client, options);
  for await (const { orders, unreadableIds } of onlyNew(
    'modified',
    walkByKey(lister, 'modified', plusSeconds(from, -1)),
  )) {
    const { startedGmt } = lister;
    for (const { dateModifiedGmt } of orders) {
      if (dateModifiedGmt > greatest)
        greatest = dateModifiedGmt < startedGmt ? dateModifiedGmt : later(from, startedGmt);
    }
    yield { orders, unreadableIds, greatestModifiedGmt: greatest };
  }
}

/**
 * All orders that are in one of `statuses` when the walk begins and stay there, whatever their age, oldest first; each
 * once. Complete even while others leave the status, since no page is counted.
 * @throws CallFailure; the walk is then not complete.
 */
export async function* walkByStatus(
  client: OrderLister,
  statuses: readonly string[],
  options: WalkOptions = {},
): AsyncGenerator<StatusWalkPage, void, undefined> {
  if (statuses.length === 0) return; // the shop would take it for "every status"
  yield* onlyNew('created', walkByKey(new WalkLister(client, { ...options, status: statuses }), 'created', null));
}

/**
 * May show an order several times. Each round moves `after` on by a second at least, so that no answer of the shop can
 * make the walk endless.
 * @param afterGmt null begins with the oldest order of all.
 */
async function* walkByKey(
  lister: WalkLister,
  key: WalkKey,
  afterGmt: string | null,
): AsyncGenerator<ReadOrders, void, undefined> {
  for (let after = afterGmt; ;) {
    const page = await lister.list({ ...keyOrder(key), ...keyWindow(key, after) });
    yield page;
    // What changed after the walk's start is the next walk's.
    if (key === 'modified' && isAllAfter(key, page.orders, lister.startedGmt)) return;
    // A full page goes on even where its total says no: the next call shows whether the shop sorts.
    if (page.entries < lister.perPage) {
      if (await lister.isWhole(page)) return;
      if (page.total === null && (await isEndWithoutTotal(lister, key, after, page))) return;
    }

    const [first] = page.orders;
    const last = lastSettled(key, page.orders, lister.startedGmt);
    if (first === undefined || last === undefined) {
      const reached = yield* passHidden(lister, key, after, page.total);
      if (reached === null) return;
      after = reached;
      continue;
    }
    const lastGmt = keyGmt(key, last);
    if (after !== null && lastGmt <= after) throw new CallFailure(UNSORTED);
    // The last second may go on beyond the page: it is read again from its beginning, if that is progress.
    const again = plusSeconds(lastGmt, -1);
    if (keyGmt(key, first) !== lastGmt && (after === null || again > after)) {
      after = again;
    } else {
      // One second fills the page: the key cannot tell its orders apart.
      yield* readSecond(lister, key, lastGmt, page);
      after = lastGmt;
    }
  }
}

/**
 * The order whose key says how far the page reaches. The shop sorts first and loads then: an order that changed in
 * between stands at its old place with its new time, and going on from there would leap over all that lies between.
 * In the last minute before the walk a leap costs nothing: the next walk's overlap covers it.
 */
function lastSettled(key: WalkKey, orders: readonly ShopOrder[], startedGmt: string): ShopOrder | undefined {
  const limit = plusSeconds(startedGmt, -SETTLED_AFTER_S);
  return orders.findLast((order) => key === 'created' || keyGmt(key, order) <= limit) ?? orders.at(-1);
}

function isAllAfter(key: WalkKey, orders: readonly ShopOrder[], gmt: string): boolean {
  return orders.length > 0 && orders.every((order) => keyGmt(key, order) > gmt);
}

/** Leaves out what this walk has shown in the same version. */
async function* onlyNew(key: WalkKey, pages: AsyncIterable<ReadOrders>): AsyncGenerator<ReadOrders, void, undefined> {
  const shown = new Map<number, string>();
  for await (const { orders, unreadableIds } of pages) {
    const fresh = orders.filter((order) => {
      const version = key === 'modified' ? order.dateModifiedGmt : '';
      if (shown.get(order.id) === version) return false;
      shown.set(order.id, version);
      return true;
    });
    if (fresh.length + unreadableIds.length > 0) yield { orders: fresh, unreadableIds };
  }
}

function later(a: string, b: string): string {
  return a > b ? a : b;
}
