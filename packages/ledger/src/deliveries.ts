import type { Ledger } from './connect.js';
import type { SeenDelivery } from './receive-order.js';

/** A signed delivery that names no order to store: recorded without its body. */
export async function recordDelivery(
  ledger: Ledger,
  shopId: string,
  delivery: SeenDelivery & { result: 'no-id' | 'unreadable' | 'other-topic' | 'foreign' },
): Promise<void> {
  await ledger.pool.query('insert into delivery (shop_id, delivery_id, topic, result) values ($1, $2, $3, $4)', [
    shopId,
    delivery.deliveryId,
    delivery.topic,
    delivery.result,
  ]);
}

/** A delivery of which nothing is stored but a count: unsigned, wrongly signed, a ping. */
export async function countDelivery(
  ledger: Ledger,
  shopId: string,
  result: 'product' | 'bad-signature' | 'ping' | 'foreign',
): Promise<void> {
  await ledger.pool.query(
    `insert into delivery_count as c (shop_id, day, result, count) values ($1, current_date, $2, 1)
     on conflict (shop_id, day, result) do update set count = c.count + 1`,
    [shopId, result],
  );
}
