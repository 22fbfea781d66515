import { CallFailure, type ShopOrder } from '@relay/core';
import { gmtOf, gmtText, plusSeconds } from './gmt-seconds.js';
import { keyGmt, keyOrder, keyWindow, type OrderLister, type WalkKey } from './walk-key.js';
import { readSecond } from './walk-second.js';

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
  let startedGmt: string | null = null;
  let greatest = from;
  const pages = walkByKey(client, 'modified', plusSeconds(from, -1), options);
  for await (const { orders, unreadableIds, lastKeyGmt, serverDate } of pages) {
    startedGmt ??= gmtOf(serverDate);
    if (lastKeyGmt > greatest) greatest = lastKeyGmt < startedGmt ? lastKeyGmt : later(from, startedGmt);
    if (orders.length + unreadableIds.length > 0) yield { orders, unreadableIds, greatestModifiedGmt: greatest };
    if (lastKeyGmt > startedGmt) return;
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
  for await (const { orders, unreadableIds } of walkByKey(client, 'created', null, { ...options, status: statuses })) {
    if (orders.length + unreadableIds.length > 0) yield { orders, unreadableIds };
  }
}

interface KeyPage {
  /** Without those that this walk has shown in the same version. */
  readonly orders: readonly ShopOrder[];
  readonly unreadableIds: readonly number[];
  readonly lastKeyGmt: string;
  readonly serverDate: Date;
}

/** @param afterGmt null begins with the oldest order of all. */
async function* walkByKey(
  client: OrderLister,
  key: WalkKey,
  afterGmt: string | null,
  { status, perPage = 100 }: WalkOptions & { readonly status?: readonly string[] },
): AsyncGenerator<KeyPage, void, undefined> {
  const shown = new Map<number, string>();
  const onlyNew = (orders: readonly ShopOrder[]) =>
    orders.filter((order) => {
      const version = key === 'modified' ? order.dateModifiedGmt : '';
      if (shown.get(order.id) === version) return false;
      shown.set(order.id, version);
      return true;
    });
  const common = { perPage, ...(status === undefined ? {} : { status }) };

  for (let after = afterGmt; ;) {
    const page = await client.listOrders({ ...common, ...keyOrder(key), ...keyWindow(key, after) });
    const { orders, unreadableIds, serverDate } = page;
    const [first, last] = [orders[0], orders.at(-1)];
    if (first === undefined || last === undefined) {
      // A whole page without one order to read the key of: going on is impossible, and ending here would lose the rest.
      if (page.entries >= perPage) throw new CallFailure(UNREADABLE_PAGE);
      if (unreadableIds.length > 0) yield { orders, unreadableIds, lastKeyGmt: after ?? '', serverDate };
      return;
    }
    const lastKeyGmt = keyGmt(key, last);
    const fresh = onlyNew(orders);
    yield { orders: fresh, unreadableIds, lastKeyGmt, serverDate };
    // A page may be short because the shop dropped orders that it could not load itself: then its total says so, and the
    // walk goes on until a page brings nothing new.
    if (page.entries < perPage && ((page.total ?? 0) <= page.entries || fresh.length === 0)) return;

    const reached: string = after ?? '';
    if (page.entries >= perPage && keyGmt(key, first) === lastKeyGmt) {
      // One second fills the page: the key cannot tell its orders apart.
      for await (const further of readSecond(client, key, lastKeyGmt, common, orders)) {
        yield { orders: onlyNew(further.orders), unreadableIds: further.unreadableIds, lastKeyGmt, serverDate };
      }
      after = lastKeyGmt;
    } else {
      // The last second of a full page may go on beyond it: it is read again from its beginning.
      after = plusSeconds(lastKeyGmt, -1);
    }
    if (after <= reached) {
      if (page.entries < perPage) return; // the short page again: its total counts what the shop cannot show
      throw new CallFailure(UNSORTED);
    }
  }
}

const UNREADABLE_PAGE = {
  target: 'shop',
  action: 'list_orders',
  failure: 'misconfigured',
  code: 'unreadable-page',
  hint: 'The shop shows a whole page of orders that cannot be read: does a plugin change the API?',
} as const;

/** Without this a shop that ignores `orderby` or the filter would be walked for ever. */
const UNSORTED = {
  target: 'shop',
  action: 'list_orders',
  failure: 'misconfigured',
  code: 'unsorted-list',
  hint: 'The shop does not sort or filter its orders as asked: does a plugin change the API?',
} as const;

function later(a: string, b: string): string {
  return a > b ? a : b;
}
