import { CallFailure, heldNote, sentNote } from '@relay/core';
import { giveHeldNoteBack, takeHeldNote, willNoteSent, type WriteBackView } from '@relay/ledger';
import type { HandOffContext, ShopRuntime } from './context.js';

/** After the id stands in the shop. A note that cannot be made is none: nothing waits for it, and nothing is repeated. */
export async function noteSent(ctx: HandOffContext, shop: ShopRuntime, sent: WriteBackView): Promise<void> {
  if (!shop.orderNotes || sent.sendState !== 'sent') return;
  if (!(await willNoteSent(ctx.ledger, sent))) return;
  try {
    await shop.woocommerce.addOrderNote(sent.orderId, sentNote(sent.hft71OrderId, sent.copy));
  } catch (error) {
    tellFailure(ctx, shop, sent.orderId, error);
  }
}

/**
 * Tells of holds that the shop's orders do not tell of yet, one call each. @param limit of them: the next sweep goes on.
 * @returns how many notes were made.
 */
export async function noteHeld(ctx: HandOffContext, shop: ShopRuntime, limit: number): Promise<number> {
  if (!shop.orderNotes) return 0;
  for (let made = 0; made < limit; made += 1) {
    const held = await takeHeldNote(ctx.ledger, shop.id);
    if (held === null) return made;
    try {
      await shop.woocommerce.addOrderNote(held.orderId, heldNote(held));
    } catch (error) {
      const failure = tellFailure(ctx, shop, held.orderId, error);
      if (failure === 'not-found') continue; // the order is gone: the next one
      if (failure === 'throttled') await giveHeldNoteBack(ctx.ledger, held);
      return made;
    }
  }
  return limit;
}

function tellFailure({ log }: HandOffContext, shop: ShopRuntime, orderId: number, error: unknown) {
  if (!(error instanceof CallFailure)) throw error;
  log.warn('the note on the order could not be made', { orderId, shop: shop.id, error });
  return error.failure;
}
