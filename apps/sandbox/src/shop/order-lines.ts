import { asNumber, asObjects, asText, type Json, type JsonObject } from '../json.js';
import { writeMeta } from './meta.js';
import type { OrderLine, ShopOrder } from './order-types.js';
import type { Product } from './product-types.js';
import type { Shop } from './shop.js';
import { ShopError } from './shop-error.js';

export function money(amount: number): string {
  return amount.toFixed(2);
}

export function makeLine(shop: Shop, input: JsonObject): OrderLine {
  const product = findProduct(shop, input);
  if (!product && asText(input.name) === undefined)
    throw new ShopError(400, 'woocommerce_rest_required_product_reference', 'Product ID or SKU is required.');
  const parent = product?.type === 'variation' ? shop.db.products.get(product.parentId) : undefined;
  const quantity = asNumber(input.quantity) ?? 1;
  const total = asText(input.total) ?? money(Number(product?.price ?? 0) * quantity);
  const line: OrderLine = {
    id: shop.db.nextItemId++,
    name: asText(input.name) ?? (parent ? `${parent.name} - ${product?.name}` : (product?.name ?? '')),
    product_id: parent?.id ?? product?.id ?? 0,
    variation_id: parent && product ? product.id : 0,
    quantity,
    tax_class: '',
    subtotal: asText(input.subtotal) ?? total,
    total,
    sku: asText(input.sku) ?? product?.sku ?? '',
    price: quantity === 0 ? 0 : Math.round((Number(total) / quantity) * 100) / 100,
    parent_name: parent?.name ?? null,
    meta: [],
  };
  const nextMetaId = () => shop.db.nextItemMetaId++;
  for (const { name, options } of parent && product ? product.attributes : [])
    writeMeta(line.meta, [{ key: name.toLowerCase(), value: options[0] ?? '' }], nextMetaId);
  writeMeta(line.meta, input.meta_data, nextMetaId);
  return line;
}

/** `line_items` of a PUT: a known id is changed in place, quantity 0 or a null product removes, no id adds. */
export function writeLines(shop: Shop, order: ShopOrder, input: Json | undefined): void {
  for (const entry of asObjects(input)) {
    const id = asNumber(entry.id);
    if (id === undefined) {
      order.lines.push(makeLine(shop, entry));
      continue;
    }
    const line = order.lines.find((known) => known.id === id);
    if (!line)
      throw new ShopError(
        400,
        'woocommerce_rest_invalid_item_id',
        'Order item ID provided is not associated with order.',
      );
    if (entry.product_id === null || entry.quantity === 0) order.lines.splice(order.lines.indexOf(line), 1);
    else changeLine(shop, line, entry);
  }
  order.fields.total = money(orderTotal(order));
}

export function orderTotal(order: ShopOrder): number {
  const extras = [...asObjects(order.fields.shipping_lines), ...asObjects(order.fields.fee_lines)];
  return [...order.lines, ...extras].reduce((sum, { total }) => sum + Number(total), 0);
}

function changeLine(shop: Shop, line: OrderLine, entry: JsonObject): void {
  const quantity = asNumber(entry.quantity);
  if (quantity !== undefined) {
    line.quantity = quantity;
    line.subtotal = line.total = money(line.price * quantity);
  }
  line.total = asText(entry.total) ?? line.total;
  line.sku = asText(entry.sku) ?? line.sku;
  writeMeta(line.meta, entry.meta_data, () => shop.db.nextItemMetaId++);
}

function findProduct(shop: Shop, input: JsonObject): Product | undefined {
  const id = asNumber(input.variation_id) || asNumber(input.product_id);
  if (id !== undefined) return shop.db.products.get(id);
  const sku = asText(input.sku);
  if (sku === undefined || sku === '') return undefined;
  return [...shop.db.products.values()].find((product) => product.sku === sku);
}
