import { oneRow, type Ledger } from './connect.js';

/**
 * An earlier sender's order, before its id is judged: held as one from before going live, whatever it was, so that it
 * never goes by itself and the adoption has a hand-off to adopt. What was sent, is on its way, in doubt or held already
 * stays as it is. A person's act, and written to the audit with it.
 * @param order.beforeLive it never goes by itself from now on. An own doubt of the relay's is none of these.
 * @returns the hand-off's id; null where the shop does not show that id on it any more.
 */
export async function holdForAdoption(
  ledger: Ledger,
  order: {
    shopId: string;
    orderId: number;
    hft71OrderId: string;
    reference: string;
    beforeLive: boolean;
    actor: string;
  },
): Promise<string | null> {
  const row = await oneRow<{ id: string | null }>(ledger.pool, HOLD_FOR_ADOPTION, [
    order.shopId,
    order.orderId,
    order.hft71OrderId,
    order.reference,
    order.beforeLive,
    order.actor,
  ]);
  return row?.id ?? null;
}

const HOLD_FOR_ADOPTION = `
with shown as (
  update shop_order o set before_live = o.before_live or $5::boolean from shop s
  where o.shop_id = $1 and o.order_id = $2::bigint and o.shop_hft71_id = $3::text and s.id = o.shop_id
  returning o.shop_id, o.order_id, s.account_id
),
written as (
  insert into audit (actor, action, subject, details)
  select $6, 'import', shop_id || '/' || order_id, jsonb_build_object('hft71OrderId', $3::text) from shown
),
held as (
  insert into intent as i (id, kind, shop_id, order_id, account_id, state, reason, reference)
  select gen_random_uuid(), 'send_order', shop_id, order_id, account_id, 'held', 'before-go-live',
         case when not exists (select 1 from intent x where x.account_id = shown.account_id and x.reference = $4::text
                               and (x.shop_id, x.order_id) <> (shown.shop_id, shown.order_id)) then $4::text end
  from shown
  on conflict (shop_id, order_id, kind, copy) do update set state = 'held', reason = 'before-go-live', reason_detail = null,
    dispatched_until = null, state_since = now()
  where i.state in ('waiting', 'ready', 'skipped', 'cancelled', 'shadowed', 'not_for_hft71')
    and i.doubt_since is null and i.hft71_order_id is null
    and not exists (select 1 from attempt a where a.intent_id = i.id and a.claimed_at is null and a.ended_at is null)
  returning i.id
)
select coalesce((select id from held),
                (select i.id from intent i join shown on i.shop_id = shown.shop_id and i.order_id = shown.order_id
                 where i.kind = 'send_order')) as id`;
