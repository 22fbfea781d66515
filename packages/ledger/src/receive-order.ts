import { oneRow, planned, type Ledger } from './connect.js';
import { isUniqueViolation } from './attempt.js';
import { isAnothersId } from './identity.js';
import { mayBeHft71sNow } from './left-out.js';
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
  /** Keyed hash of the address as HFT71 is told it. */
  readonly addressHash: string;
  readonly lines: readonly { id: number; sku: string; quantity: number }[];
  readonly hft71OrderId: string | null;
  readonly reference: string;
}

export interface SeenDelivery {
  readonly deliveryId: string | null;
  readonly topic: string | null;
  /** Of the relay's own log. */
  readonly requestId?: string;
}

/**
 * The one statement in which every way in ends (design decision 5): the delivery, the order upsert guarded by
 * `date_modified_gmt`, the intent. It is level-triggered: what the order's status is now decides, not how it got there.
 *
 * A sendable order arms its intent (from nothing, skipped, cancelled, shadowed; from rejected, not HFT71's and held for
 * mapping when the content changed, from not HFT71's also when the rule did). One that is not sendable takes it back, and
 * what is in doubt keeps its doubt. A status that was added to the setting and whose orders are not listed yet does neither.
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
    /** Read from the shop just now: what it says counts, also where its date is older than one seen before. */
    readJustNow?: boolean;
  },
): Promise<{ stored: boolean; state: HandOffState | null }> {
  const write = () =>
    oneRow<{ stored: boolean; state: HandOffState | null }>(ledger.pool, RECEIVE_ORDER, [
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
      how.readJustNow ?? false,
      order.addressHash,
      how.delivery?.requestId ?? null,
    ]);
  const row = await write().catch((error: unknown) => {
    // Two orders with one reference at the same instant: the second try sees the first one's.
    if (isUniqueViolation(error, 'intent_account_id_reference_key')) return write();
    throw error;
  });
  return { stored: row?.stored ?? false, state: row?.state ?? null };
}

/**
 * HFT71 may have the order: a doubt, an id, or a refusal that names it. Judged on the locked row `i` itself, never on the
 * statement's snapshot, since a claim or a record may have been waited for.
 */
export const AT_HFT71 = `(i.doubt_since is not null or i.hft71_order_id is not null
  or coalesce(i.reason, '') in ('conflict', 'exists') or (coalesce(i.reason, '') = 'reference-taken' and i.token is not null))`;

const RECEIVE_ORDER = planned(
  'receive order',
  `
with delivered as (
  insert into delivery (shop_id, delivery_id, topic, result, order_id, request_id)
  select $1::text, $17::text, $18::text, 'order', $2::bigint, $22::text where $16::boolean
),
seen as (
  insert into shop_order (shop_id, order_id, number, order_key_hash, status, created_gmt, modified_gmt, content_hash,
                          lines, shop_hft71_id, first_seen_by, before_live, address_hash)
  values ($1, $2, $3, $4, $5::text, $6, $7, $8::text, $9::jsonb, $10, $12, $19, $21)
  on conflict (shop_id, order_id) do update set
    number = excluded.number,
    status = excluded.status,
    modified_gmt = excluded.modified_gmt,
    content_hash = excluded.content_hash,
    lines = excluded.lines,
    address_hash = excluded.address_hash,
    last_seen_by = excluded.first_seen_by,
    shop_hft71_id = excluded.shop_hft71_id,
    before_live = shop_order.before_live or excluded.before_live,
    read_wanted = false,
    -- the key's hash stays the first one: that is what "another order under this id" is judged by ('' = never read yet)
    order_key_hash = case when shop_order.order_key_hash = '' then excluded.order_key_hash else shop_order.order_key_hash end,
    created_gmt = excluded.created_gmt,
    identity_changed_at = case when shop_order.order_key_hash not in ('', excluded.order_key_hash)
                                    and shop_order.acknowledged_key_hash is distinct from excluded.order_key_hash
                               then coalesce(shop_order.identity_changed_at, now())
                               else shop_order.identity_changed_at end,
    updated_at = now()
  where excluded.modified_gmt >= shop_order.modified_gmt or $20::boolean
  returning *
),
-- In which state a sendable order arms its intent: one from before going live never goes by itself, and a reference
-- that another order has would make two orders one at HFT71.
wanted as (
  select seen.*, shop.account_id, ${isAnothersId('seen')} as changed, clash.taken,
         case when seen.before_live or clash.taken then 'held' when $15::bigint > 0 then 'waiting' else 'ready' end as armed_state,
         case when seen.before_live then 'before-go-live' when clash.taken then 'reference-taken' end as armed_reason,
         -- no intent of it is known, and it is older than a declared restore: the ledger may have forgotten that it was sent
         case when not seen.before_live and not clash.taken and seen.created_gmt <= installation.restored_at
              then installation.restored_settle_ms end as doubt_ms,
         -- for an intent that has its reference already
         case when seen.before_live then 'held' when $15::bigint > 0 then 'waiting' else 'ready' end as own_state,
         case when seen.before_live then 'before-go-live' end as own_reason
  from seen join shop on shop.id = seen.shop_id left join installation on true
  cross join lateral (
    select exists (select 1 from intent x where x.account_id = shop.account_id and x.reference = $11::text
                   and (x.shop_id, x.order_id) <> (seen.shop_id, seen.order_id)) as taken
  ) clash
  where shop.baseline_at is not null
    and (not seen.before_live or shop.mode in ('going_live', 'live'))
    -- a status that the setting names more arms nothing before the orders that stand in it already are listed
    and (seen.before_live or shop.sendable_statuses is null or seen.status = any(shop.sendable_statuses))
),
-- Sendable: what becomes of the intent is one word, judged on its latest version.
--   arm       it goes (again)
--   identity  the shop uses the id for another order: a person looks
--   unflag    the shop takes its cancellation back while the order cannot be moved
armed as (
  insert into intent as i (id, kind, shop_id, order_id, account_id, state, reason, reference, not_before, doubt_since, settle_until)
  select gen_random_uuid(), 'send_order', shop_id, order_id, account_id,
         case when doubt_ms is null then armed_state else 'in_doubt' end, armed_reason,
         case when taken then null else $11 end, now() + $15::bigint * interval '1 millisecond',
         case when doubt_ms is not null then now() end, now() + doubt_ms * interval '1 millisecond'
  from wanted where $13::boolean
  on conflict (shop_id, order_id, kind, copy) do update set
    (state, reason, reason_detail, reference, cancel_requested, not_before, dispatched_until, could_go_from, failures, last_failure, state_since) = (
      select
        case act when 'arm' then case when i.reference is null then (select armed_state from wanted) else (select own_state from wanted) end
                 when 'identity' then 'held' else i.state end,
        case act when 'arm' then case when i.reference is null then (select armed_reason from wanted) else (select own_reason from wanted) end
                 when 'identity' then case when i.doubt_since is not null then 'in-doubt' else 'order-identity-changed' end
                 else i.reason end,
        case when act in ('arm', 'identity') then null else i.reason_detail end,
        coalesce(i.reference, excluded.reference),
        i.cancel_requested and act is null,
        case act when 'arm' then excluded.not_before else i.not_before end,
        case when act in ('arm', 'identity') then null else i.dispatched_until end,
        case when act = 'arm' then null else i.could_go_from end,
        case act when 'arm' then 0 else i.failures end,
        case act when 'arm' then null else i.last_failure end,
        case when act in ('arm', 'identity') then now() else i.state_since end
      from (select case
        when (select changed from wanted) then
          case when i.hft71_order_id is null and i.state in ('waiting', 'ready', 'skipped', 'cancelled', 'shadowed', 'rejected', 'not_for_hft71')
               then 'identity' end
        when i.doubt_since is null and i.hft71_order_id is null and (
               i.state in ('skipped', 'cancelled', 'shadowed')
            or i.state in ('rejected', 'not_for_hft71') and i.content_hash is distinct from $8
            or i.state = 'not_for_hft71' and ${mayBeHft71sNow('i', '$9::jsonb')}
            or i.state = 'held' and i.reason = 'mapping' and i.content_hash is distinct from $8
            or i.state = 'held' and i.reason = 'reference-taken' and i.reference is null and excluded.reference is not null)
          then 'arm'
        when i.cancel_requested then 'unflag' end as act) judged)
  where i.cancel_requested or i.state in ('skipped', 'cancelled', 'shadowed', 'rejected', 'not_for_hft71', 'held')
     or (select changed from wanted) and i.state in ('waiting', 'ready')
  returning i.state
),
-- Not sendable: taken back. What may be at HFT71 already (a doubt, an id, a refusal that names the order) is never
-- cancelled away: it keeps its place on the list, with the cancellation noted.
taken_back as (
  update intent i set
    state = case
      when i.state in ('waiting', 'ready') and i.doubt_since is null then case when $14::boolean then 'cancelled' else 'skipped' end
      when i.state = 'ready' then case when $14 then 'in_doubt' else 'held' end
      when i.state in ('held', 'rejected') and not ${AT_HFT71} then 'cancelled'
      else i.state end,
    reason = case
      when i.state in ('waiting', 'ready') and i.doubt_since is null then $5
      when i.state = 'ready' then case when $14 then i.reason else 'in-doubt' end
      when i.state in ('held', 'rejected') and not ${AT_HFT71} then $5
      else i.reason end,
    cancel_requested = i.cancel_requested or ($14 and (i.state in ('sending', 'in_doubt') or ${AT_HFT71})),
    state_since = case when i.state in ('waiting', 'ready') or i.state in ('held', 'rejected') and not ${AT_HFT71} then now()
                       else i.state_since end
  from seen
  where not $13::boolean and i.shop_id = seen.shop_id and i.order_id = seen.order_id and i.kind = 'send_order'
    and (i.state in ('waiting', 'ready') or ($14 and i.state in ('sending', 'in_doubt', 'held', 'rejected')))
  returning i.state
),
told as (
  update alert set resolved_at = now()
  where kind = 'order not taken in' and subject = $1 || '/' || $2::text and resolved_at is null and exists (select 1 from seen)
)
select exists (select 1 from seen) as stored,
       coalesce((select state from armed), (select state from taken_back)) as state`,
);

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
     insert into delivery (shop_id, delivery_id, topic, result, order_id, request_id) values ($1, $3, $4, 'read-wanted', $2, $5)`,
    [shopId, orderId, delivery.deliveryId, delivery.topic, delivery.requestId ?? null],
  );
}

export async function ordersToRead(ledger: Ledger, shopId: string, limit = 100): Promise<number[]> {
  const found = await ledger.pool.query<{ order_id: string }>(
    'select order_id from shop_order where shop_id = $1 and read_wanted order by order_id limit $2',
    [shopId, limit],
  );
  return found.rows.map((row) => Number(row.order_id));
}

/** Read in vain: another delivery or sweep will name it again. */
export async function forgetWantedRead(ledger: Ledger, shopId: string, orderId: number): Promise<void> {
  await ledger.pool.query('update shop_order set read_wanted = false where shop_id = $1 and order_id = $2', [
    shopId,
    orderId,
  ]);
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
  state = case when i.state in ('sending', 'in_doubt') then i.state
               when ${AT_HFT71} then case when i.state = 'ready' then 'in_doubt' else i.state end
               else 'cancelled' end,
  reason = case when i.state in ('sending', 'in_doubt') or ${AT_HFT71} then i.reason else 'deleted' end,
  cancel_requested = i.cancel_requested or i.state in ('sending', 'in_doubt') or ${AT_HFT71},
  state_since = case when i.state in ('sending', 'in_doubt') or ${AT_HFT71} then i.state_since else now() end
from gone
where i.shop_id = gone.shop_id and i.order_id = gone.order_id and i.kind in ('send_order', 'reprint')
  and i.state in ('waiting', 'ready', 'sending', 'in_doubt', 'held', 'rejected')`;
