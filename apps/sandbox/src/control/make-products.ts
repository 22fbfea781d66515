import type { Provider } from '../hft71/provider.js';
import { asNumber, asText, type JsonObject } from '../json.js';
import { createProduct } from '../shop/product-writes.js';
import type { Shop } from '../shop/shop.js';
import { ControlError } from './control-error.js';

const SIZES_OF_A_COLOUR = 10;

/**
 * A catalogue of a size of one's choice, beside what is there: `simple` products, and `parents` with `variations` each. All
 * of them are HFT71's, with the same figure on both sides.
 */
export function makeProducts(shop: Shop, provider: Provider, input: JsonObject): JsonObject {
  const simple = wholeOf(input, 'simple');
  const parents = wholeOf(input, 'parents');
  const variations = wholeOf(input, 'variations');
  const stock = asNumber(input.stock) ?? 50;
  const prefix = asText(input.prefix) ?? 'ZZ';
  const fields = { regular_price: '12.10', manage_stock: true, stock_quantity: stock };
  const skuOf = (model: number, n: number) => {
    const part = (value: number, digits: number) => String(value).padStart(digits, '0');
    return `${prefix}${part(model, 5)}-${part(Math.floor(n / SIZES_OF_A_COLOUR), 5)}-${part(n % SIZES_OF_A_COLOUR, 4)}`;
  };
  for (let n = 0; n < simple; n += 1) {
    const sku = skuOf(0, n);
    createProduct(shop, { ...fields, name: `Shirt ${sku}`, sku });
    provider.stock.set(sku, stock);
  }
  for (let p = 1; p <= parents; p += 1) {
    const parent = createProduct(shop, { name: `Hoodie ${prefix}${p}`, sku: '', type: 'variable' });
    for (let n = 0; n < variations; n += 1) {
      const sku = skuOf(p, n);
      createProduct(shop, { ...fields, name: sku, sku }, parent);
      provider.stock.set(sku, stock);
    }
  }
  return { simple, variations: parents * variations, products: shop.db.products.size };
}

function wholeOf(input: JsonObject, name: string): number {
  const value = asNumber(input[name]) ?? 0;
  if (!Number.isInteger(value) || value < 0 || value > 1_000_000)
    throw new ControlError(400, `${name} is a whole number from 0 to 1000000`);
  return value;
}
