import { randomUUID } from 'node:crypto';
import { asNumber, asObject, asText, mergeDeep, type Json, type JsonObject } from '../json.js';
import { gmtDate, wholeSecond } from '../shop/clock.js';
import { createOrder, type OrderOrigin } from '../shop/order-writes.js';
import type { Product } from '../shop/product-types.js';
import type { Shop } from '../shop/shop.js';
import type { Timers } from '../timers.js';
import { ControlError } from './control-error.js';

export const ORDER_KINDS = [
  'simple',
  'variation',
  'mixed',
  'foreign',
  'summed',
  'empty-sku',
  'fractional',
  'billing-only',
  'company',
  'no-address',
] as const;
export type OrderKind = (typeof ORDER_KINDS)[number];

/** Orders as a shop gets them, each with a marker of its own: the identity by which the record counts. */
export async function makeOrders(
  shop: Shop,
  isStocked: (sku: string) => boolean,
  timers: Timers,
  input: JsonObject,
): Promise<number[]> {
  const count = asNumber(input.count) ?? 1;
  const kinds = readKinds(input.kinds);
  const spreadMs = asNumber(input.spreadMs) ?? 0;
  const firstMs = wholeSecond(Date.now());
  const ids: number[] = [];
  for (let n = 0; n < count; n += 1) {
    if (spreadMs > 0 && n > 0 && !(await timers.sleep(spreadMs / count))) break;
    // A large batch must not keep the two faces from answering.
    if (n % 100 === 99) await new Promise(setImmediate);
    const kind = kinds[n % kinds.length] ?? 'simple';
    const marker = `M-${randomUUID()}`;
    const body = mergeDeep(bodyOf(shop, isStocked, kind, marker, n), asObject(input.overrides));
    body.status = asText(input.status) ?? asText(asObject(input.overrides).status) ?? 'processing';
    retire(shop, asNumber(input.id));
    ids.push(createOrder(shop, body, origin(input, marker, firstMs)).id);
  }
  return ids;
}

/** An id that is used again takes the place of the order that had it, as after a restored backup. */
function retire(shop: Shop, id: number | undefined): void {
  const former = id === undefined ? undefined : shop.db.orders.get(id);
  if (former) shop.recordOrder({ ...former, status: 'restored-away' });
}

function origin(input: JsonObject, marker: string, firstMs: number): OrderOrigin {
  const made: OrderOrigin = { via: input.via === 'rest' ? 'rest' : 'checkout', marker };
  const id = asNumber(input.id);
  const orderKey = asText(input.orderKey);
  const createdMs = gmtMs(input.dateCreatedGmt) ?? (input.sameSecond === true ? firstMs : undefined);
  const modifiedMs = gmtMs(input.dateModifiedGmt);
  if (id !== undefined) made.id = id;
  if (orderKey !== undefined) made.orderKey = orderKey;
  if (createdMs !== undefined) made.createdMs = createdMs;
  if (modifiedMs !== undefined) made.modifiedMs = modifiedMs;
  return made;
}

function bodyOf(
  shop: Shop,
  isStocked: (sku: string) => boolean,
  kind: OrderKind,
  marker: string,
  n: number,
): JsonObject {
  const products = [...shop.db.products.values()];
  const pick = (fits: (product: Product) => boolean, at: number): JsonObject => {
    const fitting = products.filter(fits);
    const product = fitting[at % Math.max(1, fitting.length)];
    if (!product) throw new ControlError(409, `the catalogue has no product for an order of kind ${kind}`);
    return { product_id: product.id, quantity: 1 };
  };
  const simple = (at: number) => pick((p) => p.type === 'simple' && isStocked(p.sku), at);
  const variation = (at: number) => pick((p) => p.type === 'variation' && isStocked(p.sku), at);
  const foreign = (at: number) => pick((p) => p.type === 'simple' && !isStocked(p.sku), at);
  const nameless = { name: 'A product that is no more', quantity: 1, total: '5.00', sku: '' };
  const lines: Record<OrderKind, () => JsonObject[]> = {
    simple: () => [simple(n), { ...simple(n + 7), quantity: 2 }],
    variation: () => [variation(n)],
    mixed: () => [simple(n), foreign(n), variation(n)],
    foreign: () => [foreign(n)],
    summed: () => [simple(n), { ...simple(n), quantity: 2 }],
    'empty-sku': () => [simple(n), nameless],
    fractional: () => [{ ...simple(n), quantity: 1.5 }],
    'billing-only': () => [simple(n)],
    company: () => [simple(n)],
    'no-address': () => [simple(n)],
  };
  return {
    ...customer(kind, marker, n),
    line_items: lines[kind](),
    payment_method: 'cod',
    payment_method_title: 'Cash on delivery',
  };
}

function customer(kind: OrderKind, marker: string, n: number): JsonObject {
  const email = `customer-${n}@customer.example`;
  if (kind === 'no-address') return { billing: { email } };
  const address = {
    first_name: 'Eve',
    last_name: `Sample ${n}`,
    company: kind === 'company' ? 'Sample Works GmbH' : '',
    address_1: `Way ${n + 1}`,
    city: 'Sampletown',
    state: '',
    postcode: '12345',
    country: 'DE',
    phone: '+49 000 0000000',
  };
  const billing = { ...address, address_2: kind === 'billing-only' ? marker : '', email };
  return kind === 'billing-only' ? { billing } : { billing, shipping: { ...address, address_2: marker } };
}

function readKinds(input: Json | undefined): OrderKind[] {
  if (input === undefined) return ['simple'];
  const kinds = Array.isArray(input) ? input : [input];
  const known = kinds.map((kind) => ORDER_KINDS.find((name) => name === kind));
  if (known.length === 0 || known.includes(undefined))
    throw new ControlError(400, `kinds are of ${ORDER_KINDS.join(', ')}`);
  return known.filter((kind) => kind !== undefined);
}

function gmtMs(value: Json | undefined): number | undefined {
  const text = asText(value);
  if (text === undefined) return undefined;
  const ms = Date.parse(/(Z|[+-]\d{2}:?\d{2})$/.test(text) ? text : `${text}Z`);
  if (Number.isNaN(ms)) throw new ControlError(400, `not a date like ${gmtDate(0)}: ${text}`);
  return wholeSecond(ms);
}
