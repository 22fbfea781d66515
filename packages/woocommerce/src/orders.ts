import { CallFailure, type ShopOrder, type ShopRefundLine } from '@relay/core';
import { orderQueryParameters } from './order-query.js';
import { parseOrderId, parseRefundLines, parseShopOrder } from './order-schema.js';
import { serverDateOf } from './shop-answer.js';
import type { OrderChange, OrderPage, OrderQuery } from './shop-client.js';
import type { ShopCall, ShopHttp } from './shop-http.js';

const ORDERS = '/wp-json/wc/v3/orders';
const FULL_PAGE = 100;
/** Fits a bigint, and no shop has come that far. 0 will not do: WordPress may take it for "the current post". */
const IMPOSSIBLE_ID = 999_999_999_999;

export async function getOrder(http: ShopHttp, id: number): Promise<ShopOrder> {
  return oneOrder(http, { action: 'get_order', method: 'GET', path: `${ORDERS}/${id}`, orderId: id });
}

export async function putOrder(http: ShopHttp, id: number, change: OrderChange): Promise<ShopOrder> {
  const { status, meta, lines = [] } = change;
  const body = {
    ...(status === undefined ? {} : { status }),
    ...(meta === undefined ? {} : { meta_data: metaRows(meta) }),
    ...(lines.length === 0
      ? {}
      : { line_items: lines.map((line) => ({ id: line.id, meta_data: metaRows(line.meta) })) }),
  };
  return oneOrder(http, { action: 'put_order', method: 'PUT', path: `${ORDERS}/${id}`, orderId: id, body });
}

export async function putOrderMeta(
  http: ShopHttp,
  id: number,
  meta: Readonly<Record<string, string | null>>,
): Promise<ShopOrder> {
  const body = { meta_data: metaRows(meta) };
  return oneOrder(http, { action: 'put_order_meta', method: 'PUT', path: `${ORDERS}/${id}`, orderId: id, body });
}

/** Without the row's id the shop updates by key, in place, and removes further rows of that key. */
function metaRows(meta: Readonly<Record<string, string | null>>): { key: string; value: string | null }[] {
  return Object.entries(meta).map(([key, value]) => ({ key, value }));
}

/** The shop has no list of its statuses in this API, but it refuses to filter by one that it does not know (measured). */
export async function unknownStatuses(http: ShopHttp, statuses: readonly string[]): Promise<string[]> {
  const unknown: string[] = [];
  for (const status of new Set(statuses)) {
    try {
      await listOrders(http, { status: [status], perPage: 1 });
    } catch (error) {
      if (!(error instanceof CallFailure) || error.failure !== 'rejected') throw error;
      unknown.push(status);
    }
  }
  return unknown;
}

async function oneOrder(http: ShopHttp, call: ShopCall): Promise<ShopOrder> {
  const answer = await http.call(call);
  const order = parseShopOrder(answer.json);
  if (order === null || order.id !== call.orderId) throw http.unexpectedShape(call, answer.status);
  return order;
}

/** One order that cannot be read must not hide the others of its page: its id is told instead. */
export async function listOrders(http: ShopHttp, query: OrderQuery): Promise<OrderPage> {
  const call: ShopCall = {
    action: 'list_orders',
    method: 'GET',
    path: ORDERS,
    query: orderQueryParameters(query),
  };
  const answer = await http.call(call);
  if (!Array.isArray(answer.json)) throw http.unexpectedShape(call, answer.status);
  const orders: ShopOrder[] = [];
  const unreadableIds: number[] = [];
  for (const row of answer.json as unknown[]) {
    const order = parseShopOrder(row);
    const id = parseOrderId(row);
    if (order !== null) orders.push(order);
    else if (id !== null) unreadableIds.push(id);
    else throw http.unexpectedShape(call, answer.status);
  }
  const total = answer.headers['x-wp-total'];
  return {
    orders,
    unreadableIds,
    entries: answer.json.length,
    total: total !== undefined && /^\d+$/.test(total) ? Number(total) : null,
    serverDate: serverDateOf(answer.headers),
  };
}

export async function latestOrders(http: ShopHttp, count: number): Promise<ShopOrder[]> {
  const newestFirst = { orderBy: 'date', order: 'desc', perPage: Math.min(count, FULL_PAGE) } as const;
  const found = [...(await listOrders(http, newestFirst)).orders];
  if (count > FULL_PAGE && found.length === FULL_PAGE) {
    // By exclusion, not by page: an order that arrives in between would push one over the page's edge twice.
    const exclude = found.map((order) => order.id);
    found.push(...(await listOrders(http, { ...newestFirst, exclude })).orders);
  }
  return found.slice(0, count);
}

export async function getRefundLines(http: ShopHttp, orderId: number): Promise<ShopRefundLine[]> {
  const call: ShopCall = {
    action: 'get_refunds',
    method: 'GET',
    path: `${ORDERS}/${orderId}/refunds`,
    query: { per_page: String(FULL_PAGE) }, // an order with more refunds than that has not been seen
    orderId,
  };
  const answer = await http.call(call);
  const lines = parseRefundLines(answer.json);
  if (lines === null) throw http.unexpectedShape(call, answer.status);
  return lines;
}

export async function addOrderNote(http: ShopHttp, id: number, text: string): Promise<void> {
  await http.call({
    action: 'add_order_note',
    method: 'POST',
    path: `${ORDERS}/${id}/notes`,
    body: { note: text, customer_note: false },
    orderId: id,
  });
}

/** A wrong key fails at the read, so that a 401 on the write can only mean that the key may not write. */
export async function checkWriteAccess(http: ShopHttp): Promise<void> {
  await listOrders(http, { perPage: 1 });
  const call: ShopCall = {
    action: 'check_write_access',
    method: 'PUT',
    path: `${ORDERS}/${IMPOSSIBLE_ID}`,
    body: {},
  };
  let answer;
  try {
    answer = await http.call(call);
  } catch (error) {
    if (error instanceof CallFailure && error.failure === 'not-found') return;
    throw error;
  }
  throw http.unexpectedShape(call, answer.status);
}
