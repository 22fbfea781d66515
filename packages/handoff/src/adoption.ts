import { backoffMs, CallFailure, saysNothing } from '@relay/core';
import { adoptIntent, deferAdoption, deferIntent, holdForeignId, intentsToAdopt, type IntentView } from '@relay/ledger';
import { HandOffFailed, type HandOffContext, type ShopRuntime } from './context.js';

/**
 * An `_hft71_order_id` in the shop is adopted only if no other order of the account has it and, where HFT71's order can
 * be read, its reference agrees: plugins that copy orders copy their meta (protocol, "Going live").
 */
export async function adoptShownId(
  ctx: Pick<HandOffContext, 'ledger' | 'log' | 'onProgress'>,
  shop: ShopRuntime,
  intent: IntentView,
  hft71OrderId: string,
): Promise<string> {
  const log = ctx.log.child({ orderId: intent.orderId, shop: shop.id });
  let reference: string | null;
  try {
    reference = await referenceAtHft71(shop, hft71OrderId);
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error;
    const notBeforeMs = Math.max(backoffMs(intent.failures + 1), error.retryAfterMs ?? 0);
    if (intent.state === 'ready') await deferIntent(ctx.ledger, intent.id, { notBeforeMs, lastFailure: error.message });
    else await deferAdoption(ctx.ledger, intent.id, notBeforeMs);
    throw new HandOffFailed(`adoption: ${error.message}`, intent.orderId);
  }
  const own = [intent.reference, String(intent.orderId), intent.number];
  if (reference !== null && !own.includes(reference)) {
    await holdForeignId(ctx.ledger, intent.id, reference, hft71OrderId);
    log.warn('order held', { reason: `id-belongs-to-order-${reference}` });
    return `held: id-belongs-to-order-${reference}`;
  }
  const adopted = await adoptIntent(ctx.ledger, intent.id, hft71OrderId, reference !== null);
  if (adopted.kind === 'taken') {
    await holdForeignId(ctx.ledger, intent.id, adopted.byOrder, hft71OrderId);
    log.warn('order held', { reason: `id-belongs-to-order-${adopted.byOrder}` });
    return `held: id-belongs-to-order-${adopted.byOrder}`;
  }
  if (adopted.kind === 'adopted') {
    log.info('order adopted', { hft71OrderId });
    ctx.onProgress();
  }
  return adopted.kind;
}

/** Held orders and doubts whose order shows an id by now. Called after each sweep; a few at a time, within the budget. */
export async function adoptShownIds(ctx: HandOffContext, shop: ShopRuntime, limit: number): Promise<number> {
  let adopted = 0;
  for (const intent of await intentsToAdopt(ctx.ledger, shop.id, limit)) {
    try {
      if ((await adoptShownId(ctx, shop, intent, intent.shopHft71Id)) === 'adopted') adopted += 1;
    } catch (error) {
      if (!(error instanceof HandOffFailed)) throw error;
      ctx.log.warn('adoption deferred', { orderId: intent.orderId, shop: shop.id, error });
      return adopted; // HFT71 does not answer now: the rest would fare no better
    }
  }
  return adopted;
}

/**
 * @returns null where `GET /order/{id}` gives no answer to judge by: the endpoint is assumed, so its absence and an answer
 * of another shape say nothing.
 * @throws CallFailure where HFT71 does not answer now.
 */
async function referenceAtHft71(shop: ShopRuntime, hft71OrderId: string): Promise<string | null> {
  try {
    const order = await shop.hft71.order(hft71OrderId);
    return order === 'not-found' ? null : order.referenceId;
  } catch (error) {
    if (error instanceof CallFailure && saysNothing(error)) return null;
    throw error;
  }
}
