import type { Ledger } from './connect.js';

const TOPIC = 'hft71.order-status';

/** An authentic delivery of HFT71's, without its body: that it came, and for which order where one has the id. */
export async function recordHft71Delivery(
  ledger: Ledger,
  shop: { id: string; accountId: string },
  delivery: { result: 'known' | 'unknown' | 'unreadable'; hft71OrderId: string | null },
): Promise<void> {
  await ledger.pool.query(
    `insert into delivery (shop_id, topic, result, order_id)
     select coalesce(i.shop_id, $1), '${TOPIC}', $3, i.order_id
     from (select 1) one left join intent i on i.account_id = $2 and i.hft71_order_id = $4`,
    [shop.id, shop.accountId, delivery.result, delivery.hft71OrderId],
  );
}

/** One without a right secret: nothing but a count. */
export async function countHft71Refusal(ledger: Ledger, shopId: string): Promise<void> {
  await ledger.pool.query(
    `insert into delivery_count as c (shop_id, day, result, count) values ($1, current_date, 'hft71-refused', 1)
     on conflict (shop_id, day, result) do update set count = c.count + 1`,
    [shopId],
  );
}
