import { rows, type Ledger } from './connect.js';

/** A change that waits because the order itself does: HFT71 is told of it once that is settled. */
export interface BlockedUpdate {
  readonly shopId: string;
  readonly orderId: number;
  readonly number: string;
  readonly kind: 'update_order' | 'update_order_address';
  /** The order's own state, and why it is held. */
  readonly sendState: string;
  readonly sendReason: string | null;
  readonly since: Date;
}

/** What `updateOrder` puts off: updates of orders that are not, or not surely, at HFT71 any more. */
export async function blockedUpdates(ledger: Ledger, shopId: string, limit = 50): Promise<BlockedUpdate[]> {
  const found = await rows<Omit<BlockedUpdate, 'orderId'> & { orderId: string }>(
    ledger.pool,
    `select u.shop_id as "shopId", u.order_id as "orderId", o.number, u.kind, s.state as "sendState", s.reason as "sendReason",
            u.state_since as since
     from intent u join shop_order o on o.shop_id = u.shop_id and o.order_id = u.order_id
     join intent s on s.shop_id = u.shop_id and s.order_id = u.order_id and s.kind = 'send_order'
     where u.shop_id = $1 and u.kind in ('update_order', 'update_order_address') and u.state = 'ready'
       and (s.state not in ('sent', 'written_back', 'adopted') or s.hft71_order_id is null)
     order by u.state_since, u.order_id limit $2`,
    [shopId, limit],
  );
  return found.map((row) => ({ ...row, orderId: Number(row.orderId) }));
}
