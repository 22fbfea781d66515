import {
  addressHash,
  backoffMs,
  backoffUnderBreakerMs,
  CallFailure,
  contentHash,
  judgeOrder,
  mapOrder,
  metaText,
  orderKeyHash,
  parseMarker,
  SHOP_META,
  type Hft71OrderPayload,
  type OrderVerdict,
  unknownReprintText,
  type ShopOrder,
} from '@relay/core';
import {
  attemptOutcome,
  deferIntent,
  doubtReady,
  holdReady,
  leaveReady,
  loadIntent,
  receiveDeleted,
  type IntentView,
} from '@relay/ledger';
import { adoptShownId } from './adoption.js';
import { HandOffFailed, type HandOffContext, type ShopRuntime } from './context.js';
import { lineRule } from './line-rule.js';
import { stopForAnotherSender } from './stop-account.js';

export interface SendableOrder {
  readonly kind: 'send';
  readonly payload: Hft71OrderPayload;
  readonly reference: string;
  readonly contentHash: string;
  readonly addressHash: string;
}

export type CheckedOrder = SendableOrder | { readonly kind: 'done'; readonly what: string };

/** Step 1: reads the order from the shop, judges it, and carries out every verdict but *send*. */
export async function checkOrder(ctx: HandOffContext, shop: ShopRuntime, intent: IntentView): Promise<CheckedOrder> {
  const order = await readOrder(ctx, shop, intent);
  if (order === null) return done('deleted in the shop');

  const verdict = judgeOrder({
    order,
    sendableStatuses: shop.sendableStatuses,
    isReprint: intent.kind === 'reprint',
    sameIdentity:
      !intent.identityChanged && orderKeyHash(ctx.installation.hashKey, order.orderKey) === intent.orderKeyHash,
    hasDoubt: intent.hasDoubt,
    beforeLive: intent.beforeLive,
    mayHaveForeignId: mayHaveForeignId(intent),
    installationId: ctx.installation.id,
    settledMarker: intent.settledMarker,
    outcomeOf: await knownOutcome(ctx, order),
    knownReprintIds: intent.knownReprintIds,
  });
  const log = ctx.log.child({ orderId: intent.orderId, shop: shop.id });
  switch (verdict.kind) {
    case 'send': {
      const mapped = await mapForSending(ctx, shop, intent, order);
      // Judged last: an order that is none of HFT71's still, which most of them are, needs nobody to look.
      if (mapped.kind !== 'send' || !intent.mayBeForgotten || intent.hasDoubt) return mapped;
      return putInDoubt(ctx, intent, {
        cause: 'ledger-restored',
        detail: 'the ledger was restored, and the shop shows no marker: it may have been sent since the backup',
        markedToken: null,
        settleMs: shop.settleMs + ctx.times.leaseMs,
      });
    }
    case 'adopt':
      return done(await adoptShownId(ctx, shop, intent, verdict.hft71OrderId));
    case 'another-sender': {
      // Another job of this intent may have sent it and written the id back while this one read the shop.
      const now = await loadIntent(ctx.ledger, intent.id);
      if (now === null || now.state !== 'ready' || now.isPrepared)
        return done(`nothing to do: ${now?.state ?? 'gone'}`);
      await stopForAnotherSender(ctx, shop, intent, { hft71OrderId: verdict.hft71OrderId });
      await adoptShownId(ctx, shop, intent, verdict.hft71OrderId);
      throw new HandOffFailed('another sender: the account is stopped', intent.orderId);
    }
    case 'hold':
      await holdReady(ctx.ledger, intent.id, { reason: verdict.reason, detail: null, contentHash: null });
      throw new HandOffFailed(`held: ${verdict.reason}`, intent.orderId);
    case 'leave':
      await leaveReady(ctx.ledger, intent.id, { state: verdict.state, reason: verdict.status, contentHash: null });
      log.info('order not sent', { state: verdict.state, status: verdict.status });
      return done(`${verdict.state}: ${verdict.status}`);
    case 'doubt': {
      // First, since the order is not looked at again once it is in doubt.
      if (verdict.cause === 'another-installation')
        await stopForAnotherSender(ctx, shop, intent, { marker: verdict.marker });
      return putInDoubt(ctx, intent, {
        cause: verdict.cause,
        detail: detailOf(verdict),
        markedToken: verdict.marker === null ? null : (parseMarker(verdict.marker)?.token ?? null),
        settleMs: shop.settleMs,
      });
    }
  }
}

/** @throws HandOffFailed, unless another job of it was faster. */
async function putInDoubt(
  ctx: HandOffContext,
  intent: IntentView,
  doubt: Parameters<typeof doubtReady>[2],
): Promise<CheckedOrder> {
  if (!(await doubtReady(ctx.ledger, intent.id, doubt))) return done('nothing to do: another job has it');
  ctx.log.error('order in doubt', { orderId: intent.orderId, shop: intent.shopId, cause: doubt.cause });
  throw new HandOffFailed(`in doubt: ${doubt.cause}`, intent.orderId);
}

function detailOf(doubt: Extract<OrderVerdict, { kind: 'doubt' }>): string | null {
  if (doubt.cause === 'unknown-reprint-id') return unknownReprintText(doubt.reprintIds);
  return doubt.marker === null ? null : `the shop shows the marker ${doubt.marker}`;
}

/** An id that the relay did not write may be an earlier sender's, or its own that a restored ledger has forgotten. */
function mayHaveForeignId({ beforeLive, liveAt, restoredAt, createdGmt }: IntentView): boolean {
  return beforeLive || liveAt === null || createdGmt <= liveAt || (restoredAt !== null && createdGmt <= restoredAt);
}

/** @returns null when the shop says that the order does not exist (which is recorded). */
async function readOrder(ctx: HandOffContext, shop: ShopRuntime, intent: IntentView): Promise<ShopOrder | null> {
  try {
    return await shop.woocommerce.getOrder(intent.orderId);
  } catch (error) {
    if (error instanceof CallFailure && error.failure === 'not-found') {
      await receiveDeleted(ctx.ledger, shop.id, intent.orderId);
      return null;
    }
    return deferFailed(ctx, intent, error);
  }
}

async function deferFailed(ctx: HandOffContext, intent: IntentView, error: unknown): Promise<never> {
  if (!(error instanceof CallFailure)) throw error;
  const backoff = error.failure === 'unavailable' ? backoffUnderBreakerMs : backoffMs;
  await deferIntent(ctx.ledger, intent.id, {
    notBeforeMs: Math.max(backoff(intent.failures + 1), error.retryAfterMs ?? 0),
    lastFailure: error.message,
  });
  throw new HandOffFailed(error.message, intent.orderId);
}

/** Reads the outcome of the one attempt that the order's marker names; the judgement itself does no I/O. */
async function knownOutcome(ctx: HandOffContext, order: ShopOrder): Promise<(token: string) => string | null> {
  const marker = metaText(order, SHOP_META.marker);
  const named = marker === null ? null : parseMarker(marker);
  if (named === null) return () => null;
  const outcome = await attemptOutcome(ctx.ledger, named.token);
  return (token) => (token === named.token ? outcome : null);
}

async function mapForSending(
  ctx: HandOffContext,
  shop: ShopRuntime,
  intent: IntentView,
  order: ShopOrder,
): Promise<CheckedOrder> {
  const hash = contentHash(ctx.installation.hashKey, order, shop.template);
  const hold = async (detail: string): Promise<never> => {
    await holdReady(ctx.ledger, intent.id, { reason: 'mapping', detail, contentHash: hash });
    ctx.log.warn('order held', { orderId: intent.orderId, shop: shop.id, reason: 'mapping', detail });
    throw new HandOffFailed(`held: mapping: ${detail}`, intent.orderId);
  };

  const lines = await lineRule(ctx.ledger, shop, order);
  if (lines === null) {
    await deferIntent(ctx.ledger, intent.id, {
      notBeforeMs: backoffMs(intent.failures + 1),
      lastFailure: 'no stock feed yet',
    });
    throw new HandOffFailed('no complete stock feed yet (HFT71_LINES=feed)', intent.orderId);
  }
  let refunds;
  try {
    refunds = order.refundIds.length === 0 ? [] : await shop.woocommerce.getRefundLines(order.id);
  } catch (error) {
    return deferFailed(ctx, intent, error);
  }
  const reference = intent.reference ?? '';
  const mapped = mapOrder({ order, refunds, lines, reference, template: shop.template });
  switch (mapped.kind) {
    case 'payload':
      return {
        ...{ kind: 'send', payload: mapped.payload, reference, contentHash: hash },
        addressHash: addressHash(ctx.installation.hashKey, order),
      };
    case 'not-for-hft71':
      // With a doubt an attempt once found lines of HFT71's: what became of it stays open. And a reprint is a person's act:
      // neither the feed nor an edit brings it back, so he is told.
      if (intent.hasDoubt || intent.kind === 'reprint') return hold('no line is HFT71’s any more');
      await leaveReady(ctx.ledger, intent.id, {
        ...{ state: 'not_for_hft71', reason: null, contentHash: hash },
        leftOutBy: shop.lines, // this worker's: in a rolling restart the shop's row may remember a newer one
      });
      return done('not for HFT71');
    case 'fault':
      return hold(mapped.detail);
  }
}

function done(what: string): CheckedOrder {
  return { kind: 'done', what };
}
