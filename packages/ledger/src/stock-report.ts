import { rows, type Ledger } from './connect.js';

/** What a stock run does not touch, and why. */
export const STOCK_FINDINGS = {
  'only-at-hft71': 'in the feed, and no product of the shop has this SKU',
  'only-in-the-shop': 'the feed has never named it: the merchant’s own',
  'missing-from-the-feed': 'the feed named it once, and no longer does',
  'spelt-otherwise': 'the shop has it with other capitals or blanks: SKUs must be the same to the letter',
  'not-believed': 'the feed’s figure cannot be believed',
  'twice-in-the-feed': 'the feed names it more than once: the last figure counted',
  'twice-in-the-shop': 'several products of the shop have this SKU',
  'stock-not-managed': 'stock management is off in the shop',
  'stock-of-the-parent': 'its parent manages the stock for all its variations',
  'other-type': 'neither a simple product nor a variation',
} as const;

export type StockFinding = keyof typeof STOCK_FINDINGS;

export interface FoundStock {
  readonly kind: StockFinding;
  readonly sku: string;
  readonly detail: string | null;
}

/** Blanks and capitals are what people and spreadsheets change. */
const comparable = (column: string) => `lower(regexp_replace(${column}, '\\s', '', 'g'))`;

const FOUND = `
items as (select * from catalogue_item where shop_id = $1 and sku <> ''),
feed as (select * from feed_sku where feed_id = $2),
unmatched as (select f.* from feed f where not exists (select 1 from items c where c.sku = f.sku)),
spelt as (
  select f.sku, min(c.sku) as as_shop from unmatched f join items c on ${comparable('c.sku')} = ${comparable('f.sku')} group by f.sku
),
found as (
  select 'only-at-hft71' as kind, sku, null::text as detail from unmatched where sku not in (select sku from spelt)
  union all select 'spelt-otherwise', sku, as_shop from spelt
  union all select 'not-believed', sku, fault from feed where fault is not null
  union all select 'twice-in-the-feed', sku, times::text from feed where times > 1
  union all select case when hft71_since is null then 'only-in-the-shop' else 'missing-from-the-feed' end, sku, product_id::text
    from items c where not exists (select 1 from feed f where f.sku = c.sku) and sku not in (select as_shop from spelt)
      and c.type <> 'variable'
  union all select 'twice-in-the-shop', sku, count(*)::text from items group by sku having count(*) > 1
  union all select case when c.type not in ('simple', 'variation') then 'other-type'
                        when c.manages = 'no' then 'stock-not-managed' else 'stock-of-the-parent' end, c.sku, c.type
    from items c join feed f on f.sku = c.sku where c.manages <> 'yes' or c.type not in ('simple', 'variation')
)`;

export async function countStockFindings(
  ledger: Ledger,
  shopId: string,
  feedId: string,
): Promise<{ kind: StockFinding; count: number }[]> {
  return rows(ledger.pool, `with ${FOUND} select kind, count(*)::int as count from found group by kind order by kind`, [
    shopId,
    feedId,
  ]);
}

/** @param kind null: all. @param after the SKU that the page before ended with. */
export async function stockFindings(
  ledger: Ledger,
  scope: { shopId: string; feedId: string },
  { kind, after, limit }: { kind: StockFinding | null; after: string; limit: number },
): Promise<FoundStock[]> {
  return rows(
    ledger.pool,
    `with ${FOUND} select kind, sku, detail from found where ($3::text is null or kind = $3) and sku > $4 order by sku, kind limit $5`,
    [scope.shopId, scope.feedId, kind, after, limit],
  );
}

/** SKUs that HFT71's feed keeps, by the shop's own: what a live look compares. */
export async function catalogueOf(
  ledger: Ledger,
  shopId: string,
  skus: readonly string[],
): Promise<{ sku: string; type: string; manages: string; problem: string | null; inFeedOnce: boolean }[]> {
  return rows(
    ledger.pool,
    `select sku, type, manages, problem, hft71_since is not null as "inFeedOnce" from catalogue_item
     where shop_id = $1 and sku = any($2::text[])`,
    [shopId, skus],
  );
}

/** Which of these the account's feed or the shop has. Before the first feed every SKU may be there. */
export async function skusKnown(
  ledger: Ledger,
  shop: { readonly id: string; readonly accountId: string },
  skus: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = await rows<{ sku: string }>(
    ledger.pool,
    `select u.sku from unnest($3::text[]) as u(sku)
     where exists (select 1 from account a where a.id = $2 and a.current_feed_id is null)
        or exists (select 1 from feed_sku f join account a on a.current_feed_id = f.feed_id where a.id = $2 and f.sku = u.sku)
        or exists (select 1 from catalogue_item c where c.shop_id = $1 and c.sku = u.sku)`,
    [shop.id, shop.accountId, skus],
  );
  return new Set(found.map(({ sku }) => sku));
}
