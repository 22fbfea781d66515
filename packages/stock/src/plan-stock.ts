import {
  breakOffStaleRuns,
  planStockRuns,
  takeWantedStockRun,
  undoStockDispatch,
  type Ledger,
  type StockDispatch,
} from '@relay/ledger';
import type { StockSettings } from './context.js';

/** A job that was lost comes again after so long; a run that began keeps a lease of its own. */
const DISPATCH_LEASE_MS = 60_000;
/** A run looks by itself for overwritten sales, at the latest every 20 s: what is older was left by a killed one. */
const UNCHECKED_MS = 30_000;

/** Plans a shop's stock runs, and hands the next one out. To be called every second or so, by any number of workers. */
export async function planStock(
  ledger: Ledger,
  shop: { readonly id: string; readonly stock: StockSettings },
  add: (run: StockDispatch) => Promise<void>,
): Promise<void> {
  await breakOffStaleRuns(ledger, shop.id);
  const everyMs = shop.stock.enabled ? shop.stock.everyMs : null;
  await planStockRuns(ledger, shop.id, { everyMs, uncheckedMs: UNCHECKED_MS });
  const taken = await takeWantedStockRun(ledger, shop.id, DISPATCH_LEASE_MS);
  if (taken === null) return;
  try {
    await add(taken);
  } catch (error) {
    await undoStockDispatch(ledger, taken);
    throw error;
  }
}
