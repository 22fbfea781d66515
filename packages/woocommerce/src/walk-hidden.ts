import { CallFailure } from '@relay/core';
import { plusSeconds } from './gmt-seconds.js';
import type { OrderPage } from './shop-client.js';
import { UNREADABLE_PAGE } from './walk-failures.js';
import { keyGmt, keyOrder, keyWindow, type WalkKey } from './walk-key.js';
import { idsOf, type WalkLister } from './walk-lister.js';
import { readByOffset, type ReadOrders } from './walk-offset.js';

/**
 * Gets past a page without one order to read the key of, though the list goes on: the shop could not load them (they are
 * counted and not shown), or nobody can read them. The next order that shows is found by offset; all up to its second
 * are then read by offset too, since equal times may come in another order each time.
 * @returns the second up to which all has been read; null when that was the list's end.
 * @throws CallFailure where it cannot be known what lies behind.
 */
export async function* passHidden(
  lister: WalkLister,
  key: WalkKey,
  afterGmt: string | null,
  total: number | null,
): AsyncGenerator<ReadOrders, string | null, undefined> {
  if (total === null) throw new CallFailure(UNREADABLE_PAGE);
  const nextGmt = await nextThatShows(lister, key, afterGmt, total);
  yield* readByOffset(lister, key, { afterGmt, beforeGmt: nextGmt === null ? null : plusSeconds(nextGmt, 1) });
  return nextGmt;
}

async function nextThatShows(lister: WalkLister, key: WalkKey, afterGmt: string | null, total: number) {
  const query = { ...keyOrder(key), ...keyWindow(key, afterGmt) };
  await lister.learnPageSize();
  await lister.checkOffset();
  for (let offset = lister.safeStep; offset < total; offset += lister.safeStep) {
    const [first] = (await lister.list({ ...query, offset })).orders;
    if (first !== undefined) return keyGmt(key, first);
  }
  return null;
}

/**
 * For a short page without a total, which a cap on `per_page` and orders that do not load make look like the list's end:
 * whether the list, from its other end and without this page, shows nothing.
 */
export async function isEndWithoutTotal(
  lister: WalkLister,
  key: WalkKey,
  afterGmt: string | null,
  page: OrderPage,
): Promise<boolean> {
  const rest = { ...keyOrder(key), ...keyWindow(key, afterGmt), order: 'desc', exclude: idsOf(page) } as const;
  return (await lister.list(rest)).entries === 0;
}
