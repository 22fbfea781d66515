import { CallFailure } from '@relay/core';
import {
  beginSweep,
  finishLevelSweep,
  finishSweep,
  forgetWantedRead,
  loadShop,
  ordersToRead,
  receiveDeleted,
  wantUpdates,
  setShopFault,
} from '@relay/ledger';
import { walkByStatus, walkModifiedSince } from '@relay/woocommerce';
import type { IntakeContext, IntakeShop } from './context.js';
import { followSendableStatuses } from './followed-statuses.js';
import { notTakenIn, takeOrder, takePage, tellUnreadable } from './see-order.js';

/**
 * Finds what webhooks missed: every order changed since the mark, minus an overlap, since a change may be committed in
 * the shop after a later one was seen. The mark moves only after a complete walk.
 * @returns how many orders were seen; null when the shop has no baseline yet.
 */
export async function sweep(ctx: IntakeContext, shop: IntakeShop): Promise<{ seen: number } | null> {
  const view = await loadShop(ctx.ledger, shop.id);
  if (view === null || view.sweepMark === null) return null;
  await beginSweep(ctx.ledger, shop.id);
  return noteFault(ctx, shop, async () => {
    await readWanted(ctx, shop);
    const mark = view.sweepMark as Date;
    const from = gmt(new Date(mark.getTime() - shop.sweepOverlapMs));
    let greatest = gmt(mark);
    let seen = 0;
    for await (const page of walkModifiedSince(shop.woocommerce, from)) {
      const { moved } = await takePage(ctx, shop, page, { seenBy: 'sweep' });
      seen += page.orders.length;
      if (page.greatestModifiedGmt > greatest) greatest = page.greatestModifiedGmt;
      if (moved > 0) ctx.onReceived?.();
    }
    await finishSweep(ctx.ledger, shop.id, new Date(`${greatest}Z`));
    return { seen };
  });
}

/**
 * The level: all orders in sendable statuses against the ledger, whatever their dates say. Finds an order that came into
 * the shop with an old date, one whose last change was seen wrongly, and one that may be HFT71's by now.
 */
export async function levelSweep(
  ctx: IntakeContext,
  shop: IntakeShop,
): Promise<{ listed: number; found: number } | null> {
  const view = await loadShop(ctx.ledger, shop.id);
  if (view === null || view.baselineAt === null || view.mode === 'going_live') return null;
  return noteFault(ctx, shop, async () => {
    const statuses = await followSendableStatuses(ctx, shop);
    let listed = 0;
    let found = 0;
    for await (const { orders, unreadableIds } of walkByStatus(shop.woocommerce, statuses)) {
      listed += orders.length;
      const page = { orders: await notTakenIn(ctx, shop, orders), unreadableIds };
      const { moved } = await takePage(ctx, shop, page, { seenBy: 'level-sweep', readJustNow: true });
      found += moved;
      if (moved > 0) ctx.onReceived?.();
    }
    await finishLevelSweep(ctx.ledger, shop.id);
    return { listed, found };
  });
}

/**
 * Orders in a status in which the shop has taken their stock and that do not go yet: a shop that was connected lately has
 * some that no sweep has seen.
 */
export async function seeOrdersIn(ctx: IntakeContext, shop: IntakeShop, statuses: readonly string[]): Promise<void> {
  for await (const page of walkByStatus(shop.woocommerce, statuses))
    await takePage(ctx, shop, page, { seenBy: 'level-sweep' });
}

/** Orders that a delivery named without telling their state: read one by one, since the bin is in no list. */
async function readWanted(ctx: IntakeContext, shop: IntakeShop): Promise<void> {
  for (const orderId of await ordersToRead(ctx.ledger, shop.id)) {
    try {
      await takeOrder(ctx, shop, await shop.woocommerce.getOrder(orderId), { seenBy: 'sweep', readJustNow: true });
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error;
      if (error.failure === 'not-found') {
        await receiveDeleted(ctx.ledger, shop.id, orderId);
        if (shop.updates !== null) await wantUpdates(ctx.ledger, { shopId: shop.id, orderId }, shop.updates.delayMs);
      } else if (error.code === 'unexpected-shape') {
        await tellUnreadable(ctx, shop, orderId, 'the shop shows it in a shape that cannot be read');
        await forgetWantedRead(ctx.ledger, shop.id, orderId);
      } else throw error; // the shop is away: all of them wait
    }
  }
}

async function noteFault<T>(ctx: IntakeContext, shop: IntakeShop, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work();
    await setShopFault(ctx.ledger, shop.id, null);
    return result;
  } catch (error) {
    if (error instanceof CallFailure) await setShopFault(ctx.ledger, shop.id, error.message);
    throw error;
  }
}

/** The shop's way to write a time: GMT, whole seconds, no zone. */
function gmt(date: Date): string {
  return date.toISOString().slice(0, 19);
}
