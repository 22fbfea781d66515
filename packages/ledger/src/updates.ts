import { CANCELLED_STATUSES } from '@relay/core';
import { writeAuditOn } from './audit.js';
import { inTransaction, oneRow, planned, rows, type Ledger } from './connect.js';
import type { DueIntent } from './dispatch.js';
import { isAnothersId } from './identity.js';

/**
 * What the shop changed of an order that HFT71 has: its address, or that it is cancelled. One row for each order and act
 * (`update_order_address`, `update_order`), with what is wanted and what HFT71 accepted last: levels, so that no order of
 * events matters and the second edit goes too.
 */

const CANCELLED = CANCELLED_STATUSES.map((status) => `'${status}'`).join(', ');

/** What `update_order` wants and has accepted. */
export const CANCEL = 'cancelled';
/** The shop takes a cancellation back that HFT71 has: nothing that the API is known to do. */
const RESTORE = 'restored';

/**
 * Compares the order as the shop shows it with what HFT71 accepted, and arms what differs, a little later so that edits
 * which follow each other become one. An id that was adopted came with an address that nobody knows: the one shown now is
 * taken for it.
 */
export async function wantUpdates(
  ledger: Ledger,
  order: { shopId: string; orderId: number },
  delayMs: number,
): Promise<number> {
  const row = await oneRow<{ wanted: number }>(ledger.pool, WANT_UPDATES, [order.shopId, order.orderId, delayMs]);
  return row?.wanted ?? 0;
}

const REARM = `state = 'ready', wanted_hash = excluded.wanted_hash, not_before = excluded.not_before, reason = null,
    reason_detail = null, failures = 0, last_failure = null, state_since = now(),
    -- a call that is under way ends first
    dispatched_until = case when u.lease_until > now() then u.dispatched_until end`;

const WANT_UPDATES = `
with accepted as materialized (
  select o.shop_id, o.order_id, o.status, o.address_hash as shown, i.id, i.account_id, i.address_hash as accepted,
         c.accepted_hash as act, coalesce(p.ended, '') = 'terminal' as is_closed,
         -- what the relay wrote itself because HFT71 said so is no wish of the shop's
         o.status in (${CANCELLED}) and o.status is distinct from p.written_shop_status as is_cancelled
  from shop_order o
  join intent i on i.shop_id = o.shop_id and i.order_id = o.order_id and i.kind = 'send_order' and i.hft71_order_id is not null
    and i.state in ('sent', 'written_back', 'adopted')
  left join progress p on p.intent_id = i.id
  left join intent c on c.shop_id = o.shop_id and c.order_id = o.order_id and c.kind = 'update_order'
  where o.shop_id = $1 and o.order_id = $2 and not ${isAnothersId('o')}
),
-- What HFT71 has by now, or what the shop takes back: nobody has to do anything about it any more.
settled as (
  update intent u set state = 'cancelled', reason = 'no-longer-wanted', reason_detail = null, state_since = now()
  from accepted where u.shop_id = accepted.shop_id and u.order_id = accepted.order_id and u.state = 'held'
    and (u.kind = 'update_order_address' and (shown = accepted or status in (${CANCELLED}))
      or u.kind = 'update_order' and is_cancelled = (coalesce(act, '') = '${CANCEL}'))
),
adopted as (
  update intent i set address_hash = accepted.shown from accepted
  where i.id = accepted.id and i.address_hash is null and accepted.shown is not null
),
address as (
  insert into intent as u (id, kind, shop_id, order_id, account_id, state, wanted_hash, not_before)
  select gen_random_uuid(), 'update_order_address', shop_id, order_id, account_id, 'ready', shown,
         now() + $3::bigint * interval '1 millisecond'
  from accepted where shown <> accepted and status not in (${CANCELLED}) and not is_closed
  on conflict (shop_id, order_id, kind, copy) do update set ${REARM}
  where u.wanted_hash is distinct from excluded.wanted_hash or u.state in ('sent', 'cancelled')
  returning 1
),
act as (
  insert into intent as u (id, kind, shop_id, order_id, account_id, state, wanted_hash, not_before)
  select gen_random_uuid(), 'update_order', shop_id, order_id, account_id, 'ready',
         case when is_cancelled then '${CANCEL}' else '${RESTORE}' end,
         now() + $3::bigint * interval '1 millisecond'
  from accepted where is_cancelled <> (coalesce(act, '') = '${CANCEL}')
  on conflict (shop_id, order_id, kind, copy) do update set ${REARM}
  where u.wanted_hash is distinct from excluded.wanted_hash or u.state in ('sent', 'cancelled')
  returning 1
)
select ((select count(*) from address) + (select count(*) from act))::int as wanted`;

/** Updates that are due, while the account's breaker is closed and nothing freezes it. */
export async function takeDueUpdates(ledger: Ledger, dispatchLeaseMs: number, limit: number): Promise<DueIntent[]> {
  const found = await rows<Omit<DueIntent, 'orderId'> & { orderId: string }>(
    ledger.pool,
    planned(
      'take updates',
      `with due as (
       select i.id from intent i join account a on a.id = i.account_id join shop s on s.id = i.shop_id
       where i.kind in ('update_order', 'update_order_address') and i.state = 'ready' and s.mode = 'live'
         and a.breaker_state = 'closed' and not coalesce(a.frozen_until > now(), false)
         and (i.not_before is null or i.not_before <= now()) and (i.dispatched_until is null or i.dispatched_until <= now())
       order by i.state_since limit $2 for update of i skip locked
     )
     update intent i set dispatched_until = now() + $1::bigint * interval '1 millisecond', dispatch_no = i.dispatch_no + 1
     from due where i.id = due.id
     returning i.id, i.kind, i.shop_id as "shopId", i.order_id as "orderId", i.dispatch_no as "dispatchNo"`,
    ),
    [dispatchLeaseMs, limit],
  );
  return found.map((row) => ({ ...row, orderId: Number(row.orderId) }));
}

export interface UpdateView {
  readonly id: string;
  readonly kind: 'update_order' | 'update_order_address';
  readonly shopId: string;
  readonly orderId: number;
  readonly wantedHash: string;
  readonly failures: number;
  /** The order's send. */
  readonly sendState: string;
  readonly hft71OrderId: string | null;
  readonly orderKeyHash: string;
  /** The shop uses the id for another order. */
  readonly isAnothers: boolean;
  /** Of the address that HFT71 accepted last. */
  readonly acceptedAddressHash: string | null;
  /** HFT71 has closed the order. */
  readonly isClosed: boolean;
}

/**
 * Takes the update for one worker, while no other call is made for its order (one remote call at a time).
 * @returns `busy` while another one is; null when there is nothing to do.
 */
export async function claimUpdate(
  ledger: Ledger,
  intentId: string,
  leaseMs: number,
): Promise<UpdateView | 'busy' | null> {
  return inTransaction(ledger, async (client) => {
    // Two updates of one order at the same instant would both see no lease.
    await client.query(
      `select pg_advisory_xact_lock(hashtext('updates'), hashtext(shop_id || '/' || order_id)) from intent where id = $1`,
      [intentId],
    );
    const row = await oneRow<Omit<UpdateView, 'orderId'> & { orderId: string; isFree: boolean }>(client, CLAIM_UPDATE, [
      intentId,
      leaseMs,
    ]);
    if (row === null) return null;
    const { isFree, ...view } = row;
    return isFree ? { ...view, orderId: Number(view.orderId) } : 'busy';
  });
}

const CLAIM_UPDATE = `
with looked as (
  select u.id, not exists (
    select 1 from intent x where x.shop_id = u.shop_id and x.order_id = u.order_id and x.id <> u.id
      and (x.state = 'sending' or x.kind in ('update_order', 'update_order_address') and x.lease_until > now())
  ) and (u.lease_until is null or u.lease_until <= now()) as is_free
  from intent u where u.id = $1 and u.state = 'ready' and u.kind in ('update_order', 'update_order_address') for update
),
claimed as (
  update intent u set lease_until = now() + $2::bigint * interval '1 millisecond'
  from looked where u.id = looked.id and looked.is_free
)
select u.id, u.kind, u.shop_id as "shopId", u.order_id as "orderId", u.wanted_hash as "wantedHash", u.failures,
       s.state as "sendState", s.hft71_order_id as "hft71OrderId", o.order_key_hash as "orderKeyHash",
       ${isAnothersId('o')} as "isAnothers", s.address_hash as "acceptedAddressHash", coalesce(p.ended, '') = 'terminal' as "isClosed", looked.is_free as "isFree"
from looked join intent u on u.id = looked.id
join intent s on s.shop_id = u.shop_id and s.order_id = u.order_id and s.kind = 'send_order'
join shop_order o on o.shop_id = u.shop_id and o.order_id = u.order_id
left join progress p on p.intent_id = s.id`;

/** Another call for its order is under way, this very update's own perhaps: its lease is left alone. */
export async function postponeUpdate(ledger: Ledger, intentId: string, postponeMs: number): Promise<void> {
  await ledger.pool.query(
    `update intent set dispatched_until = null, not_before = now() + $2::bigint * interval '1 millisecond'
     where id = $1 and state = 'ready' and kind in ('update_order', 'update_order_address')`,
    [intentId, postponeMs],
  );
}

type UpdateRef = Pick<UpdateView, 'id' | 'shopId' | 'orderId' | 'wantedHash'>;

/**
 * HFT71 has what was wanted. Where something else is wanted by now the update stays `ready`.
 * @param acceptedHash what it has: the address's hash, or `cancelled`.
 */
export async function recordUpdated(ledger: Ledger, update: UpdateRef, acceptedHash: string): Promise<void> {
  await ledger.pool.query(
    `with done as (
       update intent set lease_until = null, dispatched_until = null, failures = 0, last_failure = null, accepted_hash = $3,
         state = case when wanted_hash = $2 then 'sent' else 'ready' end, state_since = now()
       where id = $1 and state = 'ready' returning kind, shop_id, order_id
     )
     update intent s set address_hash = $3 from done
     where done.kind = 'update_order_address' and s.shop_id = done.shop_id and s.order_id = done.order_id and s.kind = 'send_order'`,
    [update.id, update.wantedHash, acceptedHash],
  );
}

/** Not wanted any more, or of no use: the shop's order says so. */
export async function dropUpdate(ledger: Ledger, update: UpdateRef, reason: string): Promise<void> {
  await endUpdate(ledger, update, 'cancelled', reason, null);
}

/** For a person. Another edit in the shop arms it again. */
export async function holdUpdate(
  ledger: Ledger,
  update: UpdateRef,
  reason: string,
  detail: string | null,
): Promise<void> {
  await endUpdate(ledger, update, 'held', reason, detail);
}

async function endUpdate(
  ledger: Ledger,
  update: UpdateRef,
  state: 'cancelled' | 'held',
  reason: string,
  detail: string | null,
): Promise<void> {
  await ledger.pool.query(
    `update intent set lease_until = null, dispatched_until = null, state_since = now(),
       state = case when wanted_hash = $2 then $3 else state end, reason = case when wanted_hash = $2 then $4 end,
       reason_detail = case when wanted_hash = $2 then $5::text end
     where id = $1 and state = 'ready'`,
    [update.id, update.wantedHash, state, reason, detail],
  );
}

export async function deferUpdate(
  ledger: Ledger,
  intentId: string,
  { notBeforeMs, lastFailure, isFailure }: { notBeforeMs: number; lastFailure: string | null; isFailure: boolean },
): Promise<void> {
  await ledger.pool.query(
    `update intent set lease_until = null, dispatched_until = null, last_failure = $3,
       failures = failures + case when $4::boolean then 1 else 0 end, not_before = now() + $2::bigint * interval '1 millisecond'
     where id = $1 and state = 'ready' and kind in ('update_order', 'update_order_address')`,
    [intentId, Math.ceil(notBeforeMs), lastFailure, isFailure],
  );
}

/**
 * A person has looked at the order's held updates: `done`, they did it at HFT71 by hand, or nothing is to be done;
 * `again`, the relay tells HFT71 once more. @returns how many there were.
 */
export async function resolveHeldUpdates(
  ledger: Ledger,
  order: { shopId: string; orderId: number },
  by: { how: 'done' | 'again'; actor: string; reason: string },
): Promise<number> {
  return inTransaction(ledger, async (client) => {
    const result = await client.query<{ kind: string }>(
      `update intent set state = case when $3 = 'done' then 'sent' else 'ready' end, reason = null, reason_detail = null,
         accepted_hash = case when $3 = 'done' then wanted_hash else accepted_hash end, failures = 0, not_before = null,
         dispatched_until = null, state_since = now()
       where shop_id = $1 and order_id = $2 and kind in ('update_order', 'update_order_address') and state = 'held'
       returning kind`,
      [order.shopId, order.orderId, by.how],
    );
    const kinds = result.rows.map(({ kind }) => kind);
    if (kinds.length === 0) return 0;
    if (by.how === 'done' && kinds.includes('update_order_address'))
      await client.query(
        `update intent s set address_hash = o.address_hash from shop_order o
         where s.shop_id = $1 and s.order_id = $2 and s.kind = 'send_order' and o.shop_id = s.shop_id and o.order_id = s.order_id`,
        [order.shopId, order.orderId],
      );
    await writeAuditOn(client, {
      ...{ actor: by.actor, reason: by.reason, action: `orders update-${by.how}` },
      ...{ subject: `${order.shopId}/${order.orderId}`, details: { kinds } },
    });
    return kinds.length;
  });
}

export interface HeldUpdate {
  readonly shopId: string;
  readonly orderId: number;
  readonly number: string;
  readonly kind: 'update_order' | 'update_order_address';
  readonly reason: string;
  readonly detail: string | null;
  readonly since: Date;
  readonly hft71OrderId: string | null;
}

/** SQL, of `intent u`. */
export const HELD_UPDATE = `u.kind in ('update_order', 'update_order_address') and u.state = 'held'`;

export async function heldUpdates(
  ledger: Ledger,
  filter: { shopId?: string; limit?: number } = {},
): Promise<HeldUpdate[]> {
  const found = await rows<Omit<HeldUpdate, 'orderId'> & { orderId: string }>(
    ledger.pool,
    `select u.shop_id as "shopId", u.order_id as "orderId", o.number, u.kind, u.reason, u.reason_detail as detail,
            u.state_since as since, s.hft71_order_id as "hft71OrderId"
     from intent u join shop_order o on o.shop_id = u.shop_id and o.order_id = u.order_id
     left join intent s on s.shop_id = u.shop_id and s.order_id = u.order_id and s.kind = 'send_order'
     where ${HELD_UPDATE} and ($1::text is null or u.shop_id = $1)
     order by u.state_since, u.order_id limit $2`,
    [filter.shopId ?? null, filter.limit ?? 1_000],
  );
  return found.map((row) => ({ ...row, orderId: Number(row.orderId) }));
}
