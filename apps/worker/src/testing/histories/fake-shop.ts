import { CallFailure, SHOP_META, type ShopAddress, type ShopOrder } from '@relay/core';
import type { OrderQuery, ShopClient } from '@relay/woocommerce';
import type { Run } from './run.js';
import type { SteeredClock } from './steered-clock.js';

/** What the shop says of a change, as the order was then; null: the order was deleted. */
export interface ShopDelivery {
  readonly orderId: number;
  readonly order: ShopOrder | null;
}

/** How the next PUT of the relay fares: the shop did it and its answer is lost, or it is refused. */
export type PutFault = 'answer-lost' | 'refused';

const ADDRESS: ShopAddress = {
  firstName: 'Eve',
  lastName: 'Sample',
  company: '',
  address1: 'Way 1',
  address2: '',
  city: 'Sampletown',
  state: '',
  postcode: '12345',
  country: 'DE',
  email: 'eve@example.com',
  phone: '',
};

/** A shop in memory: orders, the deliveries that wait to be made, whole seconds. */
export class FakeShop {
  readonly orders = new Map<number, ShopOrder>();
  readonly deliveries: ShopDelivery[] = [];
  readonly putFaults: PutFault[] = [];
  #lastId = FIRST_ID;

  constructor(readonly clock: SteeredClock) {}

  order(sku: string): number {
    const id = ++this.#lastId;
    const { gmt } = this.clock;
    const line = { id, productId: 1, variationId: 0, sku, name: sku, quantity: 1, meta: [] };
    this.orders.set(id, {
      id,
      number: String(id),
      orderKey: `wc_order_${id}`,
      status: 'processing',
      dateCreated: gmt,
      dateCreatedGmt: gmt,
      dateModifiedGmt: gmt,
      billing: ADDRESS,
      shipping: { ...ADDRESS, email: '' },
      customerNote: '',
      lines: [line],
      refundIds: [],
      meta: [],
    });
    this.#tell(id);
    return id;
  }

  change(id: number, change: Partial<ShopOrder>): ShopOrder | null {
    const order = this.orders.get(id);
    if (order === undefined) return null;
    const changed = { ...order, ...change, dateModifiedGmt: this.clock.gmt };
    this.orders.set(id, changed);
    this.#tell(id);
    return changed;
  }

  delete(id: number): void {
    this.orders.delete(id);
    this.#tell(id);
  }

  #tell(orderId: number): void {
    this.deliveries.push({ orderId, order: this.orders.get(orderId) ?? null });
  }

  client(run: Run): ShopClient {
    const lost = (action: string) =>
      new CallFailure({ target: 'shop', action, failure: 'unavailable', code: 'ECONNRESET' });
    const find = (id: number) => {
      const order = this.orders.get(id);
      if (order !== undefined) return order;
      throw new CallFailure({ target: 'shop', action: 'get_order', failure: 'not-found', status: 404 });
    };
    const put = (id: number, meta: Readonly<Record<string, string | null>>) =>
      run.passing(
        `the PUT ${Object.keys(meta).includes(SHOP_META.hft71OrderId) ? 'of the id' : 'of the marker'}`,
        async () => {
          const fault = this.putFaults.shift();
          if (fault === 'refused') throw lost('write_order');
          const rows = find(id).meta.filter(({ key }) => !(key in meta));
          const written = Object.entries(meta).flatMap(([key, value]) => (value === null ? [] : [{ key, value }]));
          const order = this.change(id, { meta: [...rows, ...written] });
          if (fault === 'answer-lost' || order === null) throw lost('write_order');
          return order;
        },
      );
    const unused = () => Promise.reject(new Error('no history calls this'));
    return {
      getOrder: (id) => run.passing(`the read of order ${id}`, async () => find(id)),
      listOrders: (query = {}) => run.passing('a list of orders', async () => this.#list(query)),
      putOrderMeta: (id, meta) => put(id, meta),
      putOrder: (id, { meta = {} }) => put(id, meta), // no history reads a status
      getRefundLines: async () => [],
      index: unused,
      latestOrders: unused,
      addOrderNote: unused,
      productsBySku: unused,
      listProducts: unused,
      listVariations: unused,
      writeStock: unused,
      unknownStatuses: unused,
      listWebhooks: unused,
      createWebhook: unused,
      activateWebhook: unused,
      deleteWebhook: unused,
      checkWriteAccess: unused,
    };
  }

  /** Strict filters, as WooCommerce has them. */
  #list(query: OrderQuery) {
    const key = (order: ShopOrder) =>
      query.orderBy === 'id'
        ? String(order.id).padStart(12, '0')
        : query.orderBy === 'date'
          ? order.dateCreatedGmt
          : order.dateModifiedGmt;
    const direction = query.order === 'asc' ? 1 : -1;
    const fitting = [...this.orders.values()]
      .filter((order) => query.status === undefined || query.status.includes(order.status))
      .filter((order) => query.modifiedAfterGmt === undefined || order.dateModifiedGmt > query.modifiedAfterGmt)
      .filter((order) => query.modifiedBeforeGmt === undefined || order.dateModifiedGmt < query.modifiedBeforeGmt)
      .filter((order) => query.createdAfterGmt === undefined || order.dateCreatedGmt > query.createdAfterGmt)
      .filter((order) => query.createdBeforeGmt === undefined || order.dateCreatedGmt < query.createdBeforeGmt)
      .filter((order) => query.include === undefined || query.include.includes(order.id))
      .filter((order) => !(query.exclude ?? []).includes(order.id))
      .sort((a, b) => direction * (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.id - b.id));
    const offset = query.offset ?? 0;
    const orders = fitting.slice(offset, offset + (query.perPage ?? 10));
    return {
      orders,
      unreadableIds: [],
      entries: orders.length,
      total: fitting.length,
      serverDate: new Date(this.clock.nowMs),
    };
  }
}

const FIRST_ID = 100;
