import { CallFailure } from '@relay/core';
import { gmtOf } from './gmt-seconds.js';
import type { OrderPage, OrderQuery } from './shop-client.js';
import { UNREADABLE_PAGE, UNSORTED } from './walk-failures.js';
import type { OrderLister } from './walk-key.js';

/** More orders than any shop has. */
const BEYOND_ALL = 100_000_000;

/**
 * Lists for one walk, and learns how many orders the shop really puts on a page: some shops cap `per_page` below what is
 * asked, and a page may also be short because the shop could not load some of its orders itself. `entries` alone tells
 * neither of the two from the list's end.
 */
export class WalkLister {
  readonly perPage: number;
  readonly #client: OrderLister;
  readonly #common: OrderQuery;
  /** The most orders on one page so far: the shop's page is at least that large. */
  #pageSize = 0;
  /** An order that shows. */
  #shownId: number | null = null;
  #looked = false;
  #offsetWorks = false;
  #startedGmt: string | null = null;

  constructor(client: OrderLister, { status, perPage = 100 }: Pick<OrderQuery, 'status' | 'perPage'>) {
    this.#client = client;
    this.perPage = perPage;
    this.#common = { perPage, ...(status === undefined ? {} : { status }) };
  }

  /** The shop's clock at its first answer. */
  get startedGmt(): string {
    if (this.#startedGmt === null) throw new Error('nothing listed yet');
    return this.#startedGmt;
  }

  /** How far an offset may move without leaping over an order that a page had no place for. */
  get safeStep(): number {
    return Math.max(1, this.#pageSize);
  }

  async list(query: OrderQuery): Promise<OrderPage> {
    return this.#listAs({ ...this.#common, ...query });
  }

  /** Asked once, and only where a page was short: the shop's latest orders, whatever their status, fill a page best. */
  async learnPageSize(): Promise<number> {
    if (!this.#looked && this.#pageSize < this.perPage) {
      this.#looked = true;
      await this.#listAs({ perPage: this.perPage, orderBy: 'date', order: 'desc' });
    }
    return this.#pageSize;
  }

  /**
   * Whether a page, asked for without offset, held all that fits its query; what the total counts beyond the entries
   * can then only be orders that the shop cannot load. False where that is not sure, so always without a total.
   */
  async isWhole({ entries, total }: OrderPage): Promise<boolean> {
    if (total === null) return false;
    if (total <= Math.max(entries, this.safeStep)) return true;
    return total <= this.perPage && total <= (await this.learnPageSize());
  }

  /** Asked once, before the first offset that must be relied upon. @throws CallFailure where it is ignored. */
  async checkOffset(): Promise<void> {
    if (this.#offsetWorks) return;
    // Not one order showed, not even among the latest: then neither page size nor offset can be judged.
    if (this.#shownId === null) throw new CallFailure(UNREADABLE_PAGE);
    const beyond = await this.#listAs({ include: [this.#shownId], perPage: this.perPage, offset: BEYOND_ALL });
    if (beyond.entries > 0) throw new CallFailure(UNSORTED);
    this.#offsetWorks = true;
  }

  async #listAs(query: OrderQuery): Promise<OrderPage> {
    const page = await this.#client.listOrders(query);
    this.#startedGmt ??= gmtOf(page.serverDate);
    this.#pageSize = Math.max(this.#pageSize, page.entries);
    this.#shownId ??= idsOf(page)[0] ?? null;
    // A total below what is shown is no total.
    return page.total !== null && page.total < page.entries ? { ...page, total: null } : page;
  }
}

export function idsOf({ orders, unreadableIds }: Pick<OrderPage, 'orders' | 'unreadableIds'>): number[] {
  return [...orders.map((order) => order.id), ...unreadableIds];
}
