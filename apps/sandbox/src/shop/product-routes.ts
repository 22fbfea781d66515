import type { Answer } from '../call.js';
import type { Json } from '../json.js';
import { pageOf, readListParams, sortRows, withinDates, ORDERBY } from './list-params.js';
import { textOf } from './php-query.js';
import { runBatch } from './product-batch.js';
import type { Product } from './product-types.js';
import { productView, variationView } from './product-view.js';
import { checkProductTypes, createProduct, deleteProduct, updateProduct } from './product-writes.js';
import { listHeaders, pickFields, wpAnswer } from './respond.js';
import type { Route, RouteCall } from './route.js';
import type { Shop } from './shop.js';
import { ShopError, invalidProductId, invalidVariationId } from './shop-error.js';

const COLLECTION = { allow: 'GET, POST' };
const ITEM = { allow: 'GET, POST, PUT, PATCH, DELETE' };
const PRODUCT_ORDERBY = [...ORDERBY, 'price', 'popularity', 'rating', 'menu_order'];

export const productRoutes: Route[] = [
  { pattern: /^\/products$/, methods: { GET: list, POST: create } },
  { pattern: /^\/products\/batch$/, methods: { POST: batch, PUT: batch, PATCH: batch } },
  { pattern: /^\/products\/(\d+)$/, methods: { GET: get, PUT: update, POST: update, PATCH: update, DELETE: remove } },
  { pattern: /^\/products\/(\d+)\/variations$/, methods: { GET: listVariations } },
  {
    pattern: /^\/products\/(\d+)\/variations\/batch$/,
    methods: { POST: batchVariations, PUT: batchVariations, PATCH: batchVariations },
  },
  {
    pattern: /^\/products\/(\d+)\/variations\/(\d+)$/,
    methods: { GET: getVariation, PUT: updateVariation, POST: updateVariation, PATCH: updateVariation },
  },
];

function list({ shop, query }: RouteCall): Answer {
  const params = readListParams(query, PRODUCT_ORDERBY, shop.settings.offsetMinutes);
  const skus = textOf(query, 'sku')?.toLowerCase();
  // Parted at commas only: a blank after a comma becomes part of the wanted sku and finds nothing.
  const wanted = skus === undefined || skus === '' ? null : new Set(skus.split(','));
  const status = textOf(query, 'status');
  const type = textOf(query, 'type');
  const candidates = wanted === null ? shop.db.products.values() : withSkus(shop, wanted);
  const rows = [...candidates].filter(
    (product) =>
      (wanted !== null || product.type !== 'variation') &&
      (status === undefined || status === 'any' || product.status === status) &&
      (type === undefined || product.type === type) &&
      withinDates(product, params),
  );
  const sorted = sortRows(rows, params, () => shop.random.next());
  const listing = { rows: pageOf(sorted, params), total: rows.length, params };
  const headers = listHeaders(`${shop.settings.homeUrl}/wp-json/wc/v3/products`, query, listing);
  const body = listing.rows.map((product) => pickFields(productView(shop, product), query));
  return wpAnswer(200, body, { ...COLLECTION, ...headers });
}

function withSkus(shop: Shop, wanted: ReadonlySet<string>): Product[] {
  return [...wanted].flatMap((sku) => shop.db.bySku.get(sku) ?? []);
}

function create({ shop, body, query }: RouteCall): Answer {
  checkProductTypes(body);
  return wpAnswer(201, pickFields(productView(shop, createProduct(shop, body)), query), COLLECTION);
}

function get({ shop, ids, query }: RouteCall): Answer {
  const product = shop.db.products.get(Number(ids[0]));
  if (!product) throw invalidProductId(404);
  return wpAnswer(200, pickFields(productView(shop, product), query), ITEM);
}

function update({ shop, ids, query, body }: RouteCall): Answer {
  checkProductTypes(body);
  const product = writable(shop, Number(ids[0]));
  updateProduct(shop, product, body);
  return wpAnswer(200, pickFields(productView(shop, product), query), ITEM);
}

function remove({ shop, ids, query }: RouteCall): Answer {
  const product = shop.db.products.get(Number(ids[0]));
  if (!product) throw invalidProductId(404);
  const before: Json = pickFields(productView(shop, product), query);
  deleteProduct(shop, product);
  return wpAnswer(200, before, ITEM);
}

function batch(call: RouteCall): Answer {
  const { shop } = call;
  return runBatch(call, {
    create: (body) => productView(shop, createProduct(shop, body)),
    update: (id, body) => {
      const product = writable(shop, id);
      updateProduct(shop, product, body);
      return productView(shop, product);
    },
    remove: (id) => {
      const product = shop.db.products.get(id);
      if (!product) throw invalidProductId(404);
      const before = productView(shop, product);
      deleteProduct(shop, product);
      return before;
    },
    removedId: (id) => id,
  });
}

function listVariations({ shop, ids, query }: RouteCall): Answer {
  const parent = shop.db.products.get(Number(ids[0]));
  if (!parent) throw new ShopError(404, 'woocommerce_rest_product_invalid_id', 'Invalid ID.');
  const params = readListParams(query, PRODUCT_ORDERBY, shop.settings.offsetMinutes);
  const rows = parent.variations.flatMap((id) => shop.db.products.get(id) ?? []).filter((v) => withinDates(v, params));
  const sorted = sortRows(rows, params, () => shop.random.next());
  const listing = { rows: pageOf(sorted, params), total: rows.length, params };
  const url = `${shop.settings.homeUrl}/wp-json/wc/v3/products/${parent.id}/variations`;
  const body = listing.rows.map((variation) => pickFields(variationView(shop, variation), query));
  return wpAnswer(200, body, { ...COLLECTION, ...listHeaders(url, query, listing) });
}

function getVariation({ shop, ids, query }: RouteCall): Answer {
  return wpAnswer(200, pickFields(variationView(shop, variationOf(shop, ids[0], Number(ids[1]))), query), ITEM);
}

function updateVariation({ shop, ids, query, body }: RouteCall): Answer {
  checkProductTypes(body);
  const variation = variationOf(shop, ids[0], Number(ids[1]));
  updateProduct(shop, variation, body);
  return wpAnswer(200, pickFields(variationView(shop, variation), query), ITEM);
}

function batchVariations(call: RouteCall): Answer {
  const { shop, ids } = call;
  return runBatch(call, {
    create: (body) => variationView(shop, createProduct(shop, body, shop.db.products.get(Number(ids[0])))),
    update: (id, body) => {
      const variation = variationOf(shop, ids[0], id);
      updateProduct(shop, variation, body);
      return variationView(shop, variation);
    },
    remove: (id) => {
      const variation = variationOf(shop, ids[0], id);
      const before = variationView(shop, variation);
      deleteProduct(shop, variation);
      return before;
    },
    removedId: (id) => ({ id, product_id: Number(ids[0]), force: true }),
  });
}

function writable(shop: Shop, id: number | null): Product {
  const product = id === null ? undefined : shop.db.products.get(id);
  if (!product) throw invalidProductId(400);
  if (product.type === 'variation')
    throw new ShopError(
      404,
      'woocommerce_rest_invalid_product_id',
      'To manipulate product variations you should use the /products/&lt;product_id&gt;/variations/&lt;id&gt; endpoint.',
    );
  return product;
}

function variationOf(shop: Shop, parentId: string | undefined, id: number | null): Product {
  const variation = id === null ? undefined : shop.db.products.get(id);
  if (!variation || variation.type !== 'variation' || variation.parentId !== Number(parentId))
    throw invalidVariationId();
  return variation;
}
