import type { Ledger } from './connect.js';
import { oneRow } from './connect.js';
import { CANCELLED_STATUSES, type HandOffState } from '@relay/core';

/** What the ledger takes of a shop's order: nothing personal. */
export interface SeenOrder {
  readonly shopId: string;
  readonly orderId: number;
  readonly number: string;
  readonly orderKeyHash: string;
  readonly status: string;
  /** GMT without `Z`, as the shop writes it. */
  readonly createdGmt: string;
  readonly modifiedGmt: string;
  readonly contentHash: string;
  readonly lines: readonly { id: number; sku: string; quantity: number }[];
  readonly hft71OrderId: string | null;
  readonly reference: string;
}

export interface SeenDelivery {
  readonly deliveryId: string | null;
  readonly topic: string | null;
}

/**
 * The one statement in which every way in ends (design decision 5): the delivery, the order upsert guarded by
 * `date_modified_gmt`, the intent. It is level-triggered: what the order's status is now decides, not how it got there.
 *
 * A sendable order arms its intent (from nothing, skipped, cancelled, shadowed; from rejected and held for mapping when
 * the content changed). One that is not sendable takes it back, and what is in doubt keeps its doubt.
 */
export async function receiveOrder(
  ledger: Ledger,
  order: SeenOrder,
  how: {
    seenBy: string;
    sendableStatuses: readonly string[];
    sendDelayMs: number;
    delivery?: SeenDelivery;
    beforeLive?: boolean;
  },
): Promise<{ stored: boolean; state: HandOffState | null }> {
  const row = await oneRow<{ stored: boolean; state: HandOffState | null }>(ledger.pool, RECEIVE_ORDER, [
    order.shopId,
    order.orderId,
    order.number,
    order.orderKeyHash,
    order.status,
    `${order.createdGmt}Z`,
    `${order.modifiedGmt}Z`,
    order.contentHash,
    JSON.stringify(order.lines),
    order.hft71OrderId,
    order.reference,
    how.seenBy,
    how.sendableStatuses.includes(order.status),
    CANCELLED_STATUSES.includes(order.status),
    how.sendDelayMs,
    how.delivery !== undefined,
    how.delivery?.deliveryId ?? null,
    how.delivery?.topic ?? null,
    how.beforeLive ?? false,
  ]);
  return { stored: row?.stored ?? false, state: row?.state ?? null };
}

const RECEIVE_ORDER = `
with delivered as (
  insert into delivery (shop_id, delivery_id, topic, result, order_id)
  select $1::text, $17::text, $18::text, 'order', $2::bigint where $16::boolean
),
seen as (
  insert into shop_order (shop_id, order_id, number, order_key_hash, status, created_gmt, modified_gmt, content_hash,
                          lines, shop_hft71_id, first_seen_by, before_live)
  values ($1, $2, $3, $4, $5::text, $6, $7, $8::text, $9::jsonb, $10, $12, $19)
  on conflict (shop_id, order_id) do update set
    number = excluded.number,
    status = excluded.status,
    modified_gmt = excluded.modified_gmt,
    content_hash = excluded.content_hash,
    lines = excluded.lines,
    shop_hft71_id = excluded.shop_hft71_id,
    before_live = shop_order.before_live or excluded.before_live,
    read_wanted = false,
    -- the key's hash stays the first one: that is what "another order under this id" is judged by
    identity_changed_at = case when shop_order.order_key_hash <> excluded.order_key_hash
                               then coalesce(shop_order.identity_changed_at, now())
                               else shop_order.identity_changed_at end,
    updated_at = now()
  where excluded.modified_gmt >= shop_order.modified_gmt
  returning *
),
-- The intent is armed in another state for an order that never goes by itself, and one that still may be changed.
wanted as (
  select seen.*, shop.account_id,
         case when seen.before_live then 'held' when $15::bigint > 0 then 'waiting' else 'ready' end as armed_state,
         case when seen.before_live then 'before-go-live' end as armed_reason
  from seen join shop on shop.id = seen.shop_id
  where shop.baseline_at is not null
    and (not seen.before_live or shop.mode in ('going_live', 'live'))
),
armed as (
  insert into intent as i (id, kind, shop_id, order_id, account_id, state, reason, reference, not_before)
  select gen_random_uuid(), 'send_order', shop_id, order_id, account_id, armed_state, armed_reason, $11::text,
         now() + $15::bigint * interval '1 millisecond'
  from wanted where $13::boolean
  on conflict (shop_id, order_id, kind) do update set
    state = case
      when (select identity_changed_at from wanted) is not null
        then case when i.state in ('waiting', 'ready') then 'held' else i.state end
      else excluded.state end,
    reason = case
      when (select identity_changed_at from wanted) is not null
        then case when i.state not in ('waiting', 'ready') then i.reason
                  when i.doubt_since is not null then 'in-doubt' else 'order-identity-changed' end
      else excluded.reason end,
    reason_detail = null,
    not_before = excluded.not_before,
    dispatched_until = null,
    failures = 0,
    last_failure = null,
    state_since = now()
  where (i.state in ('waiting', 'ready') and (select identity_changed_at from wanted) is not null)
     or (i.doubt_since is null and i.hft71_order_id is null and (select identity_changed_at from wanted) is null and (
           i.state in ('skipped', 'cancelled', 'shadowed')
        or i.state in ('rejected', 'not_for_hft71') and i.content_hash is distinct from $8
        or i.state = 'held' and i.reason = 'mapping' and i.content_hash is distinct from $8))
  returning i.state
),
taken_back as (
  update intent i set
    state = case
      when i.state in ('waiting', 'ready') and i.doubt_since is null then case when $14::boolean then 'cancelled' else 'skipped' end
      when i.state = 'ready' then case when $14 then 'in_doubt' else 'held' end
      when i.state in ('held', 'rejected') and i.doubt_since is null then 'cancelled'
      else i.state end,
    reason = case
      when i.state in ('waiting', 'ready') and i.doubt_since is null then $5
      when i.state = 'ready' then case when $14 then i.reason else 'in-doubt' end
      when i.state in ('held', 'rejected') and i.doubt_since is null then $5
      else i.reason end,
    cancel_requested = i.cancel_requested
      or ($14 and (i.state in ('sending', 'in_doubt') or i.doubt_since is not null)),
    state_since = now()
  from seen
  where not $13::boolean and i.shop_id = seen.shop_id and i.order_id = seen.order_id and i.kind = 'send_order'
    and (i.state in ('waiting', 'ready') or ($14 and i.state in ('sending', 'in_doubt', 'held', 'rejected')))
  returning i.state
)
select exists (select 1 from seen) as stored,
       coalesce((select state from armed), (select state from taken_back)) as state`;

/** A delivery that named an order without telling its state (`order.deleted`): the next sweep reads it. */
export async function wantOrderRead(
  ledger: Ledger,
  shopId: string,
  orderId: number,
  delivery: SeenDelivery,
): Promise<void> {
  await ledger.pool.query(
    `with marked as (update shop_order set read_wanted = true where shop_id = $1::text and order_id = $2::bigint),
          shop_told as (update shop set sweep_wanted = true where id = $1)
     insert into delivery (shop_id, delivery_id, topic, result, order_id) values ($1, $3, $4, 'read-wanted', $2)`,
    [shopId, orderId, delivery.deliveryId, delivery.topic],
  );
}

export async function ordersToRead(ledger: Ledger, shopId: string, limit = 100): Promise<number[]> {
  const found = await ledger.pool.query<{ order_id: string }>(
    'select order_id from shop_order where shop_id = $1 and read_wanted order by order_id limit $2',
    [shopId, limit],
  );
  return found.rows.map((row) => Number(row.order_id));
}

/** The shop says that the order does not exist any more: as if its status were `deleted`. */
export async function receiveDeleted(ledger: Ledger, shopId: string, orderId: number): Promise<void> {
  await ledger.pool.query(RECEIVE_DELETED, [shopId, orderId]);
}

const RECEIVE_DELETED = `
with gone as (
  update shop_order set status = 'deleted', read_wanted = false, updated_at = now()
  where shop_id = $1 and order_id = $2 returning shop_id, order_id
)
update intent i set
  state = case when i.state in ('sending', 'in_doubt') or i.doubt_since is not null
               then case when i.state = 'ready' then 'in_doubt' else i.state end
               else 'cancelled' end,
  reason = case when i.state in ('sending', 'in_doubt') or i.doubt_since is not null then i.reason else 'deleted' end,
  cancel_requested = i.cancel_requested or i.state in ('sending', 'in_doubt') or i.doubt_since is not null,
  state_since = now()
from gone
where i.shop_id = gone.shop_id and i.order_id = gone.order_id and i.kind = 'send_order'
  and i.state in ('waiting', 'ready', 'sending', 'in_doubt', 'held', 'rejected')`;
