import type { PostObservation } from './post-observation.js';
import { parseRetryAfterMs } from './retry-after.js';

/**
 * What the observation of an order's POST means (protocol, "What an outcome means"): one table, the default row *in
 * doubt*. Status codes are assumed to mean what HTTP says; HFT71 documents none.
 */
export type PostOutcome =
  | { readonly kind: 'accepted'; readonly hft71OrderId: string }
  | { readonly kind: 'not-processed'; readonly cause: NotProcessedCause; readonly retryAfterMs: number | null }
  | { readonly kind: 'rejected'; readonly cause: 'rejected' }
  | { readonly kind: 'duplicate'; readonly hft71OrderId: string | null }
  | { readonly kind: 'in-doubt'; readonly cause: string };

export type NotProcessedCause = 'nothing-sent' | 'throttled' | 'token' | 'misconfigured' | 'declared';

export interface OutcomeRules {
  readonly referenceId: string;
  /** `HFT71_NOT_PROCESSED_STATUSES`: 5xx that HFT71 promises to answer only before it processes. */
  readonly notProcessedStatuses: readonly number[];
  /** `HFT71_DUPLICATE_PATTERN` */
  readonly duplicatePattern: RegExp | null;
}

const ACCEPTED = new Set([200, 201, 202]);
const MISCONFIGURED = new Set([403, 404, 405]);
const REJECTED = new Set([400, 413, 415, 422]);

export function classifyPost(seen: PostObservation, rules: OutcomeRules): PostOutcome {
  const notProcessed = (cause: NotProcessedCause): PostOutcome => ({
    kind: 'not-processed',
    cause,
    retryAfterMs: parseRetryAfterMs(seen.headers),
  });
  if (!seen.left) return notProcessed('nothing-sent');
  const { status, body } = seen;
  if (status === null || body === null) return { kind: 'in-doubt', cause: seen.error ?? 'no-answer' };
  if (ACCEPTED.has(status)) {
    const hft71OrderId = readOrderId(body);
    return hft71OrderId === null ? { kind: 'in-doubt', cause: 'no-order-id' } : { kind: 'accepted', hft71OrderId };
  }
  if (status >= 400 && status < 500 && status !== 429 && tellsOfRepeatedReference(body, rules))
    return { kind: 'duplicate', hft71OrderId: readOrderId(body) };
  if (status === 429) return notProcessed('throttled');
  if (status === 401) return notProcessed('token');
  if (MISCONFIGURED.has(status)) return notProcessed('misconfigured');
  if (REJECTED.has(status)) return { kind: 'rejected', cause: 'rejected' };
  if (rules.notProcessedStatuses.includes(status)) return notProcessed('declared');
  return { kind: 'in-doubt', cause: `http-${status}` };
}

/** "does not exist", "nie istnieje": the opposite. */
const DENIED = /(?:\bnot|n['’]t|\bno|\bnie|\bnever|\bcannot)\s+(?:\w+\s+)?(?:exist\w*|istniej\w*|unique|taken)/gi;

/** Words that say "there is one already", next to the reference. Assumed: HFT71 documents no error body. */
const EXISTS = /already|exist|duplicat|repeated|taken|conflict|unique|istnieje|duplik|powtórz/i;

function tellsOfRepeatedReference(body: string, rules: OutcomeRules): boolean {
  if (rules.duplicatePattern?.test(body) === true) return true;
  return namesReference(body, rules.referenceId) && EXISTS.test(body.replace(DENIED, ''));
}

/** The reference as a word of its own: reference 17 is not named by "order 1700". */
function namesReference(body: string, reference: string): boolean {
  const escaped = reference.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\w-])${escaped}(?![\\w-])`).test(body);
}

/**
 * `orderId` as text (a number in the documented answer, a string in the webhook). Digits are taken from the text itself
 * when the number is too great for a double.
 */
export function readOrderId(body: string): string | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return null;
  }
  if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed)) return null;
  const id = (parsed as Record<string, unknown>)['orderId'];
  if (typeof id === 'string') return id.trim() === '' ? null : id.trim();
  if (typeof id !== 'number' || !Number.isInteger(id) || id <= 0) return null;
  return Number.isSafeInteger(id) ? String(id) : (/"orderId"\s*:\s*(\d+)/.exec(body)?.[1] ?? null);
}
