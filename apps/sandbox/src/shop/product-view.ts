import type { JsonObject } from '../json.js';
import { gmtDate, localDate } from './clock.js';
import { showMeta } from './meta.js';
import type { Product } from './product-types.js';
import type { Shop } from './shop.js';

const ALLOW = { allow: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] };

/** The body of `/products/{id}`, of a list by sku (variations too) and of `product.updated`. */
export function productView(shop: Shop, product: Product): JsonObject {
  const isVariation = product.type === 'variation';
  const parent = shop.db.products.get(product.parentId);
  const base = `${shop.settings.homeUrl}/wp-json/wc/v3/products`;
  // Here the stock status stands far from the other stock fields.
  const { stock_status: stockStatus = '', ...stock } = stockFields(shop, product);
  const fullName = isVariation && parent ? `${parent.name} - ${product.name}` : product.name;
  return {
    id: product.id,
    name: fullName,
    slug: product.slug,
    permalink: permalink(shop, product),
    ...dates(shop, product),
    type: product.type,
    status: product.status,
    featured: false,
    catalog_visibility: 'visible',
    description: '',
    short_description: '',
    sku: product.sku,
    ...prices(product),
    on_sale: false,
    purchasable: true,
    total_sales: isVariation ? '0' : 0,
    virtual: false,
    downloadable: false,
    downloads: [],
    download_limit: -1,
    download_expiry: -1,
    external_url: '',
    button_text: '',
    tax_status: 'taxable',
    tax_class: '',
    ...stock,
    sold_individually: false,
    weight: '',
    dimensions: { length: '', width: '', height: '' },
    shipping_required: true,
    shipping_taxable: true,
    shipping_class: '',
    shipping_class_id: 0,
    reviews_allowed: !isVariation,
    average_rating: '0.00',
    rating_count: 0,
    upsell_ids: [],
    cross_sell_ids: [],
    parent_id: product.parentId,
    purchase_note: '',
    categories: isVariation ? [] : [{ id: 15, name: 'Uncategorized', slug: 'uncategorized' }],
    brands: [],
    tags: [],
    images: [],
    attributes: attributes(product),
    default_attributes: [],
    variations: [...product.variations],
    grouped_products: [],
    menu_order: 0,
    price_html: `<span class="woocommerce-Price-amount amount"><bdi><span class="woocommerce-Price-currencySymbol">&euro;</span>${product.price}</bdi></span>`,
    related_ids: [],
    meta_data: showMeta(product.meta),
    stock_status: stockStatus,
    has_options: product.type === 'variable',
    post_password: '',
    global_unique_id: '',
    _links: {
      self: [{ href: `${base}/${product.id}`, targetHints: ALLOW }],
      collection: [{ href: base }],
      ...(isVariation ? { up: [{ href: `${base}/${product.parentId}` }] } : {}),
    },
  };
}

/** The body of `/products/{parent}/variations/{id}`: other fields, and the bare name. */
export function variationView(shop: Shop, product: Product): JsonObject {
  const parentUrl = `${shop.settings.homeUrl}/wp-json/wc/v3/products/${product.parentId}`;
  return {
    id: product.id,
    type: 'variation',
    ...dates(shop, product),
    description: '',
    permalink: permalink(shop, product),
    sku: product.sku,
    global_unique_id: '',
    ...prices(product),
    on_sale: false,
    status: product.status,
    purchasable: true,
    virtual: false,
    downloadable: false,
    downloads: [],
    download_limit: -1,
    download_expiry: -1,
    tax_status: 'taxable',
    tax_class: '',
    ...stockFields(shop, product),
    weight: '',
    dimensions: { length: '', width: '', height: '' },
    shipping_class: '',
    shipping_class_id: 0,
    image: null,
    attributes: attributes(product),
    menu_order: 0,
    meta_data: showMeta(product.meta),
    name: product.name,
    parent_id: product.parentId,
    _links: {
      self: [{ href: `${parentUrl}/variations/${product.id}`, targetHints: ALLOW }],
      collection: [{ href: `${parentUrl}/variations` }],
      up: [{ href: parentUrl }],
    },
  };
}

function stockFields(shop: Shop, product: Product): JsonObject {
  const parent = shop.db.products.get(product.parentId);
  const byParent = product.type === 'variation' && !product.manageStock && parent?.manageStock === true;
  const holder = byParent ? parent : product;
  return {
    manage_stock: byParent ? 'parent' : product.manageStock,
    stock_quantity: holder.manageStock ? holder.stock : null,
    stock_status: holder.stockStatus,
    backorders: holder.backorders,
    backorders_allowed: holder.backorders !== 'no',
    backordered: holder.stockStatus === 'onbackorder',
    low_stock_amount: null,
  };
}

function dates(shop: Shop, { createdMs, modifiedMs }: Product): JsonObject {
  const { offsetMinutes } = shop.settings;
  return {
    date_created: localDate(createdMs, offsetMinutes),
    date_created_gmt: gmtDate(createdMs),
    date_modified: localDate(modifiedMs, offsetMinutes),
    date_modified_gmt: gmtDate(modifiedMs),
  };
}

function prices({ price, type }: Product): JsonObject {
  return {
    price,
    regular_price: type === 'variable' ? '' : price,
    sale_price: '',
    date_on_sale_from: null,
    date_on_sale_from_gmt: null,
    date_on_sale_to: null,
    date_on_sale_to_gmt: null,
  };
}

function attributes(product: Product): JsonObject[] {
  return product.attributes.map(({ name, options }, position): JsonObject =>
    product.type === 'variation'
      ? { id: 0, name, slug: name.toLowerCase(), option: options[0] ?? '' }
      : { id: 0, name, slug: name, position, visible: true, variation: true, options: [...options] },
  );
}

function permalink(shop: Shop, product: Product): string {
  const parent = shop.db.products.get(product.parentId);
  const base = `${shop.settings.homeUrl}/product/${(parent ?? product).slug}/`;
  if (product.type !== 'variation') return base;
  return `${base}?${product.attributes.map((a) => `attribute_${a.name.toLowerCase()}=${a.options[0]}`).join('&')}`;
}
