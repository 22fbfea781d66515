import { CallFailure, type ShopOrder } from '@relay/core';
import { KEEPS_CHANGING, UNSORTED } from './walk-failures.js';
import { keyGmt, keyWindow, type WalkKey } from './walk-key.js';
import { idsOf, type WalkLister } from './walk-lister.js';

const MOST_PASSES = 10;
/** Where no total tells the end: 20,000 orders at 100 a page. */
const MOST_PAGES_WITHOUT_TOTAL = 200;

export interface ReadOrders {
  readonly orders: readonly ShopOrder[];
  readonly unreadableIds: readonly number[];
}

/** Both ends are outside; null is without end. */
export interface KeyWindow {
  readonly afterGmt: string | null;
  readonly beforeGmt: string | null;
}

/**
 * All orders of a window by offset, for where the key cannot tell them apart or shows none to go on from. Sorted by id,
 * which is unique: among equal times the database may answer in another order each time. An order that leaves the
 * window moves those behind it forward, past the offset: then the pass is made again.
 *
 * Only orders inside the window are taken, so that one which changes meanwhile is met again at its new time.
 */
export async function* readByOffset(
  lister: WalkLister,
  key: WalkKey,
  window: KeyWindow,
  exclude: readonly number[] = [],
): AsyncGenerator<ReadOrders, void, undefined> {
  await lister.learnPageSize();
  const query = { ...keyWindow(key, window.afterGmt, window.beforeGmt), exclude, orderBy: 'id', order: 'asc' } as const;
  let metBefore: ReadonlySet<number> | null = null;

  for (let pass = 1; pass <= MOST_PASSES; pass++) {
    const totals = new Set<number | null>();
    const met = new Set<number>();
    for (let offset = 0, pages = 1; ; pages++) {
      if (offset > 0) await lister.checkOffset();
      const page = await lister.list({ ...query, offset });
      totals.add(page.total);
      const orders = page.orders.filter((order) => isInside(window, keyGmt(key, order)));
      if (orders.length + page.unreadableIds.length > 0) yield { orders, unreadableIds: page.unreadableIds };

      idsOf(page).forEach((id) => met.add(id));

      // Never further than what was surely on the page, even if some of it was not shown.
      offset += lister.safeStep;
      if (page.total === null ? page.entries === 0 : offset >= page.total) break;
      if (page.total === null && pages >= MOST_PAGES_WITHOUT_TOTAL) throw new CallFailure(UNSORTED);
    }
    // Without totals, that nothing left shows in a second pass that meets the same orders.
    const isSteady = totals.size === 1 && (!totals.has(null) || (metBefore !== null && areEqual(met, metBefore)));
    if (isSteady) return;
    metBefore = met;
  }
  throw new CallFailure(KEEPS_CHANGING);
}

function isInside({ afterGmt, beforeGmt }: KeyWindow, gmt: string): boolean {
  return (afterGmt === null || gmt > afterGmt) && (beforeGmt === null || gmt < beforeGmt);
}

function areEqual(a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  return a.size === b.size && [...a].every((id) => b.has(id));
}
