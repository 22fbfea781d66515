import { normalHomeUrl } from '@relay/core';
import { alone, wantSweep } from '@relay/ledger';
import type { ShopWebhook } from '@relay/woocommerce';
import type { IntakeContext, IntakeShop } from './context.js';

/** `order.restored` is an update's twin: an order taken out of the bin. */
const ORDER_TOPICS = ['order.created', 'order.updated', 'order.deleted', 'order.restored'] as const;
/** They keep the catalogue fresh; only with the stock sync on, since every sale makes one. */
const PRODUCT_TOPICS = ['product.created', 'product.updated', 'product.deleted', 'product.restored'] as const;

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
  // One process at a time: two that both miss a webhook would both make it.
  await alone(ctx.ledger, `webhooks ${shop.id}`, async () => {
    const own = (await shop.woocommerce.listWebhooks()).filter((hook) => isOurs(hook, url));
    for (const topic of shop.stock.enabled ? [...ORDER_TOPICS, ...PRODUCT_TOPICS] : ORDER_TOPICS)
      await keepOne(
        ctx,
        shop,
        url,
        topic,
        own.find((hook) => hook.topic === topic),
      );
  });
}

async function keepOne(
  ctx: IntakeContext,
  shop: IntakeShop,
  url: string,
  topic: Topic,
  hook: ShopWebhook | undefined,
): Promise<void> {
  if (hook === undefined) {
    const made = await shop.woocommerce.createWebhook({
      name: nameOf(topic),
      topic,
      deliveryUrl: url,
      secret: shop.webhookSecret,
    });
    if (isOurs(made, url)) ctx.log.info('webhook made in the shop', { shop: shop.id, topic });
    else ctx.log.warn('the shop keeps the webhook under another address than asked for', { shop: shop.id, topic });
  } else if (hook.status === 'disabled') {
    await shop.woocommerce.activateWebhook(hook.id);
    await wantSweep(ctx.ledger, shop.id, []);
    ctx.log.error('the shop had disabled a webhook: revived, and a sweep over its gap is forced', {
      shop: shop.id,
      topic,
    });
  }
}

type Topic = (typeof ORDER_TOPICS)[number] | (typeof PRODUCT_TOPICS)[number];

function nameOf(topic: Topic): string {
  return `HFT71 Relay ${topic}`;
}

/** By its address, or by the name it was given: a shop that rewrites the address must not get a new one at each look. */
function isOurs(hook: ShopWebhook, url: string): boolean {
  return normalHomeUrl(hook.deliveryUrl) === normalHomeUrl(url) || hook.name === nameOf(hook.topic as Topic);
}

/** Delivery URLs of other relays: the same path on another host. */
export async function anotherRelaysWebhooks(shop: IntakeShop): Promise<string[]> {
  const own = shop.publicUrl === null ? null : webhookUrl(shop.publicUrl, shop.id);
  const hooks: ShopWebhook[] = await shop.woocommerce.listWebhooks();
  const urls = hooks
    .filter(
      (hook) =>
        hook.status === 'active' &&
        PATH.test(hook.deliveryUrl) &&
        (own === null || normalHomeUrl(hook.deliveryUrl) !== normalHomeUrl(own)),
    )
    .map((hook) => hook.deliveryUrl);
  return [...new Set(urls)];
}
