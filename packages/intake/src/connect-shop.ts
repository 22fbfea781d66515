import { normalHomeUrl } from '@relay/core';
import {
  finishBaseline,
  followLines,
  loadShop,
  markBeforeLive,
  rememberSendableStatuses,
  setHomeUrl,
} from '@relay/ledger';
import { walkByStatus } from '@relay/woocommerce';
import type { IntakeContext, IntakeShop } from './context.js';
import { followSendableStatuses } from './followed-statuses.js';
import { takePage } from './see-order.js';

/**
 * Whether the shop that answers is the one of the ledger; a new shop is whoever answers.
 * @throws ShopChanged: nothing may be read, sent or written with these settings.
 */
export async function verifyShop(ctx: IntakeContext, shop: IntakeShop): Promise<void> {
  const known = (await loadShop(ctx.ledger, shop.id))?.homeUrl ?? null;
  const { homeUrl } = await shop.woocommerce.index();
  if (known === homeUrl) return;
  if (known !== null && !samePlace(known, homeUrl))
    throw new ShopChanged(`shop ${shop.id} was ${known}; WC_BASE_URL now leads to ${homeUrl}, which is another shop`);
  const takenBy = await setHomeUrl(ctx.ledger, shop.id, homeUrl);
  if (takenBy !== null)
    throw new ShopChanged(
      `shop ${shop.id} leads to ${homeUrl}, which is the shop ${takenBy} already: one shop has one id`,
    );
}

/**
 * Connecting a shop is harmless: it takes the **baseline**, the orders then in a sendable status. No intent exists before
 * it is complete; broken off, it begins again.
 * @param liveWanted `RELAY_MODE=live`, which counts at the first connection only.
 */
export async function connectShop(ctx: IntakeContext, shop: IntakeShop, liveWanted = false): Promise<void> {
  await verifyShop(ctx, shop);
  const armedAgain = await followLines(ctx.ledger, shop);
  if (armedAgain > 0)
    ctx.log.warn('HFT71_LINES has changed: orders that it left out are looked at again', {
      shop: shop.id,
      orders: armedAgain,
    });
  if ((await loadShop(ctx.ledger, shop.id))?.mode !== 'connecting') {
    await followSendableStatuses(ctx, shop, { atStart: true });
    return;
  }

  await shop.woocommerce.checkWriteAccess();
  // The keyed list's clock: a cache may answer the index with an old one.
  const { serverDate } = await shop.woocommerce.listOrders({ perPage: 1 });
  let orders = 0;
  for await (const page of walkByStatus(shop.woocommerce, shop.sendableStatuses)) {
    const { notTaken } = await takePage(ctx, shop, page, { seenBy: 'baseline', beforeLive: true });
    await markBeforeLive(ctx.ledger, shop.id, notTaken);
    orders += page.orders.length;
    ctx.log.info('reading the baseline', { shop: shop.id, orders });
  }
  await rememberSendableStatuses(ctx.ledger, shop.id, shop.sendableStatuses);
  await finishBaseline(ctx.ledger, shop.id, serverDate, liveWanted);
  ctx.log.info('shop connected', { shop: shop.id, ordersBefore: orders });
}

/** A shop that moved from http to https is the same shop. */
function samePlace(a: string, b: string): boolean {
  const place = (url: string) => normalHomeUrl(url).replace(/^https?:/, '');
  return place(a) === place(b);
}

/** A shop's identity is its home URL: the settings of one shop may not take over the ledger of another. */
export class ShopChanged extends Error {
  override readonly name = 'ShopChanged';
}
