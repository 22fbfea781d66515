import { rows, type Ledger } from './connect.js';

/** On its way to being settled, and not sent before it is. */
export interface OrderInDoubt {
  readonly shopId: string;
  readonly orderId: number;
  readonly number: string;
  /** 1, and 2, 3, … for reprints. */
  readonly copy: number;
  readonly reference: string | null;
  readonly since: Date;
  /** Why, as a code, of the newest attempt or of what put it in doubt without one. */
  readonly cause: string | null;
  /** Until then HFT71 may still take it in: nothing that is not found counts. */
  readonly settleUntil: Date | null;
  /** No look-up before; null: at once. */
  readonly nextLookUpAt: Date | null;
  readonly lookUps: number;
  readonly cancelRequested: boolean;
}

/** Orders in doubt that no person is asked about yet, the oldest doubt first. */
export async function ordersInDoubt(
  ledger: Ledger,
  filter: { shopId?: string; limit?: number } = {},
): Promise<OrderInDoubt[]> {
  const found = await rows<Omit<OrderInDoubt, 'orderId'> & { orderId: string }>(
    ledger.pool,
    `select i.shop_id as "shopId", i.order_id as "orderId", o.number, i.copy, i.reference,
            coalesce(i.doubt_since, i.state_since) as since, coalesce(i.reason_detail, i.last_failure) as cause,
            i.settle_until as "settleUntil", i.look_up_at as "nextLookUpAt", i.look_ups as "lookUps",
            i.cancel_requested as "cancelRequested"
     from intent i join shop_order o on o.shop_id = i.shop_id and o.order_id = i.order_id
     where i.kind in ('send_order', 'reprint') and i.state = 'in_doubt' and ($1::text is null or i.shop_id = $1)
     order by since, i.order_id, i.copy limit $2`,
    [filter.shopId ?? null, filter.limit ?? 1_000],
  );
  return found.map((row) => ({ ...row, orderId: Number(row.orderId) }));
}
