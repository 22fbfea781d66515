import { isAnothersId } from './identity.js';
import { oneRow, type Ledger } from './connect.js';

/**
 * Notes on the shop's order about what became of it. Each is committed as made before it is made: one too few is better
 * than the same one twice.
 */

/** HFT71 has the order under this id. @returns whether this worker is to say so. */
export async function willNoteSent(
  ledger: Ledger,
  sent: { shopId: string; orderId: number; copy: number; hft71OrderId: string },
): Promise<boolean> {
  const row = await oneRow(
    ledger.pool,
    `update intent set noted = 'sent/' || hft71_order_id
     where shop_id = $1 and order_id = $2 and copy = $3 and hft71_order_id = $4 and kind in ('send_order', 'reprint')
       and noted is distinct from 'sent/' || hft71_order_id returning id`,
    [sent.shopId, sent.orderId, sent.copy, sent.hft71OrderId],
  );
  return row !== null;
}

export interface HeldToNote {
  readonly intentId: string;
  readonly orderId: number;
  readonly copy: number;
  readonly reason: string;
  readonly detail: string | null;
  /** The event: the same hold. */
  readonly event: string;
}

/**
 * The oldest hold that the shop's order does not tell of yet, taken for this worker. Left out are orders of before the
 * relay went live, which are many and old, and ids that the shop uses for another order now.
 */
export async function takeHeldNote(ledger: Ledger, shopId: string): Promise<HeldToNote | null> {
  const row = await oneRow<Omit<HeldToNote, 'orderId'> & { orderId: string }>(
    ledger.pool,
    `with due as (
       select i.id, ${EVENT} as event from intent i
       join shop s on s.id = i.shop_id join shop_order o on o.shop_id = i.shop_id and o.order_id = i.order_id
       where i.shop_id = $1 and i.state = 'held' and i.kind in ('send_order', 'reprint') and s.mode = 'live'
         and i.reason not in ('before-go-live', 'order-identity-changed') and not ${isAnothersId('o')}
         and i.noted is distinct from ${EVENT}
       order by i.state_since limit 1 for update of i skip locked
     )
     update intent i set noted = due.event from due where i.id = due.id
     returning i.id as "intentId", i.order_id as "orderId", i.copy, i.reason, i.reason_detail as detail, due.event`,
    [shopId],
  );
  return row === null ? null : { ...row, orderId: Number(row.orderId) };
}

const EVENT = `'held/' || coalesce(i.reason, '') || '/' || extract(epoch from i.state_since)`;

/** The note was surely not made: the next look makes it. */
export async function giveHeldNoteBack(ledger: Ledger, { intentId, event }: HeldToNote): Promise<void> {
  await ledger.pool.query('update intent set noted = null where id = $1 and noted = $2', [intentId, event]);
}
