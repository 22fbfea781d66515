import { rows, type Ledger } from './connect.js';

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
 * of the account, which that figure does not know of − safety stock. An order counts
 * - while HFT71 has not accepted it, in doubt too: rather a piece too few than one sold twice;
 * - while it is on hold in the shop, which takes the stock then (measured): no intent knows of it yet, or no longer;
 * - when it was accepted after the feed's reading began: the figure may be from before;
 * - where the figure falls at production, until it is produced, and when that was read after the feed's reading began.
 * $1 shop, $2 account, $3 falls, $4 safety, $5 missing, $6 since when accepted orders count; null: the feed's reading. The
 * feed is the account's current one, whatever this run read: it is complete, and nobody deletes it.
 */
const WANTED = `
feed as materialized (select f.id, f.started_at from account a join stock_feed f on f.id = a.current_feed_id where a.id = $2),
taking as materialized (
  select i.shop_id, i.order_id from intent i join shop_order o on o.shop_id = i.shop_id and o.order_id = i.order_id
  where i.account_id = $2 and i.kind in ('send_order', 'reprint') and i.state in ('waiting', 'ready', 'sending', 'in_doubt', 'held', 'rejected')
    and (i.kind = 'reprint' or o.status not in ${NOT_TAKEN})
  union all
  select o.shop_id, o.order_id from shop_order o join shop s on s.id = o.shop_id and s.account_id = $2
  where o.status = 'on-hold' and not exists (
    select 1 from intent i where i.shop_id = o.shop_id and i.order_id = o.order_id and i.kind = 'send_order'
      and i.state not in ('skipped', 'shadowed', 'cancelled'))
  union all
  select p.shop_id, p.order_id from progress p where p.account_id = $2 and p.accepted_at >= coalesce($6::timestamptz, (select started_at from feed))
  union all
  select p.shop_id, p.order_id from progress p
  where $3::text = 'produced' and p.account_id = $2 and p.accepted_at < coalesce($6::timestamptz, (select started_at from feed))
    and (p.ended is distinct from 'terminal' or p.read_at >= (select started_at from feed))
),
open as materialized (
  select line ->> 'sku' as sku, sum((line ->> 'quantity')::numeric)::int as pieces
  from taking t join shop_order o on o.shop_id = t.shop_id and o.order_id = t.order_id cross join jsonb_array_elements(o.lines) line
  group by 1
),
twice as materialized (select sku from catalogue_item where shop_id = $1 and sku <> '' group by sku having count(*) > 1),
wanted as (
  select c.*, f.stock as hft71, coalesce(open.pieces, 0) as reserved, coalesce(s.pieces, $4::int) as safety,
         case when f.sku is null then 0 else greatest(f.stock - coalesce(open.pieces, 0) - coalesce(s.pieces, $4::int), 0) end as target
  from feed cross join catalogue_item c
  left join feed_sku f on f.feed_id = feed.id and f.sku = c.sku
  left join open on open.sku = c.sku
  left join safety_stock s on s.shop_id = c.shop_id and s.sku = c.sku
  where c.shop_id = $1 and c.type in ('simple', 'variation') and c.manages = 'yes' and c.sku <> '' and c.missed_at is null
    and c.sku not in (select sku from twice)
    and ((f.sku is not null and f.fault is null)
      -- one reading may have missed a row that moved from page to page meanwhile
      or (f.sku is null and $5::text = 'zero' and c.missing_since < feed.started_at))
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
  readonly rules: StockRules;
  /** Orders accepted from then on are not in HFT71's figure. Left out: since the reading of the feed began. */
  readonly acceptedSince?: Date;
}

function scopeOf({ shopId, accountId, rules, acceptedSince = undefined }: StockScope): unknown[] {
  return [shopId, accountId, rules.falls, rules.safety, rules.missing, acceptedSince ?? null];
}

const WANTED_COLUMNS = `w.product_id as "productId", w.parent_id as "parentId", w.sku, w.stock as shop, w.hft71, w.reserved,
  w.safety, w.target, coalesce(sold.pieces, 0) as sold`;

type Raw = Omit<StockDifference, 'productId' | 'parentId'> & { productId: string; parentId: string };
const withNumbers = <T extends Raw>(row: T) => ({
  ...row,
  productId: Number(row.productId),
  parentId: Number(row.parentId),
});

export interface StockComparison {
  /** Products that were compared. */
  readonly matched: number;
  /** What is to be written, those that sell most first. */
  readonly differences: readonly StockDifference[];
}

/**
 * Compares what was read since, and notes since when each product differs.
 * @param skus null: all. @param readSince only what was read since.
 */
export async function compareStock(
  ledger: Ledger,
  scope: StockScope,
  { skus, readSince }: { skus: readonly string[] | null; readSince: Date },
): Promise<StockComparison> {
  const found = await rows<Raw & { matched: number }>(
    ledger.pool,
    `with ${WANTED}, ${SOLD},
     compared as materialized (select * from wanted w where ($7::text[] is null or w.sku = any($7)) and w.read_at >= $8),
     noted as (
       update catalogue_item c set differs_since = case when w.stock is distinct from w.target then coalesce(c.differs_since, now()) end,
         problem = case when w.stock is distinct from w.target then c.problem end
       from compared w where c.shop_id = w.shop_id and c.product_id = w.product_id
         and (w.stock is distinct from w.target) <> (c.differs_since is not null)
     )
     select ${WANTED_COLUMNS}, m.matched from (select count(*)::int as matched from compared) m
     left join compared w on w.stock is distinct from w.target
     left join sold on sold.sku = w.sku
     order by sold desc, w.sku`,
    [...scopeOf(scope), skus, readSince],
  );
  const differences = found.filter(({ productId }) => (productId as string | null) !== null);
  return { matched: found[0]?.matched ?? 0, differences: differences.map(withNumbers) };
}

/** What the shop is to show of these SKUs, with what it is made of. */
export async function wantedOf(ledger: Ledger, scope: StockScope, skus: readonly string[]): Promise<StockDifference[]> {
  const found = await rows<Raw>(
    ledger.pool,
    `with ${WANTED}
     select w.product_id as "productId", w.parent_id as "parentId", w.sku, w.stock as shop, w.hft71, w.reserved, w.safety, w.target, 0 as sold
     from wanted w where w.sku = any($7::text[])`,
    [...scopeOf(scope), skus],
  );
  return found.map(withNumbers);
}

/** A sample to verify: half of it what sells most, the rest by chance. */
export async function sampleOfStock(ledger: Ledger, scope: StockScope, size: number): Promise<string[]> {
  const found = await rows<{ sku: string }>(
    ledger.pool,
    `with ${WANTED}, ${SOLD},
     top as (select w.sku from wanted w join sold on sold.sku = w.sku order by sold.pieces desc, w.sku limit ($7::int + 1) / 2),
     rest as (select w.sku from wanted w where w.sku not in (select sku from top) order by random() limit $7::int)
     select sku from (select sku, 0 as part from top union all select sku, 1 from rest) both_parts order by part limit $7::int`,
    [...scopeOf(scope), size],
  );
  return found.map(({ sku }) => sku);
}

export interface StockDrift extends StockDifference {
  readonly differsSince: Date | null;
  readonly readAt: Date;
  /** What the relay wrote last, when, and why. */
  readonly lastWritten: number | null;
  readonly lastWrittenAt: Date | null;
  readonly lastCause: string | null;
  readonly raced: number;
  readonly problem: string | null;
}

/**
 * Where the shop's figure, as last read or told by its webhook, is another one than it should be. The oldest first.
 * @param skus these, differing or not. Left out: all that differ.
 */
export async function stockDrift(
  ledger: Ledger,
  scope: StockScope,
  { limit, skus = undefined }: { limit: number; skus?: readonly string[] | undefined },
): Promise<StockDrift[]> {
  const found = await rows<Raw & Omit<StockDrift, keyof StockDifference>>(
    ledger.pool,
    `with ${WANTED}, ${SOLD}
     select ${WANTED_COLUMNS}, w.differs_since as "differsSince", w.read_at as "readAt", sc.after as "lastWritten",
            sc.at as "lastWrittenAt", sc.cause as "lastCause", w.raced, w.problem
     from wanted w left join sold on sold.sku = w.sku
     left join stock_change sc on sc.shop_id = w.shop_id and sc.product_id = w.product_id and sc.is_sure
     where case when $8::text[] is null then w.stock is distinct from w.target else w.sku = any($8) end
     order by w.differs_since nulls last, sold desc, w.sku limit $7`,
    [...scopeOf(scope), limit, skus ?? null],
  );
  return found.map(withNumbers);
}
