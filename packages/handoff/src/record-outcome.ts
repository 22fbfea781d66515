import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs, classifyPost, type PostObservation, type PostOutcome } from '@relay/core';
import {
  recordAccepted,
  recordDuplicate,
  recordInDoubt,
  recordNotProcessed,
  recordRejected,
  type IntentView,
} from '@relay/ledger';
import { HandOffFailed, type HandOffContext, type ShopRuntime } from './context.js';

interface PostedAttempt {
  readonly intent: IntentView;
  readonly token: string;
  readonly reference: string;
  readonly contentHash: string;
  readonly logInToken: string;
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
  const state = await untilRecorded(ctx, () => record(ctx, shop, posted, outcome));
  ctx.metrics.attempts.inc({ outcome: outcome.kind.replace('-', '_') });
  ctx.onProgress();
  const log = ctx.log.child({ orderId: intent.orderId, shop: shop.id, attempt: posted.token });

  if (outcome.kind === 'accepted' && state === 'sent') {
    log.info('order sent', { hft71OrderId: outcome.hft71OrderId, durationMs: Math.round(seen.durationMs) });
    ctx.metrics.orders.inc({ state: 'sent' });
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
      const notBeforeMs = await waitAfter(shop, posted, outcome);
      return recordNotProcessed(ledger, token, {
        ...seen,
        cause: outcome.cause,
        notBeforeMs,
        lastFailure: describe(outcome, posted.seen),
      });
    }
  }
}

/** What a refusal asks for before the next try; side effects that concern the whole account happen here. */
async function waitAfter(
  shop: ShopRuntime,
  { intent, logInToken }: PostedAttempt,
  outcome: Extract<PostOutcome, { kind: 'not-processed' }>,
): Promise<number> {
  const backoff = backoffMs(intent.failures + 1);
  switch (outcome.cause) {
    case 'throttled': {
      // Not only this order: the account is over its limit.
      const waitMs = Math.max(outcome.retryAfterMs ?? backoff, MIN_THROTTLE_MS);
      await shop.budget.freeze(waitMs).catch(() => undefined); // without Redis nothing is sent anyway
      return waitMs;
    }
    case 'token': {
      // The next attempt finds the new token. Refused here, that attempt's own log-in says why.
      await shop.hft71.refusedToken(logInToken).catch(() => undefined);
      return intent.failures === 0 ? 0 : backoff;
    }
    case 'nothing-sent':
    case 'misconfigured':
    case 'declared':
      return Math.max(backoff, outcome.retryAfterMs ?? 0);
  }
}

/** A 429 with "0 seconds" must not become a loop. */
const MIN_THROTTLE_MS = 1_000;

/**
 * The answer is known here and nowhere else, so a PostgreSQL that is away is waited for. What does not make it within
 * the lease becomes a doubt by then; an id that comes after it is still evidence.
 */
async function untilRecorded<T>(ctx: HandOffContext, write: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + RECORD_FOR_MS;
  for (let tries = 1; ; tries += 1) {
    try {
      return await write();
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      ctx.log.error('an outcome could not be recorded yet', { tries, error });
      await sleep(RECORD_EVERY_MS);
    }
  }
}

const RECORD_FOR_MS = 10 * 60_000;
const RECORD_EVERY_MS = 500;

function describe(outcome: PostOutcome, seen: PostObservation): string {
  const status = seen.status === null ? (seen.error ?? 'no answer') : `HTTP ${seen.status}`;
  return 'cause' in outcome && outcome.cause !== status
    ? `${outcome.kind}: ${outcome.cause} (${status})`
    : `${outcome.kind} (${status})`;
}
