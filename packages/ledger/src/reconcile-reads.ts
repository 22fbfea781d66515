import { rows, type Ledger } from './connect.js';
import type { LedgerSide } from '@relay/core';
import type { SkuStatusRow } from './polls.js';
import { MAY_BE_AT_HFT71 } from './receive-order.js';

/** What the ledger says of one order; `stamp` is another one as soon as any of it has moved. */
export interface ReconciledOrder extends LedgerSide {
  readonly orderId: number;
  readonly number: string;
  /** In a sendable status when the shop was connected. */
  readonly inBaseline: boolean;
  readonly stamp: string;
}

/** Of these orders, those that the ledger knows. */
export async function ledgerSideOf(
  ledger: Ledger,
  shopId: string,
  orderIds: readonly number[],
): Promise<Map<number, ReconciledOrder>> {
  const found = await rows<Omit<ReconciledOrder, 'orderId'> & { orderId: string }>(
    ledger.pool,
    `select o.order_id as "orderId", o.number, i.state, i.reason, i.hft71_order_id as "hft71OrderId", p.status,
            o.first_seen_by = 'baseline' as "inBaseline",
            coalesce(${MAY_BE_AT_HFT71} or i.state in ('sending', 'in_doubt'), false) as "mayBeAtHft71", coalesce(w.state = 'ready', false) as "writesBack",
            coalesce(r.reprints, '[]') as reprints,
            concat_ws(' ', i.state, i.state_since, i.hft71_order_id, w.state, w.state_since, p.version, p.read_at, r.reprints) as stamp
     from shop_order o
     left join intent i on i.shop_id = o.shop_id and i.order_id = o.order_id and i.kind = 'send_order'
     left join intent w on w.shop_id = o.shop_id and w.order_id = o.order_id and w.kind = 'write_back' and w.copy = 1
     left join progress p on p.intent_id = i.id
     left join lateral (
       select jsonb_agg(jsonb_build_object('copy', c.copy, 'hft71OrderId', c.hft71_order_id,
                'isShown', c.state in ('sent', 'written_back', 'adopted') and v.state is distinct from 'ready') order by c.copy) as reprints
       from intent c left join intent v on v.shop_id = c.shop_id and v.order_id = c.order_id and v.kind = 'write_back' and v.copy = c.copy
       where c.shop_id = o.shop_id and c.order_id = o.order_id and c.kind = 'reprint' and c.hft71_order_id is not null
     ) r on true
     where o.shop_id = $1 and o.order_id = any($2::bigint[])`,
    [shopId, orderIds],
  );
  return new Map(found.map((row) => [Number(row.orderId), { ...row, orderId: Number(row.orderId) }]));
}

/** Orders that the ledger believes to be in the shop, changed there since then, in the order of their ids. */
export async function ledgerOrdersSince(
  ledger: Ledger,
  shopId: string,
  { from, afterId, limit }: { from: Date; afterId: number; limit: number },
): Promise<{ orderId: number; number: string; hasHandOff: boolean }[]> {
  const found = await rows<{ orderId: string; number: string; hasHandOff: boolean }>(
    ledger.pool,
    `select o.order_id as "orderId", o.number, i.id is not null as "hasHandOff"
     from shop_order o left join intent i on i.shop_id = o.shop_id and i.order_id = o.order_id and i.kind = 'send_order'
     where o.shop_id = $1 and o.modified_gmt >= $2 and o.order_id > $3 and o.status not in ('trash', 'deleted')
     order by o.order_id limit $4`,
    [shopId, from, afterId, limit],
  );
  return found.map((row) => ({ ...row, orderId: Number(row.orderId) }));
}

export interface HeldId {
  readonly orderId: number;
  readonly number: string;
  readonly copy: number;
  readonly hft71OrderId: string;
  readonly statuses: readonly SkuStatusRow[] | null;
}

/** HFT71's ids of orders changed since then, reprints' too; those read longest ago first. */
export async function idsHeldSince(ledger: Ledger, shopId: string, from: Date): Promise<HeldId[]> {
  const found = await rows<Omit<HeldId, 'orderId'> & { orderId: string }>(
    ledger.pool,
    `select p.order_id as "orderId", o.number, p.copy, p.hft71_order_id as "hft71OrderId", p.statuses
     from progress p join shop_order o on o.shop_id = p.shop_id and o.order_id = p.order_id
     where p.shop_id = $1 and o.modified_gmt >= $2 order by p.read_at nulls first, p.order_id`,
    [shopId, from],
  );
  return found.map((row) => ({ ...row, orderId: Number(row.orderId) }));
}

/** What HFT71 is judged against, as it stands now. null: the hand-off has that id no more. */
export async function statusesOfHeldId(
  ledger: Ledger,
  shopId: string,
  { orderId, copy, hft71OrderId }: Pick<HeldId, 'orderId' | 'copy' | 'hft71OrderId'>,
): Promise<readonly SkuStatusRow[] | null | 'gone'> {
  const [row] = await rows<{ statuses: readonly SkuStatusRow[] | null }>(
    ledger.pool,
    'select statuses from progress where shop_id = $1 and order_id = $2 and copy = $3 and hft71_order_id = $4',
    [shopId, orderId, copy, hft71OrderId],
  );
  return row === undefined ? 'gone' : row.statuses;
}

export interface SharedId {
  readonly hft71OrderId: string;
  readonly orders: readonly { readonly shopId: string; readonly orderId: number; readonly number: string }[];
}

/** Ids of HFT71's that several orders of the account show or have, one of them this shop's and changed since then. */
export async function sharedIdsSince(
  ledger: Ledger,
  shop: { id: string; accountId: string },
  from: Date,
): Promise<SharedId[]> {
  return rows<SharedId>(
    ledger.pool,
    `with holder as (
       select o.shop_hft71_id as hft71_order_id, o.shop_id, o.order_id from shop_order o join shop s on s.id = o.shop_id
       where s.account_id = $2 and o.shop_hft71_id is not null and o.status not in ('trash', 'deleted')
       union
       select i.hft71_order_id, i.shop_id, i.order_id from intent i
       where i.account_id = $2 and i.kind in ('send_order', 'reprint') and i.hft71_order_id is not null
     )
     select h.hft71_order_id as "hft71OrderId",
            jsonb_agg(jsonb_build_object('shopId', o.shop_id, 'orderId', o.order_id, 'number', o.number) order by o.order_id) as orders
     from holder h join shop_order o on o.shop_id = h.shop_id and o.order_id = h.order_id
     group by h.hft71_order_id
     having count(*) > 1 and bool_or(o.shop_id = $1 and o.modified_gmt >= $3)`,
    [shop.id, shop.accountId, from],
  );
}
