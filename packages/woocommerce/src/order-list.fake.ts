import type { ShopOrder } from '@relay/core';
import type { OrderQuery } from './shop-client.js';
import type { OrderLister } from './walk-key.js';

type Row = Pick<ShopOrder, 'id' | 'status' | 'dateCreatedGmt' | 'dateModifiedGmt'>;

/** The shop's list as measured: strict filters, whole seconds, equal times in any order (here: another one each time). */
export class FakeOrderList implements OrderLister {
  readonly rows = new Map<number, Row>();
  readonly asked: OrderQuery[] = [];
  /** Shown in a shape that nobody knows. */
  readonly unreadable = new Set<number>();
  /** Counted in the total, and left out by the shop, which cannot load them itself. */
  readonly dropped = new Set<number>();
  /** The most orders on a page, whatever `per_page` asks. */
  cap = 100;
  /** As behind a proxy that drops the header. */
  hidesTotal = false;
  ignoresExclude = false;
  ignoresOffset = false;
  /** Decides between equal times. */
  random = Math.random;
  /** Whether any answer had an order in it. */
  hasShown = false;
  beforeAnswer: (query: OrderQuery) => void = () => undefined;
  /** The shop sorts ids first and loads orders then: here they may change in between. */
  beforeLoad: (ids: readonly number[]) => void = () => undefined;

  constructor(readonly clock: string) {}

  put(id: number, modified: string, created = modified, status = 'processing') {
    this.rows.set(id, { id, status, dateCreatedGmt: created, dateModifiedGmt: modified });
  }

  async listOrders(query: OrderQuery = {}) {
    this.asked.push(query);
    this.beforeAnswer(query);
    expect(query.page).toBeUndefined();
    expect((query.exclude ?? []).join(',').length).toBeLessThan(6000);
    const key = (row: Row) =>
      query.orderBy === 'id'
        ? String(row.id).padStart(12, '0')
        : query.orderBy === 'date'
          ? row.dateCreatedGmt
          : row.dateModifiedGmt;
    const direction = query.order === 'asc' ? 1 : -1;
    const fitting = [...this.rows.values()]
      .filter((row) => query.status === undefined || query.status.includes(row.status))
      .filter((row) => query.modifiedAfterGmt === undefined || row.dateModifiedGmt > query.modifiedAfterGmt)
      .filter((row) => query.modifiedBeforeGmt === undefined || row.dateModifiedGmt < query.modifiedBeforeGmt)
      .filter((row) => query.createdAfterGmt === undefined || row.dateCreatedGmt > query.createdAfterGmt)
      .filter((row) => query.createdBeforeGmt === undefined || row.dateCreatedGmt < query.createdBeforeGmt)
      .filter((row) => query.include === undefined || query.include.includes(row.id))
      .filter((row) => this.ignoresExclude || !(query.exclude ?? []).includes(row.id))
      .map((row) => ({ row, tie: this.random() }))
      .sort((a, b) => direction * (key(a.row) === key(b.row) ? a.tie - b.tie : key(a.row) < key(b.row) ? -1 : 1))
      .map(({ row }) => row.id);
    const offset = this.ignoresOffset ? 0 : (query.offset ?? 0);
    const ids = fitting.slice(offset, offset + Math.min(query.perPage ?? 10, this.cap));
    this.beforeLoad(ids);
    const shown = ids.filter((id) => !this.dropped.has(id)).map((id) => this.rows.get(id) as Row);
    this.hasShown ||= shown.length > 0;
    const orders = shown.filter(({ id }) => !this.unreadable.has(id)) as ShopOrder[];
    return {
      orders: orders.map((order) => ({ ...order })),
      unreadableIds: shown.filter(({ id }) => this.unreadable.has(id)).map(({ id }) => id),
      entries: shown.length,
      total: this.hidesTotal ? null : fitting.length,
      serverDate: new Date(`${this.clock}Z`),
    };
  }
}
