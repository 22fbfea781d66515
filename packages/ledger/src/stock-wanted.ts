import { oneRow, rows, type Ledger } from './connect.js';

/** What the merchant's settings say of stock. */
export interface StockRules {
  /** Whether HFT71's figure falls as it accepts an order or as it produces it (assumed: `HFT71_STOCK_FALLS`). */
  readonly falls: 'accepted' | 'produced';
  /** Pieces of each SKU that are never offered. */
  readonly safety: number;
  /** What becomes of products whose SKU the feed no longer names. */
  readonly missing: 'leave' | 'zero';
}

export interface StockDifference {
  readonly productId: number;
  readonly parentId: number;
  readonly sku: string;
  /** The shop's figure, as read. */
  readonly shop: number | null;
  /** null: the feed no longer names it. */
  readonly hft71: number | null;
  /** In orders that HFT71's figure does not know of yet. */
  readonly reserved: number;
  readonly safety: number;
  /** Available to sell: what the shop is to show. */
  readonly target: number;
  /** Units sold in the last 30 days. */
  readonly sold: number;
}

/** Statuses in which the shop has not taken the stock, or gave it back, or will not send: such an order reserves nothing. */
const NOT_TAKEN = `('pending', 'checkout-draft', 'failed', 'refunded', 'cancelled', 'trash', 'deleted')`;

/**
 * Available to sell (design decision 10), for each product of a shop: HFT71's figure − the pieces in orders, of all shops
 * of the account, which that figure does not know of − safety stock. An order counts while HFT71 has not accepted it, and
 * also when it was accepted after the feed's reading began: the figure may be from before. In doubt it counts, though
 * HFT71 may have it: rather a piece too few than one sold twice. $1 shop, $2 account, $3 feed, $4 falls, $5 safety,
 * $6 missing.
 */
const WANTED = `
open as (
  select line ->> 'sku' as sku, sum((line ->> 'quantity')::numeric)::int as pieces
  from intent i
  join shop_order o on o.shop_id = i.shop_id and o.order_id = i.order_id
  left join progress p on p.intent_id = i.id
  cross join jsonb_array_elements(o.lines) line
  where i.account_id = $2 and i.kind in ('send_order', 'reprint') and (
    (i.state in ('waiting', 'ready', 'sending', 'in_doubt', 'held', 'rejected') and (i.kind = 'reprint' or o.status not in ${NOT_TAKEN}))
    or p.accepted_at >= (select started_at from stock_feed where id = $3)
    or ($4 = 'produced' and p.intent_id is not null and p.ended is null)
  )
  group by 1
),
twice as (select sku from catalogue_item where shop_id = $1 and sku <> '' group by sku having count(*) > 1),
wanted as (
  select c.*, f.stock as hft71, f.sku is null as is_missing, coalesce(open.pieces, 0) as reserved, coalesce(s.pieces, $5::int) as safety,
         case when f.sku is null then 0 else greatest(f.stock - coalesce(open.pieces, 0) - coalesce(s.pieces, $5::int), 0) end as target
  from catalogue_item c
  left join feed_sku f on f.feed_id = $3 and f.sku = c.sku
  left join open on open.sku = c.sku
  left join safety_stock s on s.shop_id = c.shop_id and s.sku = c.sku
  where c.shop_id = $1 and c.type in ('simple', 'variation') and c.manages = 'yes' and c.sku <> ''
    and c.sku not in (select sku from twice)
    and ((f.sku is not null and f.fault is null) or (f.sku is null and c.hft71_since is not null and $6 = 'zero'))
)`;

const SOLD = `
sold as (
  select line ->> 'sku' as sku, sum((line ->> 'quantity')::numeric)::int as pieces
  from shop_order o cross join jsonb_array_elements(o.lines) line
  where o.shop_id = $1 and o.created_gmt > now() - interval '30 days' and o.status not in ${NOT_TAKEN}
  group by 1
)`;

export interface StockScope {
  readonly shopId: string;
  readonly accountId: string;
  readonly feedId: string;
}

function scopeOf({ shopId, accountId, feedId }: StockScope, { falls, safety, missing }: StockRules): unknown[] {
  return [shopId, accountId, feedId, falls, safety, missing];
}

const WANTED_COLUMNS = `w.product_id as "productId", w.parent_id as "parentId", w.sku, w.stock as shop, w.hft71, w.reserved,
  w.safety, w.target, coalesce(sold.pieces, 0) as sold`;

type Raw = Omit<StockDifference, 'productId' | 'parentId'> & { productId: string; parentId: string };
const withNumbers = <T extends Raw>(row: T) => ({
  ...row,
  productId: Number(row.productId),
  parentId: Number(row.parentId),
});

/** How many products are compared, and how many of them would be changed, and set to 0. Notes since when each differs. */
export async function compareStock(
  ledger: Ledger,
  scope: StockScope,
  rules: StockRules,
): Promise<{ matched: number; changed: number; zeroed: number }> {
  const row = await oneRow<{ matched: number; changed: number; zeroed: number }>(
    ledger.pool,
    `with ${WANTED},
     noted as (
       update catalogue_item c set differs_since = case when w.stock is distinct from w.target then now() end
       from wanted w where c.shop_id = w.shop_id and c.product_id = w.product_id
         and (w.stock is distinct from w.target) <> (c.differs_since is not null)
     )
     select count(*)::int as matched, count(*) filter (where stock is distinct from target)::int as changed,
            count(*) filter (where target = 0 and coalesce(stock, 0) > 0)::int as zeroed from wanted`,
    scopeOf(scope, rules),
  );
  return row ?? { matched: 0, changed: 0, zeroed: 0 };
}

/** What is to be written, those that sell most first. @param skus null: all. @param readSince only what was read since. */
export async function stockDifferences(
  ledger: Ledger,
  scope: StockScope,
  rules: StockRules,
  { skus, readSince }: { skus: readonly string[] | null; readSince: Date },
): Promise<StockDifference[]> {
  const found = await rows<Raw>(
    ledger.pool,
    `with ${WANTED}, ${SOLD}
     select ${WANTED_COLUMNS} from wanted w left join sold on sold.sku = w.sku
     where w.stock is distinct from w.target and ($7::text[] is null or w.sku = any($7)) and w.read_at >= $8
     order by sold desc, w.sku`,
    [...scopeOf(scope, rules), skus, readSince],
  );
  return found.map(withNumbers);
}

/** What the shop is to show of these SKUs, with what it was made of. */
export async function wantedOf(
  ledger: Ledger,
  scope: StockScope,
  rules: StockRules,
  skus: readonly string[],
): Promise<StockDifference[]> {
  const found = await rows<Raw>(
    ledger.pool,
    `with ${WANTED}, ${SOLD}
     select ${WANTED_COLUMNS} from wanted w left join sold on sold.sku = w.sku where w.sku = any($7::text[])`,
    [...scopeOf(scope, rules), skus],
  );
  return found.map(withNumbers);
}

/** A sample to verify: half of it what sells most, the rest by chance. */
export async function sampleOfStock(
  ledger: Ledger,
  scope: StockScope,
  rules: StockRules,
  size: number,
): Promise<string[]> {
  const found = await rows<{ sku: string }>(
    ledger.pool,
    `with ${WANTED}, ${SOLD},
     top as (select w.sku from wanted w join sold on sold.sku = w.sku order by sold.pieces desc, w.sku limit ($7::int + 1) / 2),
     rest as (select w.sku from wanted w where w.sku not in (select sku from top) order by random() limit $7::int)
     select sku from (select sku, 0 as part from top union all select sku, 1 from rest) both_parts order by part limit $7::int`,
    [...scopeOf(scope, rules), size],
  );
  return found.map(({ sku }) => sku);
}

export interface StockDrift extends StockDifference {
  readonly differsSince: Date | null;
  readonly readAt: Date;
  /** What the relay wrote last, and when. */
  readonly lastWritten: number | null;
  readonly lastWrittenAt: Date | null;
  readonly raced: number;
  readonly problem: string | null;
}

/** Where the shop's figure, as last read or told by its webhook, is another one than it should be. The oldest first. */
export async function stockDrift(
  ledger: Ledger,
  scope: StockScope,
  rules: StockRules,
  limit: number,
): Promise<StockDrift[]> {
  const found = await rows<Raw & Omit<StockDrift, keyof StockDifference>>(
    ledger.pool,
    `with ${WANTED}, ${SOLD}
     select ${WANTED_COLUMNS}, w.differs_since as "differsSince", w.read_at as "readAt", sc.after as "lastWritten",
            sc.at as "lastWrittenAt", w.raced, w.problem
     from wanted w left join sold on sold.sku = w.sku
     left join stock_change sc on sc.shop_id = w.shop_id and sc.product_id = w.product_id
     where w.stock is distinct from w.target
     order by w.differs_since nulls last, sold desc, w.sku limit $7`,
    [...scopeOf(scope, rules), limit],
  );
  return found.map(withNumbers);
}
