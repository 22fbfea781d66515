import { asObject, asText, isObject, type JsonObject } from '../json.js';
import { wholeSecond } from './clock.js';
import { writeMeta } from './meta.js';
import { makeLine, money, orderTotal, writeLines } from './order-lines.js';
import { ADDRESS_KEYS, ORDER_STATUSES, type Address, type ShopOrder } from './order-types.js';
import type { Shop } from './shop.js';
import { invalidParam, notInEnum } from './shop-error.js';
import { moveStockByStatus } from './stock.js';

export interface OrderOrigin {
  via: 'checkout' | 'rest';
  marker?: string;
  id?: number;
  orderKey?: string;
  createdMs?: number;
  modifiedMs?: number;
}

/** Fields of the body that are kept as they are given. */
const PLAIN_FIELDS = [
  ...['parent_id', 'currency', 'version', 'prices_include_tax', 'discount_total', 'discount_tax', 'shipping_total'],
  ...['shipping_tax', 'cart_tax', 'total_tax', 'customer_id', 'payment_method', 'payment_method_title'],
  ...['transaction_id', 'customer_ip_address', 'customer_user_agent', 'customer_note', 'cart_hash'],
  ...['tax_lines', 'shipping_lines', 'fee_lines', 'coupon_lines'],
];

const FRESH_FIELDS: JsonObject = {
  parent_id: 0,
  currency: 'EUR',
  version: '10.0.2',
  prices_include_tax: false,
  discount_total: '0.00',
  discount_tax: '0.00',
  shipping_total: '0.00',
  shipping_tax: '0.00',
  cart_tax: '0.00',
  total_tax: '0.00',
  customer_id: 0,
};

export function createOrder(shop: Shop, body: JsonObject, origin: OrderOrigin): ShopOrder {
  checkBody(body);
  const nowMs = wholeSecond(Date.now());
  const createdMs = origin.createdMs ?? nowMs;
  const order: ShopOrder = {
    id: origin.id ?? shop.db.nextPostId++,
    marker: '',
    status: body.set_paid === true ? 'processing' : (asText(body.status) ?? 'pending'),
    orderKey: origin.orderKey ?? freshOrderKey(shop),
    createdMs,
    modifiedMs: origin.modifiedMs ?? createdMs,
    paidMs: null,
    completedMs: null,
    stockTaken: false,
    billing: mergeAddress(emptyAddress(true), body.billing),
    shipping: mergeAddress(emptyAddress(false), body.shipping),
    lines: (Array.isArray(body.line_items) ? body.line_items.filter(isObject) : []).map((line) => makeLine(shop, line)),
    meta: [],
    refunds: [],
    notes: [],
    fields: { ...FRESH_FIELDS, created_via: origin.via === 'rest' ? 'rest-api' : 'store-api' },
  };
  shop.db.nextPostId = Math.max(shop.db.nextPostId, order.id + 1);
  writePlain(order, body);
  order.fields.total = asText(body.total) ?? money(orderTotal(order));
  if (asText(body.number) !== undefined) order.fields.number = asText(body.number) ?? '';
  order.marker = origin.marker ?? (order.shipping.address_2 || order.billing.address_2 || `order-${order.orderKey}`);
  writeMeta(order.meta, body.meta_data, () => shop.db.nextMetaId++);
  shop.db.orders.set(order.id, order);
  stampStatus(order, createdMs);
  moveStockByStatus(shop, order);
  shop.recordOrder(order);
  const topics = origin.via === 'rest' ? (['created', 'updated'] as const) : (['updated', 'created'] as const);
  for (const topic of topics) shop.changed(`order.${topic}`, order.id);
  return order;
}

/** Every PUT, even `{}`, moves `date_modified` and tells the webhooks. */
export function updateOrder(shop: Shop, order: ShopOrder, body: JsonObject): void {
  checkBody(body);
  if (body.line_items !== undefined) writeLines(shop, order, body.line_items);
  writePlain(order, body);
  order.billing = mergeAddress(order.billing, body.billing);
  order.shipping = mergeAddress(order.shipping, body.shipping);
  writeMeta(order.meta, body.meta_data, () => shop.db.nextMetaId++);
  const status = asText(body.status);
  if (status !== undefined && status !== order.status) changeStatus(shop, order, status);
  touchOrder(shop, order);
}

export function changeStatus(shop: Shop, order: ShopOrder, status: string): void {
  order.status = status;
  stampStatus(order, wholeSecond(Date.now()));
  moveStockByStatus(shop, order);
}

export function touchOrder(shop: Shop, order: ShopOrder): void {
  order.modifiedMs = wholeSecond(Date.now());
  shop.recordOrder(order);
  shop.changed('order.updated', order.id);
}

/** The bin tells `order.deleted`; a force delete tells nothing and gives no stock back. */
export function deleteOrder(shop: Shop, order: ShopOrder, force: boolean): void {
  if (force) {
    shop.db.orders.delete(order.id);
    shop.recordOrder({ ...order, status: 'deleted' });
    return;
  }
  order.status = 'trash';
  order.modifiedMs = wholeSecond(Date.now());
  shop.recordOrder(order);
  shop.changed('order.deleted', order.id);
}

/** Paid on the first processing or completed; cash on delivery is paid at completion, as the measured checkout shows. */
function stampStatus(order: ShopOrder, nowMs: number): void {
  const paidAt = order.fields.payment_method === 'cod' ? ['completed'] : ['processing', 'completed'];
  if (order.paidMs === null && paidAt.includes(order.status)) order.paidMs = nowMs;
  if (order.status === 'completed') order.completedMs = nowMs;
}

function checkBody(body: JsonObject): void {
  const { status } = body;
  if (status !== undefined && !ORDER_STATUSES.some((known) => known === status))
    throw notInEnum('status', 'status', ORDER_STATUSES);
  for (const name of ['billing', 'shipping'])
    if (body[name] !== undefined && !isObject(body[name]))
      throw invalidParam(name, `${name} is not of type object.`, 'rest_invalid_type');
  for (const name of ['meta_data', 'line_items'])
    if (body[name] !== undefined && !Array.isArray(body[name]))
      throw invalidParam(name, `${name} is not of type array.`, 'rest_invalid_type');
}

function writePlain(order: ShopOrder, body: JsonObject): void {
  for (const name of PLAIN_FIELDS) {
    const value = body[name];
    if (value !== undefined && value !== null) order.fields[name] = value;
  }
}

function emptyAddress(billing: boolean): Address {
  const names = [...ADDRESS_KEYS, ...(billing ? ['email'] : []), 'phone'];
  return Object.fromEntries(names.map((name) => [name, '']));
}

function mergeAddress(old: Address, input: JsonObject[string] | undefined): Address {
  const merged = { ...old };
  for (const [name, value] of Object.entries(asObject(input))) if (name in merged) merged[name] = asText(value) ?? '';
  return merged;
}

const KEY_LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

function freshOrderKey(shop: Shop): string {
  const letters = Array.from({ length: 13 }, () => KEY_LETTERS[Math.floor(shop.random.next() * KEY_LETTERS.length)]);
  return `wc_order_${letters.join('')}`;
}
