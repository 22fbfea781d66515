import { writeMeta } from './meta.js';
import type { OrderLine, ShopOrder } from './order-types.js';
import type { Product } from './product-types.js';
import type { Shop } from './shop.js';
import { wholeSecond } from './clock.js';

const TAKES = ['on-hold', 'processing', 'completed'];
const GIVES_BACK = ['cancelled', 'pending'];

/** Stock is taken once and given back once, by status; failed, refunded and a force delete give nothing back. */
export function moveStockByStatus(shop: Shop, order: ShopOrder): void {
  if (!order.stockTaken && TAKES.includes(order.status)) {
    order.stockTaken = true;
    for (const line of order.lines) take(shop, line);
  } else if (order.stockTaken && GIVES_BACK.includes(order.status)) {
    order.stockTaken = false;
    for (const line of order.lines) giveBack(shop, line, line.quantity);
  }
}

/** The product whose figure counts: a variation without its own may stand under a managed parent. */
export function stockHolder(shop: Shop, productId: number): Product | undefined {
  const product = shop.db.products.get(productId);
  if (!product || product.manageStock) return product;
  const parent = shop.db.products.get(product.parentId);
  return parent?.manageStock ? parent : undefined;
}

export function changeStock(shop: Shop, product: Product, by: number): void {
  setStock(product, (product.stock ?? 0) + by);
  product.modifiedMs = wholeSecond(Date.now());
  shop.changed('product.updated', product.id);
}

export function setStock(product: Product, quantity: number): void {
  product.stock = quantity;
  if (quantity > 0) product.stockStatus = 'instock';
  else product.stockStatus = product.backorders === 'no' ? 'outofstock' : 'onbackorder';
}

export function giveBack(shop: Shop, line: OrderLine, quantity: number): void {
  const reduced = line.meta.find((row) => row.key === '_reduced_stock');
  const holder = stockHolder(shop, line.variation_id || line.product_id);
  if (!reduced || !holder) return;
  const left = Number(reduced.value) - quantity;
  writeMeta(line.meta, [{ key: '_reduced_stock', value: left > 0 ? String(left) : null }], () => 0);
  changeStock(shop, holder, quantity);
}

function take(shop: Shop, line: OrderLine): void {
  const holder = stockHolder(shop, line.variation_id || line.product_id);
  if (!holder?.manageStock) return;
  writeMeta(line.meta, [{ key: '_reduced_stock', value: String(line.quantity) }], () => shop.db.nextItemMetaId++);
  changeStock(shop, holder, -line.quantity);
}
