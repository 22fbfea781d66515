import { jsonAnswer, type Answer } from '../call.js';
import { countOrders } from '../count-orders.js';
import { FaultError, type FaultBook } from '../faults/fault-book.js';
import type { OpenHft71 } from '../hft71/open-hft71.js';
import { statusList } from '../hft71/production.js';
import { asNumber, asObject, asText, isObject, type Json, type JsonObject } from '../json.js';
import type { Recorder } from '../record.js';
import type { OpenShop } from '../shop/open-shop.js';
import { refundOrder, refundView } from '../shop/order-extras.js';
import { orderView } from '../shop/order-view.js';
import { deleteOrder, updateOrder } from '../shop/order-writes.js';
import { ShopError, invalidOrderId } from '../shop/shop-error.js';
import { changeStock, stockHolder } from '../shop/stock.js';
import type { Timers } from '../timers.js';
import { ControlError } from './control-error.js';
import { makeOrders } from './make-orders.js';
import { makeProducts } from './make-products.js';
import { setDeliveries, setProvider, setShop } from './settings.js';

export interface Controlled {
  shop: OpenShop;
  hft71: OpenHft71;
  faults: FaultBook;
  recorder: Recorder;
  timers: Timers;
  info: () => JsonObject;
}

export interface ControlCall {
  ids: string[];
  query: URLSearchParams;
  body: JsonObject;
}

type Act = (on: Controlled, call: ControlCall) => Answer | Promise<Answer>;

/** What scripts and tests steer the sandbox with: path, method, act. README.md is the reference. */
export const controlRoutes: { pattern: RegExp; methods: Record<string, Act> }[] = [
  { pattern: /^\/$/, methods: { GET: (on) => ok(on.info()) } },
  { pattern: /^\/orders$/, methods: { POST: postOrders } },
  {
    pattern: /^\/orders\/(\d+)$/,
    methods: {
      GET: (on, call) => ok(orderView(orderOf(on, call), on.shop.shop.settings)),
      PATCH: patchOrder,
      DELETE: removeOrder,
    },
  },
  { pattern: /^\/orders\/(\d+)\/refunds$/, methods: { POST: postRefund } },
  { pattern: /^\/products$/, methods: { POST: postProducts } },
  { pattern: /^\/products\/(\d+)\/sell$/, methods: { POST: sell } },
  { pattern: /^\/shop$/, methods: { GET: getShop, PUT: putShop } },
  { pattern: /^\/shop\/snapshot$/, methods: { POST: snapshot } },
  { pattern: /^\/shop\/restore$/, methods: { POST: restore } },
  { pattern: /^\/webhooks$/, methods: { GET: getDeliveries, PUT: putDeliveries } },
  { pattern: /^\/webhooks\/run$/, methods: { POST: runDeliveries } },
  { pattern: /^\/hft71$/, methods: { GET: getProvider, PUT: putProvider } },
  { pattern: /^\/hft71\/orders\/(\d+)$/, methods: { GET: getProviderOrder, PATCH: patchProviderOrder } },
  { pattern: /^\/hft71\/webhook$/, methods: { POST: tellStatus } },
  { pattern: /^\/faults$/, methods: { GET: listFaults, POST: addFault, DELETE: clearFaults } },
  { pattern: /^\/faults\/([^/]+)$/, methods: { DELETE: removeFault } },
  { pattern: /^\/summary$/, methods: { GET: summary } },
  { pattern: /^\/count$/, methods: { GET: count } },
  { pattern: /^\/record\/requests$/, methods: { GET: requests } },
  { pattern: /^\/record\/accepted$/, methods: { GET: (on) => ok(plain(on.recorder.accepted)) } },
  { pattern: /^\/record\/orders$/, methods: { GET: (on) => ok(plain([...on.recorder.orders.values()])) } },
];

export async function answerControl(on: Controlled, act: Act, call: ControlCall): Promise<Answer> {
  try {
    return await act(on, call);
  } catch (error) {
    if (error instanceof ShopError) return jsonAnswer(error.status, error.body());
    if (error instanceof FaultError) return jsonAnswer(400, { error: error.message });
    if (error instanceof ControlError) return jsonAnswer(error.status, { error: error.message });
    throw error;
  }
}

async function postOrders(on: Controlled, { body }: ControlCall): Promise<Answer> {
  const isStocked = (sku: string) => on.hft71.provider.stock.has(sku);
  return ok({ ids: await makeOrders(on.shop.shop, isStocked, on.timers, body) }, 201);
}

function patchOrder(on: Controlled, call: ControlCall): Answer {
  const order = orderOf(on, call);
  updateOrder(on.shop.shop, order, call.body);
  return ok(orderView(order, on.shop.shop.settings));
}

function removeOrder(on: Controlled, call: ControlCall): Answer {
  const order = orderOf(on, call);
  deleteOrder(on.shop.shop, order, ['true', '1'].includes(call.query.get('force') ?? ''));
  return ok({ id: order.id, status: on.shop.shop.db.orders.get(order.id)?.status ?? 'deleted' });
}

function postRefund(on: Controlled, call: ControlCall): Answer {
  const order = orderOf(on, call);
  const refund = refundOrder(on.shop.shop, order, call.body);
  return ok(refundView(order, refund, on.shop.shop.settings), 201);
}

function postProducts(on: Controlled, { body }: ControlCall): Answer {
  return ok(makeProducts(on.shop.shop, on.hft71.provider, body), 201);
}

/** A sale of which no order tells: stock falls, `product.updated` goes out. */
function sell({ shop: { shop } }: Controlled, { ids, body }: ControlCall): Answer {
  const holder = stockHolder(shop, Number(ids[0]));
  if (!holder?.manageStock) throw new ControlError(404, 'no product with this id manages its stock');
  changeStock(shop, holder, -(asNumber(body.quantity) ?? 1));
  return ok({ id: holder.id, stock: holder.stock });
}

function getShop({ shop }: Controlled): Answer {
  const products = [...shop.shop.db.products.values()].map(({ id, type, sku, parentId, stock, manageStock }) => ({
    ...{ id, type, sku, parentId, stock, manageStock },
  }));
  return ok({ ...plainObject(shop.shop.settings), orders: shop.shop.db.orders.size, products });
}

function putShop(on: Controlled, { body }: ControlCall): Answer {
  setShop(on.shop.shop.settings, body);
  return ok(plainObject(on.shop.shop.settings));
}

function snapshot(on: Controlled): Answer {
  on.shop.snapshot();
  return ok({ orders: on.shop.shop.db.orders.size });
}

function restore(on: Controlled): Answer {
  if (!on.shop.restore()) throw new ControlError(409, 'there is no snapshot: POST /shop/snapshot first');
  return ok({ orders: on.shop.shop.db.orders.size });
}

function getDeliveries(on: Controlled): Answer {
  const { mode, repeat, shuffle, delayMs, waiting, delivered, failed } = on.shop.deliveries;
  const webhooks = [...on.shop.shop.db.webhooks.values()].map(({ id, topic, status }) => ({ id, topic, status }));
  return ok({ mode, repeat, shuffle, delayMs, waiting, delivered, failed, webhooks });
}

function putDeliveries(on: Controlled, { body }: ControlCall): Answer {
  setDeliveries(on.shop.deliveries, body);
  return getDeliveries(on);
}

async function runDeliveries(on: Controlled, { body }: ControlCall): Promise<Answer> {
  return ok({ delivered: await on.shop.deliveries.runHeld(body.shuffle === true) });
}

function getProvider({ hft71: { provider, statusCalls } }: Controlled): Answer {
  const { duplicateReference, retryAfterForm, statusStepMs, stockFalls, lookup, webhook, window, tokens } = provider;
  return ok({
    ...{ duplicateReference, retryAfterForm, statusStepMs, stockFalls },
    rateLimit: window.limit === null ? null : { ...window.limit },
    countRefused: window.countsRefused,
    tokenLifeS: tokens.lifeS,
    lookup: { ...lookup },
    webhook: webhook === null ? null : { ...webhook },
    webhookCalls: statusCalls.calls,
    webhookFailures: statusCalls.failures,
    orders: provider.orders.size,
    skus: Object.fromEntries(provider.stock),
  });
}

function putProvider(on: Controlled, { body }: ControlCall): Answer {
  setProvider(on.hft71.provider, body);
  return getProvider(on);
}

function getProviderOrder(on: Controlled, { ids }: ControlCall): Answer {
  const order = on.hft71.provider.orders.get(Number(ids[0]));
  if (!order) throw new ControlError(404, 'HFT71 has no such order');
  return ok({ ...plainObject(order), statuses: statusList(order, Date.now(), 'status') });
}

/** Moves an order by hand, to a status that nobody has heard of too; the webhook is called as for any change. */
async function patchProviderOrder(on: Controlled, call: ControlCall): Promise<Answer> {
  const order = on.hft71.provider.orders.get(Number(call.ids[0]));
  if (!order) throw new ControlError(404, 'HFT71 has no such order');
  const status = asText(call.body.status);
  if (status !== undefined) order.forcedStatus = status;
  for (const [sku, text] of Object.entries(asObject(call.body.items))) order.forcedBySku[sku] = asText(text) ?? '';
  if (status !== undefined) await on.hft71.statusCalls.tell(String(order.orderId), status);
  return getProviderOrder(on, call);
}

async function tellStatus(on: Controlled, { body }: ControlCall): Promise<Answer> {
  if (!on.hft71.provider.webhook) throw new ControlError(409, 'no webhook is configured: PUT /hft71 {webhook} first');
  await on.hft71.statusCalls.tell(asText(body.externalId) ?? '', asText(body.status) ?? 'Closed');
  return ok({ calls: on.hft71.statusCalls.calls, failures: on.hft71.statusCalls.failures });
}

function addFault(on: Controlled, { body }: ControlCall): Answer {
  const fault = on.faults.add(body);
  // Without a match it is one event: every token that lives now is dead.
  if (fault.kind === 'expire-tokens' && !isObject(body.match)) {
    on.hft71.provider.tokens.expireAll();
    fault.fired = 1;
    fault.times = 1;
  }
  return ok({ id: fault.id }, 201);
}

function listFaults(on: Controlled): Answer {
  return ok(plain(on.faults.list()));
}

function clearFaults(on: Controlled): Answer {
  on.faults.clear();
  return ok({});
}

function removeFault(on: Controlled, { ids }: ControlCall): Answer {
  if (!on.faults.remove(ids[0] ?? '')) throw new ControlError(404, 'no such fault');
  return ok({});
}

function summary({ recorder, shop, hft71 }: Controlled): Answer {
  const counted = countOrders(recorder.orders.values(), recorder.accepted);
  return ok({
    requests: recorder.requestCount,
    accepted: recorder.accepted.length,
    duplicates: counted.duplicates,
    rateLimited: recorder.rateLimited,
    overLimit: recorder.overLimit,
    webhookDeliveries: shop.deliveries.delivered,
    webhookFailures: shop.deliveries.failed,
    hft71WebhookCalls: hft71.statusCalls.calls,
    hft71WebhookFailures: hft71.statusCalls.failures,
  });
}

function count({ recorder }: Controlled): Answer {
  return ok(plainObject(countOrders(recorder.orders.values(), recorder.accepted)));
}

function requests({ recorder }: Controlled, { query }: ControlCall): Answer {
  const target = query.get('target');
  const path = query.get('path');
  const found = recorder
    .requests()
    .filter((entry) => (target === null || entry.target === target) && (path === null || entry.path.startsWith(path)));
  return ok(plain(found));
}

function orderOf(on: Controlled, { ids }: ControlCall) {
  const order = on.shop.shop.db.orders.get(Number(ids[0]));
  if (!order) throw invalidOrderId(404);
  return order;
}

function ok(body: Json, status = 200): Answer {
  return jsonAnswer(status, body);
}

function plain(rows: readonly object[]): Json {
  return rows.map((row) => plainObject(row));
}

function plainObject(row: object): JsonObject {
  return JSON.parse(JSON.stringify(row)) as JsonObject;
}
