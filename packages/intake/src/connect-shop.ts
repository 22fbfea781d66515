import { normalHomeUrl } from '@relay/core';
import { finishBaseline, loadShop, setHomeUrl } from '@relay/ledger';
import { walkByStatus } from '@relay/woocommerce';
import type { IntakeContext, IntakeShop } from './context.js';
import { takePage } from './see-order.js';

/**
 * Connecting a shop is harmless: it learns who the shop is and takes the **baseline**, the orders then in a sendable
 * status. No intent exists before it is complete; broken off, it begins again.
 */
export async function connectShop(ctx: IntakeContext, shop: IntakeShop): Promise<'connected' | 'was-connected'> {
  const view = await loadShop(ctx.ledger, shop.id);
  const index = await shop.woocommerce.index();
  if (view?.homeUrl !== index.homeUrl) {
    if (view?.homeUrl != null && !samePlace(view.homeUrl, index.homeUrl))
      throw new ShopChanged(
        `shop ${shop.id} was ${view.homeUrl}; WC_BASE_URL now leads to ${index.homeUrl}, which is another shop`,
      );
    await setHomeUrl(ctx.ledger, shop.id, index.homeUrl);
  }
  if (view?.mode !== 'connecting') return 'was-connected';

  await shop.woocommerce.checkWriteAccess();
  let orders = 0;
  for await (const page of walkByStatus(shop.woocommerce, shop.sendableStatuses)) {
    await takePage(ctx, shop, page, { seenBy: 'baseline', beforeLive: true });
    orders += page.orders.length;
    ctx.log.info('reading the baseline', { shop: shop.id, orders });
  }
  await finishBaseline(ctx.ledger, shop.id, index.serverDate);
  ctx.log.info('shop connected', { shop: shop.id, homeUrl: index.homeUrl, ordersBefore: orders });
  return 'connected';
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
