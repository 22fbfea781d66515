import { oneRow, type Ledger } from './connect.js';

const TOPIC = 'hft71.order-status';

/** An authentic delivery of HFT71's, without its body: that it came, and for which order where one has the id. */
export async function recordHft71Delivery(
  ledger: Ledger,
  shop: { id: string; accountId: string },
  delivery: {
    result: 'known' | 'unknown' | 'unreadable';
    hft71OrderId: string | null;
    /** The status it told. */
    told: string | null;
    requestId: string | null;
  },
): Promise<void> {
  await ledger.pool.query(
    `with heard as (
       -- claims lock this row: not more often than it matters
       update account set webhook_heard_at = now()
       where id = $2 and coalesce(webhook_heard_at, '-infinity') < now() - interval '1 minute'
     ),
     -- the plugin's log had it among its actions
     logged as (
       insert into api_call (shop_id, target, action, method, path, status, duration_ms, order_id, request_id)
       select coalesce(i.shop_id, $1), 'hft71', 'webhook', 'POST', '/wp-json/hft71/v1/order-status',
              case $3 when 'known' then 200 when 'unknown' then 404 else 400 end, 0, i.order_id, $6
       from (select 1) one left join intent i on i.account_id = $2 and i.hft71_order_id = $4
     )
     insert into delivery (shop_id, topic, result, order_id, told, request_id)
     select coalesce(i.shop_id, $1), '${TOPIC}', $3, i.order_id, $5, $6
     from (select 1) one left join intent i on i.account_id = $2 and i.hft71_order_id = $4`,
    [shop.id, shop.accountId, delivery.result, delivery.hft71OrderId, delivery.told, delivery.requestId],
  );
}

export interface HintedOrder {
  readonly intentId: string;
  /** What the latest reading told, for each SKU. */
  readonly statuses: readonly string[];
  /** Whatever a reading ever told. */
  readonly seen: readonly string[];
}

/** The order that a delivery names, with what the relay knows of its status. null where none has the id. */
export async function hintedOrder(
  ledger: Ledger,
  accountId: string,
  hft71OrderId: string,
): Promise<HintedOrder | null> {
  return oneRow<HintedOrder>(
    ledger.pool,
    `select intent_id as "intentId", seen,
            coalesce((select jsonb_agg(entry ->> 'status') from jsonb_array_elements(statuses) entry), '[]') as statuses
     from progress where account_id = $1 and hft71_order_id = $2`,
    [accountId, hft71OrderId],
  );
}

/**
 * A status that no reading has confirmed: the order is read next, also one that is polled no more. The same one told
 * again while it is looked for changes nothing.
 */
export async function hintStatus(ledger: Ledger, intentId: string, told: string): Promise<void> {
  await ledger.pool.query(
    `update progress set hint = $2, hint_reads = 0, poll_at = now(), ended = null
     where intent_id = $1 and hint is distinct from $2`,
    [intentId, told],
  );
}

/** One without a right secret: nothing but a count. */
export async function countHft71Refusal(ledger: Ledger, shopId: string): Promise<void> {
  await ledger.pool.query(
    `insert into delivery_count as c (shop_id, day, result, count, last_at) values ($1, current_date, 'hft71-refused', 1, now())
     on conflict (shop_id, day, result) do update set count = c.count + 1, last_at = excluded.last_at`,
    [shopId],
  );
}
