import { writeAuditOn } from './audit.js';
import { inTransaction, oneRow, type Ledger } from './connect.js';
import type { PersonsAct } from './hold-release.js';
import { wantWriteBack } from './want-write-back.js';

/**
 * Somebody removed `_hft71_order_id` in the shop, or restored the shop from a backup: the id is written once more, with
 * what is known of its status. A write-back that is under way does that anyway, and is left alone. The write-back itself
 * never replaces another id.
 * @returns null when HFT71 has no order of it that the ledger knows.
 */
export async function writeBackAgain(
  ledger: Ledger,
  order: { shopId: string; orderId: number; copy: number },
  by: PersonsAct,
): Promise<'armed' | 'under-way' | null> {
  return inTransaction(ledger, async (client) => {
    const params = [order.shopId, order.orderId, order.copy];
    // The order's row first, as receiveOrder and recordWrittenBack do.
    await client.query('select 1 from shop_order where shop_id = $1 and order_id = $2 for update', params.slice(0, 2));
    const sent = await oneRow<{ underWay: boolean }>(
      client,
      `select exists (select 1 from intent w where w.shop_id = i.shop_id and w.order_id = i.order_id and w.copy = i.copy
                      and w.kind = 'write_back' and w.state = 'ready') as "underWay"
       from intent i where i.shop_id = $1 and i.order_id = $2 and i.copy = $3 and i.kind in ('send_order', 'reprint')
         and i.state in ('sent', 'written_back', 'adopted') and i.hft71_order_id is not null`,
      params,
    );
    if (sent === null) return null;
    if (sent.underWay) return 'under-way';
    await client.query(
      wantWriteBack(
        `(select shop_id, order_id, account_id, copy from intent where shop_id = $1 and order_id = $2 and copy = $3
          and kind in ('send_order', 'reprint') and hft71_order_id is not null) sent`,
      ),
      params,
    );
    await writeAuditOn(client, {
      ...by,
      action: 'orders write-back',
      subject: `${order.shopId}/${order.orderId}`,
      ...(order.copy > 1 ? { details: { copy: order.copy } } : {}),
    });
    return 'armed';
  });
}
