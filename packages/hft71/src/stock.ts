import { CallFailure } from '@relay/core';
import { z } from 'zod';
import { STOCK_PAGE_ENTRIES, STOCK_PATH } from './assumptions.js';
import type { StockFault, StockPage, StockRow } from './hft71-client.js';
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

export async function* stockFeed(
  reader: Reader,
  count: number = STOCK_PAGE_ENTRIES,
): AsyncGenerator<StockPage, void, undefined> {
  let before: string | null = null;
  for (let page = 1; ; page++) {
    const found = await stockPage(reader, page, count);
    const shown = JSON.stringify([found.rows, found.faults]);
    // A host that ignores `page` would give the first one for ever.
    if (found.entries > 0 && shown === before)
      throw new CallFailure({
        target: 'hft71',
        action: 'stock_sync',
        failure: 'unavailable',
        code: 'page-repeats',
        hint: 'HFT71 answers the same stock page again: the feed has no end',
      });
    before = shown;
    yield found;
    if (found.entries < count) return;
  }
}

/** A batch in the shop takes `"x"` for 0: nothing but a whole number that is not negative goes on from here. */
function judgeEntry(entry: unknown): StockRow | StockFault {
  const { sku, stock } =
    z.object({ sku: z.unknown().optional(), stock: z.unknown().optional() }).safeParse(entry).data ?? {};
  if (typeof sku !== 'string' || sku.trim() === '') return { sku: null, fault: 'no SKU' };
  if (stock === undefined || stock === null) return { sku, fault: 'no stock figure' };
  if (typeof stock !== 'number') return { sku, fault: `stock is a ${typeof stock}, not a number` };
  if (!Number.isSafeInteger(stock)) return { sku, fault: 'stock is not a whole number' };
  if (stock < 0) return { sku, fault: 'stock is negative' };
  return { sku, stock };
}
