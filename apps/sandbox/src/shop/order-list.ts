import {
  ORDERBY,
  idList,
  pageOf,
  readListParams,
  sortRows,
  wholeParam,
  withinDates,
  type ListParams,
} from './list-params.js';
import { ORDER_STATUSES, type ShopOrder } from './order-types.js';
import { listOf, textOf, type QueryTree } from './php-query.js';
import type { Shop } from './shop.js';
import { notInEnum } from './shop-error.js';

const FILTER_STATUSES = ['any', 'trash', ...ORDER_STATUSES];

export interface Listing<T> {
  rows: T[];
  total: number;
  params: ListParams;
}

export function listOrders(shop: Shop, query: QueryTree): Listing<ShopOrder> {
  const params = readListParams(query, ORDERBY, shop.settings.offsetMinutes);
  const statuses = readStatuses(query);
  const parents = query.has('parent') ? idList(query, 'parent') : null;
  const customer = wholeParam(query, 'customer');
  const product = wholeParam(query, 'product');
  const search = textOf(query, 'search');
  const createdVia = listOf(query, 'created_via') ?? [];
  const rows = [...shop.db.orders.values()].filter(
    (order) =>
      hasStatus(order, statuses) &&
      withinDates(order, params) &&
      (parents === null || parents.includes(Number(order.fields.parent_id))) &&
      (customer === undefined || order.fields.customer_id === customer) &&
      (product === undefined || order.lines.some((l) => l.product_id === product || l.variation_id === product)) &&
      (createdVia.length === 0 || createdVia.some((via) => order.fields.created_via === via)) &&
      (search === undefined || search === '' || isFound(order, search)),
  );
  const sorted = sortRows(rows, params, () => shop.random.next());
  return { rows: pageOf(sorted, params), total: rows.length, params };
}

export function readStatuses(query: QueryTree): string[] {
  const statuses = listOf(query, 'status') ?? ['any'];
  statuses.forEach((status, index) => {
    if (!FILTER_STATUSES.includes(status)) throw notInEnum('status', `status[${index}]`, FILTER_STATUSES);
  });
  return statuses.length === 0 ? ['any'] : statuses;
}

/** `any` is everything but the bin and what was never an order. */
function hasStatus({ status }: ShopOrder, wanted: string[]): boolean {
  if (wanted.includes(status)) return true;
  return wanted.includes('any') && status !== 'trash' && status !== 'auto-draft';
}

function isFound(order: ShopOrder, search: string): boolean {
  if (search === String(order.id)) return true;
  const wanted = search.toLowerCase();
  const { billing, shipping, lines, fields } = order;
  const texts = [
    billing.email,
    joinAddress(billing),
    joinAddress(shipping),
    fields.number,
    ...lines.map((l) => l.name),
  ];
  return texts.some((text) => typeof text === 'string' && text.toLowerCase().includes(wanted));
}

function joinAddress(address: Record<string, string>): string {
  return Object.entries(address)
    .filter(([name]) => name !== 'email')
    .map(([, value]) => value)
    .join(' ');
}
