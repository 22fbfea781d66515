import {
  countFeedSkusNotInCatalogue,
  feedSkusNotInCatalogue,
  forgetProducts,
  keepOnlyVariations,
  ledgerNow,
  noteCatalogueRead,
  noteProducts,
  productsReadBefore,
  unknownProducts,
  type Ledger,
} from '@relay/ledger';
import { MOST_PRODUCTS, type ShopProduct } from '@relay/woocommerce';
import { patiently } from './patiently.js';
import { catalogued, readSkus, type ShopSide } from './read-shop-side.js';
import type { RunProgress } from './run-progress.js';

/**
 * Reads the shop's whole catalogue: products page by page, and the variations that it did not know by whichever takes
 * fewer calls, the lists of their parents or lists of the feed's SKUs. Between two readings the shop's product webhooks
 * keep it fresh.
 */
export async function refreshCatalogue(
  ledger: Ledger,
  shop: ShopSide,
  feedId: string,
  run: RunProgress,
): Promise<void> {
  const startedAt = await ledgerNow(ledger);
  const parents: Parent[] = [];
  for (let page = 1; ; page++) {
    const { products, isLast } = await patiently(() => shop.woocommerce.listProducts(page), run.isOver);
    await noteProducts(ledger, shop.id, products.map(catalogued));
    const variable = products.filter(({ variations }) => variations.length > 0);
    await keepOnlyVariations(
      ledger,
      shop.id,
      variable.map(({ id, variations }) => ({ productId: id, variations })),
    );
    parents.push(...(await withUnknownVariations(ledger, shop.id, variable)));
    run.figures.calls += 1;
    await run.tell('catalogue');
    if (isLast) break;
  }
  await readUnknownVariations(ledger, shop, feedId, parents, run);
  await forgetTheGone(ledger, shop, startedAt, run);
  await noteCatalogueRead(ledger, shop.id);
}

interface Parent {
  readonly id: number;
  readonly pages: number;
}

async function withUnknownVariations(
  ledger: Ledger,
  shopId: string,
  variable: readonly ShopProduct[],
): Promise<Parent[]> {
  const unknown = await unknownProducts(
    ledger,
    shopId,
    variable.flatMap(({ variations }) => variations),
  );
  return variable
    .filter(({ variations }) => variations.some((id) => unknown.has(id)))
    .map(({ id, variations }) => ({ id, pages: Math.ceil(variations.length / MOST_PRODUCTS) }));
}

async function readUnknownVariations(
  ledger: Ledger,
  shop: ShopSide,
  feedId: string,
  parents: readonly Parent[],
  run: RunProgress,
): Promise<void> {
  const byParent = parents.reduce((sum, { pages }) => sum + pages, 0);
  if (byParent === 0) return;
  const bySku = Math.ceil((await countFeedSkusNotInCatalogue(ledger, shop.id, feedId)) / MOST_PRODUCTS);
  if (bySku < byParent) return readBySku(ledger, shop, feedId, run);
  for (const parent of parents)
    for (let page = 1; ; page++) {
      const { products, isLast } = await patiently(() => shop.woocommerce.listVariations(parent.id, page), run.isOver);
      await noteProducts(ledger, shop.id, products.map(catalogued));
      run.figures.calls += 1;
      await run.tell('catalogue');
      if (isLast) break;
    }
}

async function readBySku(ledger: Ledger, shop: ShopSide, feedId: string, run: RunProgress): Promise<void> {
  for (let after = ''; ;) {
    const skus = await feedSkusNotInCatalogue(ledger, shop.id, feedId, { after, limit: MOST_PRODUCTS });
    if (skus.length === 0) return;
    await readSkus(ledger, shop, skus, run.isOver);
    run.figures.calls += 1;
    await run.tell('catalogue');
    after = skus.at(-1) as string;
  }
}

/**
 * A product that no page showed may be gone, or one was deleted while the pages were read and pushed it over an edge: the
 * shop is asked for it by its SKU. One without a SKU concerns nobody.
 */
async function forgetTheGone(ledger: Ledger, shop: ShopSide, startedAt: Date, run: RunProgress): Promise<void> {
  const unread = await productsReadBefore(ledger, shop.id, startedAt);
  await forgetProducts(
    ledger,
    shop.id,
    unread.filter(({ sku }) => sku === '').map(({ productId }) => productId),
  );
  const skus = [...new Set(unread.map(({ sku }) => sku).filter((sku) => sku !== ''))];
  for (let start = 0; start < skus.length; start += MOST_PRODUCTS) {
    await readSkus(ledger, shop, skus.slice(start, start + MOST_PRODUCTS), run.isOver);
    run.figures.calls += 1;
    await run.tell('catalogue');
  }
}
