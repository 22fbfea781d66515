import { asNumber, asText, type Json, type JsonObject } from '../json.js';
import { wholeSecond } from './clock.js';
import { writeMeta } from './meta.js';
import type { Product } from './product-types.js';
import type { Shop } from './shop.js';
import { ShopError, invalidParam } from './shop-error.js';
import { setStock } from './stock.js';

/** What a single PUT checks, and a batch does not. */
export function checkProductTypes(body: JsonObject): void {
  const { manage_stock: manageStock, stock_quantity: quantity, backorders } = body;
  if (
    manageStock !== undefined &&
    ![true, false, 'true', 'false', 0, 1, '0', '1'].some((known) => known === manageStock)
  )
    throw invalidParam('manage_stock', 'manage_stock is not of type boolean.', 'rest_invalid_type');
  if (quantity !== undefined && quantity !== null && !Number.isInteger(asNumber(quantity)))
    throw invalidParam('stock_quantity', 'stock_quantity is not of type integer.', 'rest_invalid_type');
  if (backorders !== undefined && !['no', 'notify', 'yes'].some((known) => known === backorders))
    throw invalidParam('backorders', 'backorders is not one of no, notify, and yes.', 'rest_not_in_enum');
  if (body.meta_data !== undefined && !Array.isArray(body.meta_data))
    throw invalidParam('meta_data', 'meta_data is not of type array.', 'rest_invalid_type');
}

/** Any write moves `date_modified` and tells `product.updated`, an equal value too. */
export function updateProduct(shop: Shop, product: Product, body: JsonObject): void {
  const sku = asText(body.sku);
  if (sku !== undefined && sku !== product.sku) {
    const free = freeSku(shop, sku);
    if (product.sku !== '') shop.db.bySku.delete(product.sku.toLowerCase());
    product.sku = free;
    if (free !== '') shop.db.bySku.set(free.toLowerCase(), product);
  }
  product.name = asText(body.name) ?? product.name;
  product.price = asText(body.regular_price) ?? product.price;
  product.status = asText(body.status) ?? product.status;
  product.backorders = asText(body.backorders) ?? product.backorders;
  if (body.manage_stock !== undefined) product.manageStock = phpBoolean(body.manage_stock);
  if (!product.manageStock) {
    // The quantity is ignored silently; the status may then be set by hand.
    product.stock = null;
    product.stockStatus = asText(body.stock_status) ?? product.stockStatus;
  } else if (body.stock_quantity !== undefined) setStock(product, phpStockAmount(body.stock_quantity));
  else if (body.inventory_delta !== undefined)
    setStock(product, (product.stock ?? 0) + phpStockAmount(body.inventory_delta));
  else setStock(product, product.stock ?? 0);
  writeMeta(product.meta, body.meta_data, () => shop.db.nextMetaId++);
  product.modifiedMs = wholeSecond(Date.now());
  shop.changed('product.updated', product.id);
}

export function createProduct(shop: Shop, body: JsonObject, parent?: Product): Product {
  const nowMs = wholeSecond(Date.now());
  const sku = freeSku(shop, asText(body.sku) ?? '');
  const name = asText(body.name) ?? 'Product';
  const product: Product = {
    id: shop.db.nextPostId++,
    type: parent ? 'variation' : body.type === 'variable' ? 'variable' : 'simple',
    name,
    slug: name.toLowerCase().replace(/[^a-z0-9]+/g, '-'),
    sku,
    status: 'publish',
    price: asText(body.regular_price) ?? '',
    parentId: parent?.id ?? 0,
    variations: [],
    attributes: [],
    manageStock: phpBoolean(body.manage_stock ?? false),
    stock: null,
    stockStatus: 'instock',
    backorders: asText(body.backorders) ?? 'no',
    createdMs: nowMs,
    modifiedMs: nowMs,
    meta: [],
  };
  if (product.manageStock) setStock(product, phpStockAmount(body.stock_quantity ?? 0));
  writeMeta(product.meta, body.meta_data, () => shop.db.nextMetaId++);
  shop.db.products.set(product.id, product);
  if (sku !== '') shop.db.bySku.set(sku.toLowerCase(), product);
  parent?.variations.push(product.id);
  shop.changed('product.created', product.id);
  return product;
}

export function deleteProduct(shop: Shop, product: Product): void {
  shop.db.products.delete(product.id);
  if (product.sku !== '') shop.db.bySku.delete(product.sku.toLowerCase());
  const parent = shop.db.products.get(product.parentId);
  if (parent) parent.variations = parent.variations.filter((id) => id !== product.id);
}

function freeSku(shop: Shop, sku: string): string {
  const owner = sku === '' ? undefined : shop.db.bySku.get(sku.toLowerCase());
  if (owner)
    throw new ShopError(400, 'product_invalid_sku', 'Invalid or duplicated SKU.', {
      resource_id: owner.id,
      unique_sku: `${sku}-1`,
    });
  return sku;
}

/** `wc_stock_amount`: an integer cast, so a text without digits is 0. */
function phpStockAmount(value: Json): number {
  if (typeof value === 'boolean') return value ? 1 : 0;
  const match = /^\s*[-+]?\d+/.exec(asText(value) ?? '');
  return match ? Number(match[0]) : 0;
}

/** `wc_string_to_bool`: the word "parent" that a variation reads is not true. */
function phpBoolean(value: Json): boolean {
  return value === true || value === 1 || ['yes', '1', 'true', 'on'].includes(String(asText(value)).toLowerCase());
}
