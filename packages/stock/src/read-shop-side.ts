import {
  forgetUnread,
  noteHft71Products,
  noteProducts,
  skusToRead,
  type CatalogueProduct,
  type Ledger,
} from '@relay/ledger';
import { MOST_PRODUCTS, type ShopClient, type ShopProduct } from '@relay/woocommerce';
import { patiently } from './patiently.js';
import type { RunProgress } from './run-progress.js';

export interface ShopSide {
  readonly id: string;
  readonly woocommerce: ShopClient;
}

/** Reads up to a hundred SKUs of the shop, and keeps what it shows. What is no longer there leaves the catalogue. */
export async function readSkus(
  ledger: Ledger,
  shop: ShopSide,
  skus: readonly string[],
  isOver: () => boolean,
): Promise<ShopProduct[]> {
  const products = await patiently(() => shop.woocommerce.productsBySku(skus), isOver);
  await noteProducts(ledger, shop.id, products.map(catalogued));
  const asked = skus.filter((sku) => !sku.includes(','));
  await forgetUnread(
    ledger,
    shop.id,
    asked,
    products.map(({ id }) => id),
  );
  return products;
}

/** Reads the shop's figures of all SKUs that a run compares, a hundred a call. @param skus null: all. */
export async function readShopSide(
  ledger: Ledger,
  shop: ShopSide,
  { feedId, skus }: { feedId: string; skus: readonly string[] | null },
  run: RunProgress,
): Promise<void> {
  await noteHft71Products(ledger, shop.id, feedId);
  for (let after = ''; ;) {
    const page = await skusToRead(ledger, shop.id, feedId, { skus, after, limit: MOST_PRODUCTS });
    if (page.length === 0) break;
    await readSkus(ledger, shop, page, run.isOver);
    run.figures.readSkus += page.length;
    run.figures.calls += 1;
    await run.tell('shop');
    after = page.at(-1) as string;
  }
}

export function catalogued(product: ShopProduct): CatalogueProduct {
  const { id, parentId, sku, type, manages, stock } = product;
  return { productId: id, parentId, sku, type, manages, stock };
}
