import type { LookUpAnswer, OnApiCall, PostObservation } from '@relay/core';
import type { OrderConnection } from './order-connection.js';
import type { TokenStore } from './token-store.js';

export interface Hft71ClientOptions {
  /** Without the path: `https://api.example`. */
  readonly baseUrl: string;
  readonly username: string;
  /** Asked before each log-in, so that it can be rotated while the workers run. */
  readonly password: string | (() => Promise<string>);
  /** Bounds the log-ins with a refused password, over all processes. Left out: within this client. */
  readonly logInGuard?: LogInGuard;
  readonly tokenStore: TokenStore;
  /** TCP and TLS together. Default 3 s. */
  readonly connectTimeoutMs?: number;
  /** A whole call: every try, the waits between them, and the answer to its last byte. Default 20 s. */
  readonly answerTimeoutMs?: number;
  /**
   * The account's budget, called before every try of a log-in or a read, retries included. What it throws is thrown on
   * unchanged. The order's POST and the PUTs take their slots before they are made: the caller does.
   */
  readonly beforeCall?: (purpose: CallPurpose) => Promise<void>;
  /** Told of every 429 of a log-in, a read or a PUT, retries included; the order's POST tells its caller. */
  readonly onThrottled?: (retryAfterMs: number | null) => void;
  /** Called after every try. */
  readonly onCall?: OnApiCall;
  readonly userAgent?: string;
}

/** What a call is for: which part of the budget it may use. */
export type CallPurpose = 'login' | ReadPurpose;
export type ReadPurpose = 'read' | 'probe' | 'look-up' | 'poll' | 'stock';

/** A password that HFT71 refused is not tried again and again (protocol: at most three log-ins with a bad secret). */
export interface LogInGuard {
  /** Counts the log-in before it is made. @returns false when this password was refused too often. */
  begin(password: string): Promise<boolean>;
  /** `unjudged`: no answer, or one that says nothing of the password. */
  end(password: string, how: 'accepted' | 'refused' | 'unjudged'): Promise<void>;
}

/**
 * Reads: up to three tries each, with the shared token. `shopOrderId`, WooCommerce's id, is for the log of calls alone.
 */
export interface Hft71Reads {
  /** One entry for each SKU (documented). @throws CallFailure `not-found` for an id that HFT71 does not know. */
  orderStatus(orderId: string, shopOrderId?: number): Promise<SkuStatus[]>;
  /** The same shape, another vocabulary (documented). */
  customerStatus(orderId: string, shopOrderId?: number): Promise<SkuStatus[]>;
  order(orderId: string, shopOrderId?: number): Promise<Hft71Order | 'not-found'>;
  /** Orders by our reference, where the account offers it. @param pathTemplate `/order?referenceId={referenceId}`. */
  lookUpByReference(
    pathTemplate: string,
    reference: string,
    options?: { readonly fullPage?: number },
  ): Promise<LookUpAnswer>;

  stockPage(page: number, count: number): Promise<StockPage>;
  /**
   * The whole feed, page by page; it is complete only if the generator ends by itself. A page that fails throws: a
   * broken-off feed is never "everything else is zero".
   */
  stockFeed(options?: StockFeedOptions): AsyncGenerator<StockPage, void, undefined>;
}

/**
 * The API of HFT71, as far as the relay uses it. Every method but `postOrder` throws `CallFailure` (target `hft71`) and
 * nothing else, apart from what `beforeCall` throws. What is documented and what is assumed: `assumptions.ts`.
 */
export interface Hft71Client extends Hft71Reads {
  /** The same reads on another part of the budget; the client's own are `read`. */
  reading(purpose: ReadPurpose): Hft71Reads;

  /**
   * The account's log-in token, shared by all workers, with enough life left for one more call: min(60 s, a fifth of
   * its life), or `minLifeShare` of its life where given. Logs in where there is none, one worker for all.
   * @throws CallFailure `unauthorized` when the log-in is refused; after three refusals of one password without asking.
   */
  logInToken(options?: { readonly minLifeShare?: number }): Promise<string>;
  /**
   * After a 401: the token to go on with. Where another one is shared by now it is that one; a log-in is made only if
   * the refused one is still the shared one.
   */
  refusedToken(token: string): Promise<string>;
  /** Whether any worker had a call accepted with this token: a 401 with one that never worked is a refused account. */
  tokenWasAccepted(token: string): Promise<boolean>;

  /** TCP, and TLS with the certificate checked, within `connectTimeoutMs`. To be opened before the claim. */
  openConnection(): Promise<OrderConnection>;
  /** The one POST of an attempt. Never throws; the connection is used up by it, whatever comes of it. */
  postOrder(post: OrderPost): Promise<PostObservation>;

  /** One try, no retry. The caller has taken the budget's slot. Takes a token refused with 401 as a failure. */
  putOrderStatus(orderId: string, orderStatus: string, shopOrderId?: number): Promise<void>;
  /** One try, no retry; body `{"address": …}` (assumed). */
  putOrderAddress(orderId: string, address: unknown, shopOrderId?: number): Promise<void>;
}

export interface OrderPost {
  readonly connection: OrderConnection;
  readonly token: string;
  readonly payload: unknown;
  /** For the log of calls only; the payload carries its own. */
  readonly referenceId: string;
  /** Shop's order id for the log of calls. */
  readonly orderId?: number;
  /** Asked synchronously right before the bytes. A text is the reason why it is too late: nothing is sent. */
  readonly sendBy: () => string | null;
}

export interface SkuStatus {
  readonly sku: string;
  readonly status: string;
}

export interface Hft71Order {
  readonly orderId: string;
  readonly referenceId: string | null;
  readonly shipping: Hft71Shipping | null;
}

export interface Hft71Shipping {
  readonly carrier: string | null;
  readonly tracking: string | null;
  /** The return parcel's number. */
  readonly trackingRet: string | null;
}

export interface StockFeedOptions {
  /** Entries of a page. Default 200. */
  readonly count?: number;
  /** Made around the reading of each page: to wait for the budget, to try again. */
  readonly eachPage?: (read: () => Promise<StockPage | null>) => Promise<StockPage | null>;
}

export interface StockPage {
  readonly rows: readonly StockRow[];
  /** Entries that cannot be believed; their SKUs must be left as they are in the shop. */
  readonly faults: readonly StockFault[];
  /** Entries as they came, believed or not. */
  readonly entries: number;
}

export interface StockRow {
  readonly sku: string;
  /** Pieces, a whole number ≥ 0. */
  readonly stock: number;
}

export interface StockFault {
  /** null where the entry has no readable SKU. */
  readonly sku: string | null;
  readonly fault: string;
}
