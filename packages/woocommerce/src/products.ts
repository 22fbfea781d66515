import { z } from 'zod';
import type { BatchedItem, ProductPage, ShopProduct, StockWrite } from './shop-client.js';
import type { ShopCall, ShopHttp } from './shop-http.js';

const PRODUCTS = '/wp-json/wc/v3/products';
/** The most of a page, of a list of SKUs here, and of a batch (413 above it, measured). */
export const MOST_PRODUCTS = 100;
/** A batch of 100 took 1.3–1.8 s where a single read took 50 ms: it may take as many times the patience of a read. */
const BATCH_PATIENCE = 6;

const FIELDS = 'id,parent_id,sku,type,manage_stock,stock_quantity';
const FIELDS_WITH_VARIATIONS = `${FIELDS},variations`;

const product = z
  .object({
    id: z.number().int().positive(),
    parent_id: z.number().int().nullish(),
    sku: z.string().nullish(),
    type: z.string().nullish(),
    manage_stock: z.union([z.boolean(), z.literal('parent')]).nullish(),
    /** A shop with decimal stock may answer a fraction or a text of digits. */
    stock_quantity: z.union([z.number(), z.string().regex(/^-?\d+(\.\d+)?$/)]).nullish(),
    variations: z.array(z.number().int()).nullish(),
  })
  .transform((row): ShopProduct => ({
    id: row.id,
    parentId: row.parent_id ?? 0,
    sku: row.sku ?? '',
    type: row.type ?? 'simple',
    manages: row.manage_stock === true ? 'yes' : row.manage_stock === 'parent' ? 'parent' : 'no',
    stock: wholeOf(row.stock_quantity),
    variations: row.variations ?? [],
  }));

/** A fraction is no figure that the relay could write back: it reads as the whole pieces that are there. */
function wholeOf(quantity: number | string | null | undefined): number | null {
  if (quantity === null || quantity === undefined) return null;
  const whole = Math.floor(Number(quantity));
  return Math.max(-2_147_483_648, Math.min(2_147_483_647, whole));
}

/** What a product's webhook shows; null when it is none. */
export function parseShopProduct(json: unknown): ShopProduct | null {
  return product.safeParse(json).data ?? null;
}

/**
 * Products and variations that have one of these SKUs, to the letter: the shop's filter is blind to case. A SKU with a
 * comma cannot be asked for (the list is parted there, measured) and is not found.
 * @param skus at most 100.
 */
export async function productsBySku(http: ShopHttp, skus: readonly string[]): Promise<ShopProduct[]> {
  const asked = skus.filter((sku) => sku !== '' && !sku.includes(','));
  if (asked.length === 0) return [];
  const wanted = new Set(asked);
  const found: ShopProduct[] = [];
  // Plugins for languages give one SKU to several products: more rows than SKUs.
  for (let page = 1; ; page++) {
    const call: ShopCall = {
      action: 'list_products',
      purpose: 'stock',
      method: 'GET',
      path: PRODUCTS,
      query: { sku: asked.join(','), per_page: String(MOST_PRODUCTS), page: String(page), _fields: FIELDS },
    };
    const rows = await list(http, call);
    found.push(...rows.filter(({ sku }) => wanted.has(sku)));
    if (rows.length < MOST_PRODUCTS) return found;
  }
}

/** Products without their variations, by id. @param page from 1. */
export async function listProducts(http: ShopHttp, page: number): Promise<ProductPage> {
  return pageOf(http, PRODUCTS, FIELDS_WITH_VARIATIONS, page);
}

/** @param page from 1. */
export async function listVariations(http: ShopHttp, parentId: number, page: number): Promise<ProductPage> {
  const { products, isLast } = await pageOf(http, `${PRODUCTS}/${parentId}/variations`, FIELDS, page);
  // Older versions of the shop name neither here.
  return { products: products.map((row) => ({ ...row, type: 'variation', parentId })), isLast };
}

async function pageOf(http: ShopHttp, path: string, fields: string, page: number): Promise<ProductPage> {
  const products = await list(http, {
    action: 'list_products',
    purpose: 'stock',
    method: 'GET',
    path,
    query: { per_page: String(MOST_PRODUCTS), page: String(page), orderby: 'id', order: 'asc', _fields: fields },
  });
  return { products, isLast: products.length < MOST_PRODUCTS };
}

async function list(http: ShopHttp, call: ShopCall): Promise<ShopProduct[]> {
  const answer = await http.call(call);
  const parsed = z.array(product).safeParse(answer.json).data;
  if (parsed === undefined) throw http.unexpectedShape(call, answer.status);
  return parsed;
}

const batchAnswer = z.object({ update: z.array(z.unknown()) });
const failedItem = z.object({ error: z.object({ code: z.string(), message: z.string().nullish() }) });

/**
 * Writes quantities: simple products in one batch, variations by parent. @param parentId null for simple products.
 * @param items at most 100. A batch does not check types: what is no whole number from 0 on throws before it leaves.
 * @returns one for each item, in order. 200 says nothing of them (measured).
 */
export async function writeStock(
  http: ShopHttp,
  parentId: number | null,
  items: readonly StockWrite[],
): Promise<BatchedItem[]> {
  for (const { id, quantity } of items)
    if (!Number.isInteger(quantity) || quantity < 0 || quantity > 2_147_483_647)
      throw new TypeError(`stock of product ${id} is no whole number from 0 on: nothing of the batch was sent`);
  const call: ShopCall = {
    action: 'write_stock',
    purpose: 'stock',
    method: 'POST',
    path: parentId === null ? `${PRODUCTS}/batch` : `${PRODUCTS}/${parentId}/variations/batch`,
    patience: BATCH_PATIENCE,
    body: {
      update: items.map(({ id, quantity, available }) => ({
        id,
        stock_quantity: quantity,
        ...(available === null ? {} : { meta_data: [{ key: '_hft71_stock_available', value: String(available) }] }),
      })),
    },
  };
  const answer = await http.call(call);
  const update = batchAnswer.safeParse(answer.json).data?.update;
  if (update === undefined || update.length !== items.length) throw http.unexpectedShape(call, answer.status);
  return update.map((entry, index) => {
    const { id } = items[index] as StockWrite;
    const failed = failedItem.safeParse(entry).data;
    if (failed !== undefined) return { id, stock: null, error: failed.error.code };
    const shown = product.safeParse(entry).data;
    if (shown === undefined || shown.id !== id) return { id, stock: null, error: 'unexpected-shape' };
    // An item whose quantity is not managed by itself is answered as if all were well, and nothing was written (measured).
    return { id, stock: shown.stock, error: shown.manages === 'yes' ? null : 'stock-not-managed' };
  });
}
