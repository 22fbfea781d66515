import { CallFailure } from '@relay/core';
import { z } from 'zod';
import { STOCK_PAGE_ENTRIES, STOCK_PATH } from './assumptions.js';
import type { StockFault, StockFeedOptions, StockPage, StockRow } from './hft71-client.js';
import type { Reader } from './reads.js';

const stockEntries = z.array(z.unknown());

/** @param page from 1. */
export async function stockPage(reader: Reader, page: number, count: number): Promise<StockPage> {
  const call = { action: 'stock_sync', path: STOCK_PATH, query: { page, count } };
  const answer = await reader.get(call);
  const entries = stockEntries.safeParse(answer.json).data;
  if (entries === undefined) throw reader.unreadable(call, answer);
  const judged = entries.map(judgeEntry);
  return {
    rows: judged.filter((entry) => 'stock' in entry),
    faults: judged.filter((entry) => 'fault' in entry),
    entries: entries.length,
  };
}

/**
 * A page shorter than `count` is not trusted to be the last one (that it is, is assumed): a host that gives less than was
 * asked for would end the feed at its first page. The feed ends with an empty page, with one that is not there, or where
 * the short page comes again.
 */
export async function* stockFeed(
  reader: Reader,
  { count = STOCK_PAGE_ENTRIES, eachPage = (read) => read() }: StockFeedOptions = {},
): AsyncGenerator<StockPage, void, undefined> {
  let before = { shown: '', isShort: false };
  for (let page = 1; ; page++) {
    const afterShort = before.isShort;
    const found = await eachPage(() => pageOrEnd(reader, page, count, afterShort));
    if (found === null || (found.entries === 0 && page > 1)) return;
    const shown = JSON.stringify([found.rows, found.faults]);
    if (found.entries > 0 && shown === before.shown) {
      if (before.isShort) return;
      // A host that ignores `page` would give the first one for ever.
      throw new CallFailure({
        target: 'hft71',
        action: 'stock_sync',
        failure: 'unavailable',
        code: 'page-repeats',
        hint: 'HFT71 answers the same stock page again: the feed has no end',
      });
    }
    yield found;
    if (found.entries === 0) return;
    before = { shown, isShort: found.entries < count };
  }
}

/** @returns null where HFT71 says that there is no such page, after a short one. */
async function pageOrEnd(reader: Reader, page: number, count: number, afterShort: boolean): Promise<StockPage | null> {
  try {
    return await stockPage(reader, page, count);
  } catch (error) {
    const isPastTheEnd = error instanceof CallFailure && (error.status === 404 || error.status === 400);
    if (afterShort && isPastTheEnd) return null;
    throw error;
  }
}

/** A batch in the shop takes `"x"` for 0: nothing but a whole number that is not negative goes on from here. */
function judgeEntry(entry: unknown): StockRow | StockFault {
  const { sku, stock } =
    z.object({ sku: z.unknown().optional(), stock: z.unknown().optional() }).safeParse(entry).data ?? {};
  if (typeof sku !== 'string' || sku.trim() === '') return { sku: null, fault: 'no SKU' };
  if (stock === undefined || stock === null) return { sku, fault: 'no stock figure' };
  if (typeof stock !== 'number')
    return { sku, fault: `stock is ${typeof stock === 'object' ? 'an' : 'a'} ${typeof stock}, not a number` };
  if (!Number.isSafeInteger(stock)) return { sku, fault: 'stock is not a whole number' };
  if (stock < 0) return { sku, fault: 'stock is negative' };
  return { sku, stock };
}
