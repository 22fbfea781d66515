import { oneRow, type Ledger } from './connect.js';

/** What has come of webhooks: of a shop's, and of HFT71's on its account. Times by the database's clock. */
export interface DeliveryState {
  /** The shop's last delivery that was taken in. */
  readonly shopHeardAt: Date | null;
  /** The shop's last one, signed with another secret or not at all; nothing says that it was the shop's. */
  readonly shopRefusedAt: Date | null;
  readonly shopRefusedToday: number;
  /** Rightly signed, and of another home URL: a cloned shop. */
  readonly foreignToday: number;
  readonly hft71HeardAt: Date | null;
  readonly hft71RefusedAt: Date | null;
  readonly hft71RefusedToday: number;
  /** Today and yesterday. */
  readonly hft71RefusedLately: number;
}

/** Refusals of HFT71's webhook belong to no shop: they are counted for the first one. */
export async function deliveryState(ledger: Ledger, shopId: string): Promise<DeliveryState | null> {
  return oneRow<DeliveryState>(
    ledger.pool,
    `select (select max(received_at) from delivery d where d.shop_id = s.id and d.result in ('order', 'read-wanted')) as "shopHeardAt",
            max(c.last_at) filter (where c.shop_id = s.id and c.result = 'bad-signature') as "shopRefusedAt",
            coalesce(sum(c.count) filter (where c.shop_id = s.id and c.result = 'bad-signature' and c.day = current_date), 0)::int as "shopRefusedToday",
            coalesce(sum(c.count) filter (where c.shop_id = s.id and c.result = 'foreign' and c.day = current_date), 0)::int as "foreignToday",
            -- the account's own time is moved once a minute only
            greatest(a.webhook_heard_at, (select max(received_at) from delivery d where d.shop_id = s.id and d.topic = 'hft71.order-status'))
              as "hft71HeardAt",
            max(c.last_at) filter (where c.result = 'hft71-refused') as "hft71RefusedAt",
            coalesce(sum(c.count) filter (where c.result = 'hft71-refused' and c.day = current_date), 0)::int as "hft71RefusedToday",
            coalesce(sum(c.count) filter (where c.result = 'hft71-refused' and c.day >= current_date - 1), 0)::int as "hft71RefusedLately"
     from shop s join account a on a.id = s.account_id
     left join delivery_count c on c.day > current_date - 7
     where s.id = $1 group by s.id, a.webhook_heard_at`,
    [shopId],
  );
}
