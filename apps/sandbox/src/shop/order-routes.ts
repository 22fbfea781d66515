import type { Answer } from '../call.js';
import type { Json } from '../json.js';
import { addNote, noteView, refundOrder, refundView } from './order-extras.js';
import { listOrders, readStatuses } from './order-list.js';
import type { ShopOrder } from './order-types.js';
import { orderView } from './order-view.js';
import { createOrder, deleteOrder, updateOrder } from './order-writes.js';
import { textOf } from './php-query.js';
import { listHeaders, pickFields, wpAnswer } from './respond.js';
import type { Route, RouteCall } from './route.js';
import { ShopError, invalidOrderId } from './shop-error.js';

const COLLECTION = { allow: 'GET, POST' };
const ITEM = { allow: 'GET, POST, PUT, PATCH, DELETE' };

export const orderRoutes: Route[] = [
  { pattern: /^\/orders$/, methods: { GET: list, POST: create } },
  { pattern: /^\/orders\/(\d+)$/, methods: { GET: get, PUT: update, POST: update, PATCH: update, DELETE: remove } },
  { pattern: /^\/orders\/(\d+)\/refunds$/, methods: { GET: listRefunds, POST: createRefund } },
  { pattern: /^\/orders\/(\d+)\/refunds\/(\d+)$/, methods: { GET: getRefund } },
  { pattern: /^\/orders\/(\d+)\/notes$/, methods: { GET: listNotes, POST: createNote } },
];

function list({ shop, query }: RouteCall): Answer {
  const listing = listOrders(shop, query);
  const url = `${shop.settings.homeUrl}/wp-json/wc/v3/orders`;
  const statuses = new Map(readStatuses(query).map((status, index) => [String(index), status]));
  const headers = listHeaders(url, query, listing, [
    ['status', statuses],
    ['dp', textOf(query, 'dp') ?? '2'],
    ['context', textOf(query, 'context') ?? 'view'],
  ]);
  const body = listing.rows.map((order) => pickFields(orderView(order, shop.settings), query));
  return wpAnswer(200, body, { ...COLLECTION, ...headers });
}

function create({ shop, query, body }: RouteCall): Answer {
  if (typeof body.id === 'number' && body.id > 0)
    throw new ShopError(400, 'woocommerce_rest_shop_order_exists', 'Cannot create existing shop_order.');
  const order = createOrder(shop, body, { via: 'rest' });
  const location = `${shop.settings.homeUrl}/wp-json/wc/v3/orders/${order.id}`;
  return wpAnswer(201, show(shop, order, query), { ...COLLECTION, location });
}

function get({ shop, ids, query }: RouteCall): Answer {
  return wpAnswer(200, show(shop, find(shop, ids, 404), query), ITEM);
}

function update({ shop, ids, query, body }: RouteCall): Answer {
  const order = find(shop, ids, 400);
  updateOrder(shop, order, body);
  return wpAnswer(200, show(shop, order, query), ITEM);
}

function remove({ shop, ids, query }: RouteCall): Answer {
  const order = find(shop, ids, 404);
  const force = ['true', '1'].includes(textOf(query, 'force') ?? '');
  if (!force && order.status === 'trash')
    throw new ShopError(410, 'woocommerce_rest_already_trashed', 'The order has already been deleted.');
  const before = show(shop, order, query);
  deleteOrder(shop, order, force);
  return wpAnswer(200, force ? before : show(shop, order, query), ITEM);
}

function listRefunds({ shop, ids, query }: RouteCall): Answer {
  const order = find(shop, ids, 404);
  const body = order.refunds.map((refund) => pickFields(refundView(order, refund, shop.settings), query));
  return wpAnswer(200, body.reverse(), COLLECTION);
}

function getRefund({ shop, ids, query }: RouteCall): Answer {
  const order = find(shop, ids, 404);
  const refund = order.refunds.find(({ id }) => id === Number(ids[1]));
  if (!refund) throw new ShopError(404, 'woocommerce_rest_shop_order_refund_invalid_id', 'Invalid ID.');
  return wpAnswer(200, pickFields(refundView(order, refund, shop.settings), query), { allow: 'GET, DELETE' });
}

function createRefund({ shop, ids, body }: RouteCall): Answer {
  const order = find(shop, ids, 404);
  const refund = refundOrder(shop, order, body);
  // The unexpanded pattern in the address is WooCommerce's own slip.
  const location = `${shop.settings.homeUrl}/wp-json/wc/v3/orders/(?P<order_id>[\\d]+)/refunds/${refund.id}`;
  return wpAnswer(201, refundView(order, refund, shop.settings), { ...COLLECTION, location });
}

function listNotes({ shop, ids, query }: RouteCall): Answer {
  const order = find(shop, ids, 404);
  const body = order.notes.map((note) => pickFields(noteView(order, note, shop.settings), query));
  return wpAnswer(200, body, COLLECTION);
}

function createNote({ shop, ids, body }: RouteCall): Answer {
  const order = find(shop, ids, 404);
  return wpAnswer(201, noteView(order, addNote(shop, order, body), shop.settings), COLLECTION);
}

function find(shop: RouteCall['shop'], ids: string[], missingStatus: number): ShopOrder {
  const order = shop.db.orders.get(Number(ids[0]));
  if (!order) throw invalidOrderId(missingStatus);
  return order;
}

function show(shop: RouteCall['shop'], order: ShopOrder, query: RouteCall['query']): Json {
  return pickFields(orderView(order, shop.settings), query);
}
