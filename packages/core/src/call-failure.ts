/**
 * Why a call to the shop or to HFT71 did not do its work, said as what to do next. The order's POST is not judged here
 * but by `classifyPost`: an unproven POST is in doubt, and no class of this list says so.
 */
export type FailureClass =
  /** The call may simply be made again later. */
  | 'retry-later'
  /** 429, or 503 with Retry-After: not before `retryAfterMs`. */
  | 'throttled'
  /** The host is away: refused, no answer in time, 5xx, HTML where JSON belongs. */
  | 'unavailable'
  /** Keys or password are refused. A person has to act. */
  | 'unauthorized'
  /** The key may read only. A person has to act. */
  | 'read-only'
  /** Base URL, path, permalinks: the address answers, but not as the API. A person has to act. */
  | 'misconfigured'
  /** The thing asked for is not there. */
  | 'not-found'
  /** The request itself is refused. */
  | 'rejected';

/** Carries class, status and codes only: never a body, an address or a header, since its text is stored by the queue. */
export class CallFailure extends Error {
  override readonly name = 'CallFailure';
  readonly target: 'shop' | 'hft71';
  /** What was being done: `get_order`, `login`, `stock_available`, … */
  readonly action: string;
  readonly failure: FailureClass;
  /** HTTP status; null when no answer came. */
  readonly status: number | null;
  /** Machine-readable code of the answer's body or of the transport (`ECONNREFUSED`, `rest_no_route`). */
  readonly code: string | null;
  /** Milliseconds to wait as the answer asks; null when it asks for nothing. */
  readonly retryAfterMs: number | null;

  constructor(details: {
    target: 'shop' | 'hft71';
    action: string;
    failure: FailureClass;
    status?: number | null;
    code?: string | null;
    retryAfterMs?: number | null;
    /** One sentence for a person, without customer data. */
    hint?: string;
  }) {
    const what = [
      details.status === undefined || details.status === null ? null : `HTTP ${details.status}`,
      details.code,
    ]
      .filter((part) => part !== null && part !== undefined)
      .join(' ');
    super(
      `${details.target} ${details.action}: ${details.failure}${what === '' ? '' : ` (${what})`}` +
        (details.hint === undefined ? '' : `. ${details.hint}`),
    );
    this.target = details.target;
    this.action = details.action;
    this.failure = details.failure;
    this.status = details.status ?? null;
    this.code = details.code ?? null;
    this.retryAfterMs = details.retryAfterMs ?? null;
  }
}

/**
 * Whether the failure of a read on an *assumed* endpoint only means that there is no such endpoint, or that it answers
 * otherwise than assumed. What says "not now" (429, 5xx but 501, no answer) or "not you" (401) does not.
 */
export function saysNothing({ status }: CallFailure): boolean {
  return status !== null && status !== 401 && status !== 429 && (status < 500 || status === 501);
}

/** One line of the API-call log: what was called and how it ended, without a body and without customer data. */
export interface ApiCallRecord {
  readonly target: 'shop' | 'hft71';
  /** `send_order`, `get_status`, `stock_sync`, `login`, `get_order`, … (the plugin's names where it has one). */
  readonly action: string;
  readonly method: string;
  /** Path with ids, without query. */
  readonly path: string;
  readonly status: number | null;
  readonly code: string | null;
  readonly durationMs: number;
  /** WooCommerce order id, when the call is about one order. */
  readonly orderId: number | null;
  /** What the other side calls the request in its own log, or what the relay sent along; null where neither is known. */
  readonly requestId: string | null;
}

export type OnApiCall = (call: ApiCallRecord) => void;
