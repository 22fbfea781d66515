import { wantSweep } from '@relay/ledger';
import type { ShopWebhook } from '@relay/woocommerce';
import type { IntakeContext, IntakeShop } from './context.js';

/** `order.restored` is an update's twin: an order taken out of the bin. */
const TOPICS = ['order.created', 'order.updated', 'order.deleted', 'order.restored'] as const;

const PATH = /\/webhooks\/woocommerce\/[^/]+$/;

export function webhookUrl(publicUrl: string, shopId: string): string {
  return `${publicUrl.replace(/\/+$/, '')}/webhooks/woocommerce/${shopId}`;
}

/**
 * Makes the webhooks that are missing in the shop, and revives the disabled ones: WooCommerce disables a webhook at its
 * sixth failure and never sends what it missed, so a sweep over the gap is forced.
 */
export async function keepShopWebhooks(ctx: IntakeContext, shop: IntakeShop): Promise<void> {
  if (shop.publicUrl === null) return;
  const url = webhookUrl(shop.publicUrl, shop.id);
  const own = (await shop.woocommerce.listWebhooks()).filter((hook) => hook.deliveryUrl === url);
  for (const topic of TOPICS) {
    const hook = own.find((candidate) => candidate.topic === topic);
    if (hook === undefined) {
      await shop.woocommerce.createWebhook({
        name: `HFT71 Relay ${topic}`,
        topic,
        deliveryUrl: url,
        secret: shop.webhookSecret,
      });
      ctx.log.info('webhook made in the shop', { shop: shop.id, topic });
    } else if (hook.status === 'disabled') {
      await shop.woocommerce.activateWebhook(hook.id);
      await wantSweep(ctx.ledger, shop.id, []);
      ctx.log.error('the shop had disabled a webhook: revived, and a sweep over its gap is forced', {
        shop: shop.id,
        topic,
      });
    }
  }
}

/** Delivery URLs of other relays: the same path on another host. */
export async function anotherRelaysWebhooks(shop: IntakeShop): Promise<string[]> {
  const own = shop.publicUrl === null ? null : webhookUrl(shop.publicUrl, shop.id);
  const hooks: ShopWebhook[] = await shop.woocommerce.listWebhooks();
  const urls = hooks
    .filter((hook) => hook.status === 'active' && PATH.test(hook.deliveryUrl) && hook.deliveryUrl !== own)
    .map((hook) => hook.deliveryUrl);
  return [...new Set(urls)];
}
