import { jsonAnswer, type Answer } from '../call.js';
import { asObject, asText, isObject, type Json, type JsonObject } from '../json.js';
import type { ProducedOrder } from './production.js';
import type { Provider } from './provider.js';

const ADDRESS_FIELDS = [
  'address1',
  'address2',
  'city',
  'zip',
  'state',
  'country',
  'customerName',
  'email',
  'mobile',
] as const;
/** Nothing can be shipped without these; the others must be there but may be empty. Assumed. */
const FILLED_FIELDS = ['address1', 'city', 'zip', 'country', 'customerName'];

/** `POST /order`. Every order accepted is recorded before the answer leaves. */
export function acceptOrder(provider: Provider, body: Json | undefined): Answer {
  if (!isObject(body)) return jsonAnswer(400, { message: 'Malformed JSON' });
  const fault = faultOf(provider, body);
  if (fault !== undefined) return jsonAnswer(422, { message: fault });
  const referenceId = asText(body.referenceId) ?? '';
  const earlier = provider.byReference.get(referenceId)?.[0];
  if (earlier && provider.duplicateReference !== 'unknown') return answerRepeated(provider, earlier);
  return accepted(takeOn(provider, body, referenceId));
}

export function faultOfAddress(input: Json | undefined): string | undefined {
  if (!isObject(input)) return 'address is required';
  const missing = ADDRESS_FIELDS.find((name) => typeof input[name] !== 'string');
  if (missing !== undefined) return `address.${missing} is required`;
  const empty = FILLED_FIELDS.find((name) => asText(input[name])?.trim() === '');
  return empty === undefined ? undefined : `address.${empty} must not be empty`;
}

function faultOf(provider: Provider, body: JsonObject): string | undefined {
  if (typeof body.referenceId !== 'string' || body.referenceId === '') return 'referenceId is required';
  if (!/^\d{4}-\d{2}-\d{2}$/.test(asText(body.orderDate) ?? '')) return 'orderDate must be a date like 2026-03-02';
  const { items } = body;
  if (!Array.isArray(items) || items.length === 0) return 'items must not be empty';
  for (const item of items) {
    const { sku, quantity } = asObject(item);
    if (typeof sku !== 'string' || !provider.stock.has(sku)) return `Unknown SKU ${JSON.stringify(sku ?? null)}`;
    if (typeof quantity !== 'number' || !Number.isInteger(quantity) || quantity < 1)
      return `quantity of ${sku} must be a positive whole number`;
  }
  return faultOfAddress(body.address);
}

function answerRepeated(provider: Provider, earlier: ProducedOrder): Answer {
  const message = `Order with reference ${earlier.referenceId} already exists`;
  switch (provider.duplicateReference) {
    case 'rejects':
      return jsonAnswer(409, { message, orderId: earlier.orderId });
    case 'rejects-without-id':
      return jsonAnswer(409, { message });
    default:
      return accepted(earlier);
  }
}

function takeOn(provider: Provider, body: JsonObject, referenceId: string): ProducedOrder {
  const items = (Array.isArray(body.items) ? body.items : []).map((item) => {
    const { sku, quantity } = asObject(item);
    return { sku: asText(sku) ?? '', quantity: Number(quantity) };
  });
  const address = asObject(body.address);
  const order: ProducedOrder = {
    orderId: provider.nextOrderId++,
    referenceId,
    acceptedMs: Date.now(),
    stepMs: provider.statusStepMs,
    orderDate: asText(body.orderDate) ?? '',
    address,
    items,
    skus: [...new Set(items.map(({ sku }) => sku))],
    forcedStatus: null,
    forcedBySku: {},
    updates: [],
  };
  provider.orders.set(order.orderId, order);
  provider.byReference.set(referenceId, [...(provider.byReference.get(referenceId) ?? []), order]);
  if (provider.stockFalls === 'accepted') takeStock(provider, order);
  provider.record({
    at: order.acceptedMs,
    hft71OrderId: order.orderId,
    referenceId,
    marker: markerOf(address),
    items,
  });
  return order;
}

export function takeStock(provider: Provider, order: ProducedOrder): void {
  for (const { sku, quantity } of order.items) {
    const left = provider.stock.get(sku);
    if (left !== undefined) provider.stock.set(sku, Math.max(0, left - quantity));
  }
}

/** The marker that the shop's order carries in `address_2`, even if something else was written around it. */
function markerOf(address: JsonObject): string {
  const address2 = asText(address.address2) ?? '';
  const texts = [address2, ...ADDRESS_FIELDS.map((name) => asText(address[name]) ?? '')];
  for (const text of texts) {
    const match = /M-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(text);
    if (match) return match[0];
  }
  return address2;
}

function accepted(order: ProducedOrder): Answer {
  return jsonAnswer(200, {
    orderId: order.orderId,
    sendDate: new Date(order.acceptedMs).toISOString().replace(/\.\d+Z$/, 'Z'),
  });
}
