import { plusSeconds } from './gmt-seconds.js';
import { keyGmt, keyOrder, keyWindow, type WalkKey } from './walk-key.js';
import { idsOf, type WalkLister } from './walk-lister.js';
import { readByOffset, type ReadOrders } from './walk-offset.js';

/** An address line may have 8 kB on common servers; the signature and the other parameters need the rest. */
const LONGEST_EXCLUDE_CHARS = 5600;
const LONGEST_EXCLUDE_IDS = 700;

/**
 * The further orders of one second that fills a page (an import, a bulk edit): first by leaving out those already seen;
 * by offset where that list grows too long, where the shop ignores it, and where what is left does not show. Only orders
 * of this very second are taken, so that an order which is left out here and changes meanwhile is met again at its new
 * time.
 */
export async function* readSecond(
  lister: WalkLister,
  key: WalkKey,
  secondGmt: string,
  alreadySeen: ReadOrders,
): AsyncGenerator<ReadOrders, void, undefined> {
  const window = { afterGmt: plusSeconds(secondGmt, -1), beforeGmt: plusSeconds(secondGmt, 1) };
  const query = { ...keyOrder(key), ...keyWindow(key, window.afterGmt, window.beforeGmt) };
  const seen = new Set(idsOf(alreadySeen));

  while (fitsIntoAddress([...seen])) {
    const page = await lister.list({ ...query, exclude: [...seen] });
    const read = {
      orders: page.orders.filter((order) => keyGmt(key, order) === secondGmt),
      unreadableIds: page.unreadableIds,
    };
    const seenBefore = seen.size;
    idsOf(read).forEach((id) => seen.add(id));
    if (idsOf(read).length > 0) yield read;
    if (await lister.isWhole(page)) return;
    // Without a total nobody can know of orders that do not show: an empty page is the end.
    if (page.total === null && page.entries === 0) return;
    if (seen.size === seenBefore) {
      // More is there, and asking so again would bring the same. Entries that were to be left out: `exclude` is ignored.
      yield* readByOffset(lister, key, window, page.entries === 0 ? [...seen] : []);
      return;
    }
  }
  yield* readByOffset(lister, key, window, longestThatFits([...seen]));
}

function fitsIntoAddress(ids: readonly number[]): boolean {
  return ids.length <= LONGEST_EXCLUDE_IDS && ids.join(',').length <= LONGEST_EXCLUDE_CHARS;
}

function longestThatFits(ids: readonly number[]): number[] {
  let count = Math.min(ids.length, LONGEST_EXCLUDE_IDS);
  while (!fitsIntoAddress(ids.slice(0, count))) count -= 1;
  return ids.slice(0, count);
}
