import { stockLateAfterMs } from '@relay/core';
import { stockFacts } from '@relay/ledger';
import type { OpenLedger } from './examine-postgres.js';
import type { ExaminedShop } from './examined-shop.js';
import { spanOf } from './examine-work.js';
import type { Examination } from './examination.js';

/** Whether the stock follows, and both intervals that the plugin had: of stock and of statuses. */
export async function examineStock(
  exam: Examination,
  { ledger }: Pick<OpenLedger, 'ledger'>,
  { id, settings: { hft71 } }: Pick<ExaminedShop, 'id' | 'settings'>,
): Promise<void> {
  const name = `shop ${id}: stock and polling`;
  const { stockSync, stockIntervalMs, pollIntervalMs, pollIntervalWithWebhooksMs } = hft71;
  const polled = `statuses are polled every ${spanOf(pollIntervalMs)}, or ${spanOf(pollIntervalWithWebhooksMs)} while HFT71’s webhook calls`;
  const intervals = `stock is compared every ${spanOf(stockIntervalMs)}, ${polled}`;
  if (!stockSync) return exam.skipped(name, `HFT71_STOCK_SYNC_ENABLED is off; ${polled}`);
  const stock = await stockFacts(ledger, id, stockIntervalMs);
  if (stock === null)
    return exam.skipped(name, `no stock is written yet: the shop is not live, or has just become it; ${intervals}`);
  const { ageMs, lastAt } = stock;
  const lastText = lastAt === null ? 'there was none' : `the last was at ${lastAt.toISOString()}`;
  if (ageMs <= stockLateAfterMs(stockIntervalMs)) return exam.ok(name, `${lastText}; ${intervals}`);
  exam.found(name, 'stock-late', {
    what: `The shop’s stock was not brought to HFT71’s for ${spanOf(ageMs)}: it may sell what HFT71 does not have`,
    toDo: 'See `relay stock report` for what became of the last runs, then `relay stock sync`.',
    evidence: [`Of the good runs that compared everything ${lastText}`, intervals],
  });
}
