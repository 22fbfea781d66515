import { oneRow, rows, type Ledger } from './connect.js';

/** A product or variation as the shop shows it. */
export interface CatalogueProduct {
  readonly productId: number;
  /** 0 for a product of its own. */
  readonly parentId: number;
  readonly sku: string;
  /** simple, variable, variation, … */
  readonly type: string;
  /** Whose figure counts: its own, nobody's, its parent's. */
  readonly manages: 'yes' | 'no' | 'parent';
  readonly stock: number | null;
}

/** What was read of the shop's products. Nothing is removed by it. */
export async function noteProducts(
  ledger: Ledger,
  shopId: string,
  products: readonly CatalogueProduct[],
): Promise<void> {
  if (products.length === 0) return;
  const last = [...new Map(products.map((product) => [product.productId, product])).values()];
  await ledger.pool.query(
    `insert into catalogue_item (shop_id, product_id, parent_id, sku, type, manages, stock)
     select $1, u.* from unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::int[]) as u
     on conflict (shop_id, product_id) do update set
       parent_id = excluded.parent_id, sku = excluded.sku, type = excluded.type, manages = excluded.manages,
       stock = excluded.stock, read_at = now()`,
    [
      shopId,
      last.map(({ productId }) => productId),
      last.map(({ parentId }) => parentId),
      last.map(({ sku }) => sku),
      last.map(({ type }) => type),
      last.map(({ manages }) => manages),
      last.map(({ stock }) => stock),
    ],
  );
}

/** The shop says that these are gone, or no longer have these SKUs. */
export async function forgetProducts(ledger: Ledger, shopId: string, productIds: readonly number[]): Promise<void> {
  if (productIds.length === 0) return;
  await ledger.pool.query(
    'delete from catalogue_item where shop_id = $1 and (product_id = any($2::bigint[]) or parent_id = any($2::bigint[]))',
    [shopId, productIds],
  );
}

/** Products that a reading of these SKUs should have shown and did not: gone, or renamed. */
export async function forgetUnread(
  ledger: Ledger,
  shopId: string,
  skus: readonly string[],
  readProductIds: readonly number[],
): Promise<void> {
  await ledger.pool.query(
    'delete from catalogue_item where shop_id = $1 and sku = any($2::text[]) and product_id <> all($3::bigint[])',
    [shopId, skus, readProductIds],
  );
}

/** The whole catalogue was read: what this reading did not show, oldest first. */
export async function productsReadBefore(
  ledger: Ledger,
  shopId: string,
  before: Date,
): Promise<{ productId: number; sku: string }[]> {
  const found = await rows<{ productId: string; sku: string }>(
    ledger.pool,
    `select product_id as "productId", sku from catalogue_item where shop_id = $1 and read_at < $2 and type <> 'variation'`,
    [shopId, before],
  );
  return found.map(({ productId, sku }) => ({ productId: Number(productId), sku }));
}

export async function noteCatalogueRead(ledger: Ledger, shopId: string): Promise<void> {
  await ledger.pool.query('update shop set catalogue_read_at = now() where id = $1', [shopId]);
}

/** @returns null before the first reading. By the ledger's clock. */
export async function catalogueAgeMs(ledger: Ledger, shopId: string): Promise<number | null> {
  const row = await oneRow<{ ms: number | null }>(
    ledger.pool,
    'select (extract(epoch from now() - catalogue_read_at) * 1000)::float8 as ms from shop where id = $1',
    [shopId],
  );
  return row?.ms ?? null;
}

/** Which of these variations the catalogue does not have. */
export async function unknownProducts(
  ledger: Ledger,
  shopId: string,
  productIds: readonly number[],
): Promise<ReadonlySet<number>> {
  const found = await rows<{ id: string }>(
    ledger.pool,
    `select u.id from unnest($2::bigint[]) as u(id)
     where not exists (select 1 from catalogue_item c where c.shop_id = $1 and c.product_id = u.id)`,
    [shopId, productIds],
  );
  return new Set(found.map(({ id }) => Number(id)));
}

/** Variations of these parents that the parents no longer name: gone. */
export async function keepOnlyVariations(
  ledger: Ledger,
  shopId: string,
  parents: readonly { readonly productId: number; readonly variations: readonly number[] }[],
): Promise<void> {
  await ledger.pool.query(
    `delete from catalogue_item where shop_id = $1 and parent_id = any($2::bigint[]) and product_id <> all($3::bigint[])`,
    [shopId, parents.map(({ productId }) => productId), parents.flatMap(({ variations }) => variations)],
  );
}

/** SKUs of a feed that no product of the catalogue has, after `after`, in the database's order of text. */
export async function feedSkusNotInCatalogue(
  ledger: Ledger,
  shopId: string,
  feedId: string,
  { after, limit }: { after: string; limit: number },
): Promise<string[]> {
  const found = await rows<{ sku: string }>(
    ledger.pool,
    `select f.sku from feed_sku f
     where f.feed_id = $2 and f.sku > $3 and not exists (select 1 from catalogue_item c where c.shop_id = $1 and c.sku = f.sku)
     order by f.sku limit $4`,
    [shopId, feedId, after, limit],
  );
  return found.map(({ sku }) => sku);
}

export async function countFeedSkusNotInCatalogue(ledger: Ledger, shopId: string, feedId: string): Promise<number> {
  const row = await oneRow<{ count: number }>(
    ledger.pool,
    `select count(*)::int as count from feed_sku f
     where f.feed_id = $2 and not exists (select 1 from catalogue_item c where c.shop_id = $1 and c.sku = f.sku)`,
    [shopId, feedId],
  );
  return row?.count ?? 0;
}

/**
 * SKUs of the shop that a feed names, or that one named once: what a run reads. Those that are not a run's to write are
 * read too, since what they are may have changed. @param skus null: all. @param after the last one of the page before.
 */
export async function skusToRead(
  ledger: Ledger,
  shopId: string,
  feedId: string,
  { skus, after, limit }: { skus: readonly string[] | null; after: string; limit: number },
): Promise<string[]> {
  const found = await rows<{ sku: string }>(
    ledger.pool,
    `select distinct c.sku from catalogue_item c
     where c.shop_id = $1 and c.sku > $3 and c.sku <> '' and ($4::text[] is null or c.sku = any($4))
       and (c.hft71_since is not null or exists (select 1 from feed_sku f where f.feed_id = $2 and f.sku = c.sku))
     order by c.sku limit $5`,
    [shopId, feedId, after, skus, limit],
  );
  return found.map(({ sku }) => sku);
}

/** From now on these are HFT71's: products that the feed names for the first time. */
export async function noteHft71Products(ledger: Ledger, shopId: string, feedId: string): Promise<void> {
  await ledger.pool.query(
    `update catalogue_item c set hft71_since = now() from feed_sku f
     where c.shop_id = $1 and c.hft71_since is null and f.feed_id = $2 and f.sku = c.sku`,
    [shopId, feedId],
  );
}
