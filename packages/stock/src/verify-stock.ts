import {
  catalogueOf,
  currentFeed,
  feedPagesOf,
  ledgerNow,
  noteProducts,
  sampleOfStock,
  wantedOf,
  type Ledger,
  type StockScope,
} from '@relay/ledger';
import { MOST_PRODUCTS } from '@relay/woocommerce';
import type { FeedShop } from './context.js';
import { ourSkus } from './our-skus.js';
import { patiently } from './patiently.js';
import { catalogued, type ShopSide } from './read-shop-side.js';

export interface VerifiedSku {
  readonly sku: string;
  /** Read just now; null where there is none. */
  readonly shop: number | null;
  readonly hft71: number | null;
  /** What the shop is to show; null where the relay does not write it. */
  readonly expected: number | null;
  /** shop − expected */
  readonly difference: number | null;
  /** Why it is not compared, in words. */
  readonly note: string | null;
}

const PAGE = 200;

/**
 * Reads a sample live from both sides and compares. @param skus null: a sample, half of it what sells most.
 * @returns null before the first complete feed. @throws CallFailure
 */
export async function verifyStock(
  ledger: Ledger,
  shop: FeedShop & ShopSide,
  {
    skus,
    size,
    sweepOrders,
    onProgress,
  }: {
    skus: readonly string[] | null;
    size: number;
    /** After the figures: a sale that they show is in the ledger. */
    sweepOrders: () => Promise<void>;
    onProgress?: (what: string) => void;
  },
): Promise<VerifiedSku[] | null> {
  const feed = await currentFeed(ledger, shop.accountId);
  if (feed === null) return null;
  // HFT71's figures are read now: what it accepted before is in them.
  const acceptedSince = await ledgerNow(ledger);
  const scope: StockScope = { shopId: shop.id, accountId: shop.accountId, rules: shop.stock.rules, acceptedSince };
  const isOurs = ourSkus(shop.lines);
  const chosen = skus ?? (await sampleOfStock(ledger, scope, size)).filter(isOurs);
  const atHft71 = await readAtHft71(ledger, shop, feed.pages, chosen, onProgress);
  const inShop = new Map<string, number | null>();
  for (let start = 0; start < chosen.length; start += MOST_PRODUCTS) {
    onProgress?.('reading the shop');
    const some = chosen.slice(start, start + MOST_PRODUCTS);
    const products = await patiently(() => shop.woocommerce.productsBySku(some), never);
    await noteProducts(ledger, shop.id, products.map(catalogued));
    for (const { sku, stock } of products) inShop.set(sku, stock);
  }
  onProgress?.('reading the shop’s orders');
  await sweepOrders();
  const wanted = new Map((await wantedOf(ledger, scope, chosen)).map((row) => [row.sku, row]));
  const known = new Map((await catalogueOf(ledger, shop.id, chosen)).map((row) => [row.sku, row]));
  return chosen.map((sku) => {
    const found = inShop.get(sku);
    const row = isOurs(sku) ? wanted.get(sku) : undefined;
    const hft71 = atHft71.get(sku) ?? null;
    const note = noteOf(
      { inShop: found !== undefined, atHft71: hft71 !== null, isWanted: row !== undefined },
      known.get(sku),
    );
    if (row === undefined || hft71 === null || found === undefined)
      return { sku, shop: found ?? null, hft71, expected: null, difference: null, note };
    const expected = Math.max(0, hft71 - row.reserved - row.safety);
    return { sku, shop: found, hft71, expected, difference: (found ?? 0) - expected, note: null };
  });
}

const never = () => false;

function noteOf(
  found: { inShop: boolean; atHft71: boolean; isWanted: boolean },
  known: { type: string; manages: string } | undefined,
): string | null {
  if (!found.inShop) return 'the shop has no product with this SKU';
  if (!found.atHft71) return 'not in HFT71’s feed now';
  if (found.isWanted) return null;
  if (known?.manages === 'no') return 'stock management is off in the shop';
  if (known?.manages === 'parent') return 'its parent manages the stock';
  return 'not written by the relay: see relay stock report';
}

/** From the pages on which the SKUs stood last; where they are not found there, from the others. */
async function readAtHft71(
  ledger: Ledger,
  shop: FeedShop,
  pages: number,
  skus: readonly string[],
  onProgress: ((what: string) => void) | undefined,
): Promise<Map<string, number>> {
  const known = await feedPagesOf(ledger, shop.accountId, skus);
  const likely = new Set(known.map(({ page }) => page));
  const others = Array.from({ length: pages + 1 }, (_, index) => index + 1).filter((page) => !likely.has(page));
  const open = new Set(known.map(({ sku }) => sku)); // what the last feed did not name is not looked for page by page
  const found = new Map<string, number>();
  for (const page of [...[...likely].sort((one, other) => one - other), ...others]) {
    if (open.size === 0) break;
    onProgress?.(`reading HFT71’s feed, page ${page}`);
    const { rows, entries } = await patiently(() => shop.hft71.reading('stock').stockPage(page, PAGE), never);
    for (const { sku, stock } of rows)
      if (open.has(sku)) {
        found.set(sku, stock);
        open.delete(sku);
      }
    if (entries === 0) break;
  }
  return found;
}
