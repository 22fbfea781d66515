import { backoffMs, backoffUnderBreakerMs, classifyPost, type PostObservation, type PostOutcome } from '@relay/core';
import {
  openUnauthorized,
  recordAccepted,
  recordDuplicate,
  recordInDoubt,
  recordNotProcessed,
  recordRejected,
  type IntentView,
} from '@relay/ledger';
import { HandOffFailed, type HandOffContext, type ShopRuntime } from './context.js';
import { untilRecorded } from './until-recorded.js';

interface PostedAttempt {
  readonly intent: IntentView;
  readonly token: string;
  readonly reference: string;
  readonly contentHash: string;
  readonly logInToken: string;
  /** Of the budget. */
  readonly slot: string;
  readonly seen: PostObservation;
}

/** Step 7: judges what was seen and records it. @throws HandOffFailed for everything but acceptance. */
export async function recordOutcome(ctx: HandOffContext, shop: ShopRuntime, posted: PostedAttempt): Promise<string> {
  const { intent, seen } = posted;
  const outcome = classifyPost(seen, {
    referenceId: posted.reference,
    notProcessedStatuses: shop.notProcessedStatuses,
    duplicatePattern: shop.duplicatePattern,
  });
  // The answer is known here and nowhere else. What is not recorded within the lease is a doubt by then; an id that comes
  // after it is still evidence.
  const state = await untilRecorded(ctx, RECORD_FOR_MS, () => record(ctx, shop, posted, outcome));
  await tellAccount(ctx, shop, posted, outcome);
  ctx.onProgress();
  const log = ctx.log.child({ orderId: intent.orderId, shop: shop.id, attempt: posted.token });

  if (outcome.kind === 'accepted' && state === 'sent') {
    log.info('order sent', { hft71OrderId: outcome.hft71OrderId, durationMs: Math.round(seen.durationMs) });
    return `sent as ${outcome.hft71OrderId}`;
  }
  const what = describe(outcome, seen);
  if (outcome.kind === 'in-doubt') log.error('order in doubt', { cause: outcome.cause, status: seen.status });
  else log.warn('order not handed over', { what, state });
  throw new HandOffFailed(state === null ? `${what}, too late to count` : `${what} → ${state}`, intent.orderId);
}

async function record(
  ctx: HandOffContext,
  shop: ShopRuntime,
  posted: PostedAttempt,
  outcome: PostOutcome,
): Promise<string | null> {
  const { ledger } = ctx;
  const { token } = posted;
  const seen = { httpStatus: posted.seen.status, errorCode: posted.seen.error, left: posted.seen.left };
  switch (outcome.kind) {
    case 'accepted':
      return recordAccepted(ledger, token, { ...seen, hft71OrderId: outcome.hft71OrderId });
    case 'duplicate':
      return recordDuplicate(ledger, token, { ...seen, hft71OrderId: outcome.hft71OrderId });
    case 'rejected':
      return recordRejected(ledger, token, {
        ...seen,
        contentHash: posted.contentHash,
        detail: `HFT71 refuses the order (HTTP ${posted.seen.status ?? '?'}). Mend it in the shop: it goes again by itself.`,
      });
    case 'in-doubt':
      return recordInDoubt(ledger, token, { ...seen, cause: outcome.cause, settleMs: shop.settleMs });
    case 'not-processed': {
      const notBeforeMs = waitAfter(posted, outcome);
      return recordNotProcessed(ledger, token, {
        ...seen,
        cause: outcome.cause,
        notBeforeMs,
        lastFailure: describe(outcome, posted.seen),
        countsAsFailure: outcome.cause === 'misconfigured' || outcome.cause === 'declared',
      });
    }
  }
}

/** What a refusal asks for before the next try. */
function waitAfter({ intent }: PostedAttempt, outcome: Extract<PostOutcome, { kind: 'not-processed' }>): number {
  const backoff = backoffMs(intent.failures + 1);
  switch (outcome.cause) {
    case 'throttled':
      return MIN_THROTTLE_MS; // how long the account is frozen is the budget's to say
    case 'token':
      return intent.failures === 0 ? 0 : backoff;
    case 'nothing-sent':
    case 'misconfigured':
    case 'declared':
      return Math.max(backoffUnderBreakerMs(intent.failures + 1), outcome.retryAfterMs ?? 0);
  }
}

/**
 * What concerns the whole account and not only this order. After the record, which must not wait for it: both calls may
 * take longer than the lease.
 */
async function tellAccount(
  ctx: HandOffContext,
  shop: ShopRuntime,
  posted: PostedAttempt,
  outcome: PostOutcome,
): Promise<void> {
  if (outcome.kind !== 'not-processed') return;
  if (outcome.cause === 'throttled') await shop.throttled(outcome.retryAfterMs, posted.slot);
  if (outcome.cause === 'token') await tellRefusedToken(ctx, shop, posted.logInToken);
}

/** A token that worked has expired or was called back; one that never did says that the account is refused. */
async function tellRefusedToken(ctx: HandOffContext, shop: ShopRuntime, token: string): Promise<void> {
  try {
    if (await shop.hft71.tokenWasAccepted(token)) await shop.hft71.refusedToken(token);
    else if (await openUnauthorized(ctx.ledger, shop.accountId, 'HFT71 refuses a token that it has just given'))
      ctx.log.error('the breaker opens: HFT71 refuses the account', { shop: shop.id });
  } catch (error) {
    ctx.log.warn('a refused token could not be renewed: the next attempt tries again', { error });
  }
}

const MIN_THROTTLE_MS = 1_000;
const RECORD_FOR_MS = 10 * 60_000;

function describe(outcome: PostOutcome, seen: PostObservation): string {
  const status = seen.status === null ? (seen.error ?? 'no answer') : `HTTP ${seen.status}`;
  return 'cause' in outcome && outcome.cause !== status
    ? `${outcome.kind}: ${outcome.cause} (${status})`
    : `${outcome.kind} (${status})`;
}
