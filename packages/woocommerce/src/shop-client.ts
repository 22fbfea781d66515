import type { CallFailure, OnApiCall, ShopOrder, ShopRefundLine } from '@relay/core';

export interface ShopClientOptions {
  /** Where WordPress lives, with its folder if it has one: `https://shop.example` or `https://example.com/shop`. */
  readonly baseUrl: string;
  readonly consumerKey: string;
  readonly consumerSecret: string;
  /** A whole call: every try, the waits between them, and the answer to its last byte. Default 10 s. */
  readonly answerTimeoutMs?: number;
  /** TCP and TLS together. Default 3 s. */
  readonly connectTimeoutMs?: number;
  /** Called before every try, retries included: the budget of the shop's host. What it throws is thrown on unchanged. */
  readonly beforeCall?: (purpose: ShopCallPurpose) => Promise<void>;
  /** Called after every try. */
  readonly onCall?: OnApiCall;
  /** Called once for each call, when it has ended with all its tries: null when it did its work. */
  readonly onEnd?: (failure: CallFailure | null) => void;
  readonly userAgent?: string;
}

/** What a call is for: which part of the host's budget it may use. */
export type ShopCallPurpose = 'orders' | 'stock';

/**
 * A WooCommerce shop's REST API v3, as far as the relay uses it. Reads are tried up to three times within
 * `answerTimeoutMs`; PUT, POST and DELETE are tried once.
 *
 * Every method throws `CallFailure` (target `shop`) and nothing else, apart from what `beforeCall` throws.
 * Source: measured on WooCommerce 10.0.2, unless a docstring says otherwise.
 */
export interface ShopClient {
  /** `GET /wp-json/`, without keys: who answers here, and by which clock. */
  index(): Promise<ShopIndex>;

  /** @throws CallFailure `not-found` when the shop says that there is no such order. A binned order has status `trash`. */
  getOrder(id: number): Promise<ShopOrder>;
  listOrders(query?: OrderQuery): Promise<OrderPage>;
  /** The latest orders by creation, newest first. @param count at most 200 (two pages). */
  latestOrders(count: number): Promise<ShopOrder[]>;
  /** What was refunded of each line of this order, summed over its refunds. Refunds of money alone have no lines. */
  getRefundLines(orderId: number): Promise<ShopRefundLine[]>;

  /**
   * Sets meta rows by key, in place; null deletes. Every PUT moves `date_modified` and sends `order.updated`, so never
   * write what is already so.
   */
  putOrderMeta(id: number, meta: Readonly<Record<string, string | null>>): Promise<ShopOrder>;
  /** The same with the order's status and its lines' meta, in one PUT. @throws CallFailure `rejected` for an unknown status. */
  putOrder(id: number, change: OrderChange): Promise<ShopOrder>;
  /** Which of these the shop does not know: it refuses to list by them. */
  unknownStatuses(statuses: readonly string[]): Promise<string[]>;
  /** A private note on the order's page in the shop. Sends no webhook. */
  addOrderNote(id: number, text: string): Promise<void>;

  /** Products and variations with one of these SKUs, to the letter. @param skus at most 100; one with a comma is not found. */
  productsBySku(skus: readonly string[]): Promise<ShopProduct[]>;
  /** Products without their variations, a hundred a page, by id. @param page from 1. */
  listProducts(page: number): Promise<ProductPage>;
  listVariations(parentId: number, page: number): Promise<ProductPage>;
  /**
   * One batch of quantities. @param parentId of the variations; null for simple products. @param items at most 100.
   * @returns one for each item, in order. @throws TypeError before anything is sent, for what is no whole number from 0 on.
   */
  writeStock(parentId: number | null, items: readonly StockWrite[]): Promise<BatchedItem[]>;

  listWebhooks(): Promise<ShopWebhook[]>;
  createWebhook(hook: NewShopWebhook): Promise<ShopWebhook>;
  /** Revives a webhook that the shop disabled after six failures; it comes without the events it missed. */
  activateWebhook(id: number): Promise<ShopWebhook>;
  deleteWebhook(id: number): Promise<void>;

  /**
   * Finds out whether the key may write, without writing: a PUT on an order that cannot exist.
   * @throws CallFailure `read-only` or `unauthorized`.
   */
  checkWriteAccess(): Promise<void>;
}

export interface OrderChange {
  /** Without `wc-`. */
  readonly status?: string;
  /** By key, in place; null deletes. */
  readonly meta?: Readonly<Record<string, string | null>>;
  readonly lines?: readonly { readonly id: number; readonly meta: Readonly<Record<string, string | null>> }[];
}

export interface ShopProduct {
  readonly id: number;
  /** 0 for a product of its own. */
  readonly parentId: number;
  readonly sku: string;
  /** simple, variable, variation, … */
  readonly type: string;
  /** Whose figure counts: its own, nobody's, its parent's. */
  readonly manages: 'yes' | 'no' | 'parent';
  /** Whole pieces; null while it keeps no figure. */
  readonly stock: number | null;
  /** Ids; empty but for a variable product. */
  readonly variations: readonly number[];
}

export interface ProductPage {
  readonly products: readonly ShopProduct[];
  readonly isLast: boolean;
}

export interface StockWrite {
  readonly id: number;
  readonly quantity: number;
  /** HFT71's own figure, for `_hft71_stock_available`; null leaves the meta as it is. */
  readonly available: number | null;
}

export interface BatchedItem {
  readonly id: number;
  /** As the shop shows it now. */
  readonly stock: number | null;
  /** The shop's code for what went wrong with this item; null when it is written. */
  readonly error: string | null;
}

export interface ShopIndex {
  readonly name: string;
  /** The shop's identity, without a slash at its end; the same URL as in `X-WC-Webhook-Source`. */
  readonly homeUrl: string;
  /** `wc/v3`, `hft71/v1`, … */
  readonly namespaces: readonly string[];
  readonly gmtOffsetMinutes: number;
  /** The answer's `Date`: the shop's clock. The clock here where the answer has none. */
  readonly serverDate: Date;
}

/** Dates are GMT, `YYYY-MM-DDTHH:MM:SS`, without fraction; a `Z` at the end is tolerated and not sent. */
export interface OrderQuery {
  /** Without `wc-`. Default: every status but the bin. */
  readonly status?: readonly string[];
  /** Strictly greater, whole seconds. */
  readonly modifiedAfterGmt?: string;
  /** Strictly less, whole seconds. */
  readonly modifiedBeforeGmt?: string;
  /** Strictly greater, whole seconds. */
  readonly createdAfterGmt?: string;
  /** Strictly less, whole seconds. */
  readonly createdBeforeGmt?: string;
  readonly exclude?: readonly number[];
  readonly include?: readonly number[];
  readonly orderBy?: 'date' | 'modified' | 'id';
  readonly order?: 'asc' | 'desc';
  /** 1 … 100. */
  readonly perPage?: number;
  /** From 1. */
  readonly page?: number;
  readonly offset?: number;
}

export interface OrderPage {
  readonly orders: readonly ShopOrder[];
  /** Orders of this page whose JSON is not an order's as far as the relay knows it: to be told, never to be left out silently. */
  readonly unreadableIds: readonly number[];
  /** Orders as they came, readable or not. */
  readonly entries: number;
  /** `X-WP-Total`: how many orders fit the query; null where a proxy drops the header. */
  readonly total: number | null;
  readonly serverDate: Date;
}

export interface ShopWebhook {
  readonly id: number;
  readonly name: string;
  /** `active`, `paused`, `disabled`. */
  readonly status: string;
  /** `order.created`, `order.updated`, … */
  readonly topic: string;
  readonly deliveryUrl: string;
}

export interface NewShopWebhook {
  readonly name: string;
  readonly topic: string;
  readonly deliveryUrl: string;
  /** Without `&`: the shop decodes HTML entities in it. */
  readonly secret: string;
}
