import {
  backoffMs,
  backoffUnderBreakerMs,
  CallFailure,
  metaText,
  orderKeyHash,
  reprintIdsOf,
  SHOP_META,
} from '@relay/core';
import {
  countUnmirrored,
  deferWriteBack,
  loadWriteBack,
  raiseAlert,
  recordWriteBackConflict,
  recordWriteBackFailed,
  recordWrittenBack,
  resolveAlerts,
  skipWriteBack,
  wantUpdates,
} from '@relay/ledger';
import { HandOffFailed, type HandOffContext } from './context.js';
import { noteSent } from './order-notes.js';
import { logged, putWhatDiffers, progressToWrite, tellProgress, type ProgressToShow } from './show-progress.js';

/**
 * Writes into the shop's order what HFT71 says of it: the id, with the marker removed in the same PUT, then status and
 * parcel. A level, not an act: what the shop shows is compared first, so a repeated or late job writes nothing twice, and
 * an unknown outcome is compared again.
 */
export async function writeBack(ctx: HandOffContext, intentId: string): Promise<string> {
  const wanted = await loadWriteBack(ctx.ledger, intentId);
  if (wanted === null) return 'nothing to write';
  const shop = ctx.shops.get(wanted.shopId);
  if (shop === undefined) {
    await deferWriteBack(ctx.ledger, intentId, NOT_VERIFIED_WAIT_MS);
    return 'deferred: this worker has not verified the shop yet';
  }
  const log = ctx.log.child({ orderId: wanted.orderId, shop: wanted.shopId });
  const step = async (name: Parameters<NonNullable<HandOffContext['onStep']>>[0]) => ctx.onStep?.(name, wanted.orderId);

  let progress: ProgressToShow | null;
  try {
    const order = await shop.woocommerce.getOrder(wanted.orderId);
    if (orderKeyHash(ctx.installation.hashKey, order.orderKey) !== wanted.orderKeyHash) {
      // The sweep lists the order as order-identity-changed; this id is not the new order's.
      await skipWriteBack(ctx.ledger, intentId, 'order-identity-changed');
      log.error('write-back skipped: the shop uses the id for another order');
      return 'skipped: the shop uses the id for another order';
    }
    const isReprint = wanted.copy > 1;
    const shown = metaText(order, SHOP_META.hft71OrderId);
    // A reprint never touches `_hft71_order_id`.
    const shownIds = isReprint ? reprintIdsOf(order) : [shown];
    if (!isReprint && shown !== null && shown !== wanted.hft71OrderId) {
      await recordWriteBackConflict(ctx.ledger, intentId, shown);
      log.error('order held', { reason: 'conflict', hft71OrderId: wanted.hft71OrderId, shown });
      throw new HandOffFailed('held: conflict: the shop shows another HFT71 id', wanted.orderId);
    }
    // Once it is written back, a marker is another attempt's: a reprint may be on its way.
    const isFirst = wanted.sendState === 'sent';
    const isThere = shownIds.includes(wanted.hft71OrderId) && (!isFirst || metaText(order, SHOP_META.marker) === null);
    const idMeta: Record<string, string> = isReprint
      ? { [SHOP_META.reprintIds]: [...new Set([...shownIds, wanted.hft71OrderId])].join(',') }
      : { [SHOP_META.hft71OrderId]: wanted.hft71OrderId };
    // The id never waits for a status that the shop does not take.
    const isIdLate = isFirst && wanted.failures > 0;
    progress = isReprint || isIdLate ? null : await progressToWrite(ctx, shop, order);
    await step('before-write-back');
    await putWhatDiffers(
      ctx,
      shop,
      order,
      isThere ? {} : { ...idMeta, ...(isFirst ? { [SHOP_META.marker]: null } : {}) },
      progress,
    );
    await step('after-write-back');
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error;
    if (error.failure === 'not-found') {
      await skipWriteBack(ctx.ledger, intentId, 'deleted');
      log.warn('write-back skipped: the order is deleted in the shop');
      return 'skipped: deleted in the shop';
    }
    await recordWriteBackFailed(ctx.ledger, intentId, {
      notBeforeMs: Math.max(
        (error.failure === 'unavailable' ? backoffUnderBreakerMs : backoffMs)(wanted.failures + 1),
        error.retryAfterMs ?? 0,
      ),
      lastFailure: error.message,
    });
    await tellUnmirrored(ctx, wanted.shopId, shop.maxUnmirrored);
    throw new HandOffFailed(error.message, wanted.orderId);
  }
  await recordWrittenBack(ctx.ledger, intentId, wanted.hft71OrderId, progress?.shown.version ?? 0);
  await step('after-write-back-record');
  if (progress !== null) await tellProgress(ctx, shop, wanted, progress);
  // Edited or cancelled while it was being sent.
  if (shop.updates !== null) await wantUpdates(ctx.ledger, wanted, shop.updates.delayMs);
  await resolveAlerts(ctx.ledger, [UNMIRRORED], wanted.shopId);
  ctx.onProgress();
  log.info('order written back', { hft71OrderId: wanted.hft71OrderId, ...logged(progress) });
  await noteSent(ctx, shop, wanted);
  return `written back ${wanted.hft71OrderId}`;
}

const UNMIRRORED = 'sending stopped: write-backs fail';
const NOT_VERIFIED_WAIT_MS = 5_000;

/** `RELAY_MAX_UNMIRRORED` orders at HFT71 that the shop does not show: its claims stop until one write-back succeeds. */
async function tellUnmirrored(ctx: HandOffContext, shopId: string, maxUnmirrored: number): Promise<void> {
  const count = await countUnmirrored(ctx.ledger, shopId);
  if (count < maxUnmirrored) return;
  const message = `${count} orders are at HFT71 and could not be written back: nothing more is sent until one succeeds`;
  if (await raiseAlert(ctx.ledger, { kind: UNMIRRORED, severity: 1, subject: shopId, message }))
    ctx.log.error(`SEV-1 ${message}`, { shop: shopId });
}
