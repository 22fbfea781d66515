import { sameHomeUrl } from '@relay/core';
import {
  countDelivery,
  forgetProducts,
  loadShop,
  noteProducts,
  recordDelivery,
  wantOrderRead,
  type SeenDelivery,
} from '@relay/ledger';
import { parseShopOrder, parseShopProduct, verifyWebhookSignature } from '@relay/woocommerce';
import { z } from 'zod';
import type { IntakeContext, IntakeShop } from './context.js';
import type { DeliveryGap } from './delivery-gap.js';
import { isOwnTest, OWN_TEST_HEADER } from './own-test.js';
import { takeOrder, tellUnreadable } from './see-order.js';

export interface WebhookDelivery {
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly rawBody: Buffer;
  /** Of the relay's own log. */
  readonly requestId?: string;
}

export type DeliveryResult =
  | 'order'
  | 'read-wanted'
  | 'no-id'
  | 'unreadable'
  | 'product'
  | 'other-topic'
  | 'foreign'
  | 'ping'
  | 'bad-signature'
  | 'kept-for-later'
  /** The relay's own: answered, and nothing is kept of it. */
  | 'test';

/**
 * A delivery of the shop's: a hint, verified on its raw body, reduced, and written by one statement. Everything but a
 * wrong signature is answered 200: WooCommerce never tries again, and the sixth failure in a row disables the webhook.
 */
export async function receiveWebhook(
  ctx: IntakeContext,
  shop: IntakeShop,
  gap: DeliveryGap,
  delivery: WebhookDelivery,
): Promise<{ httpStatus: 200 | 401; result: DeliveryResult }> {
  const result = await judge(ctx, shop, gap, delivery);
  return { httpStatus: result === 'bad-signature' ? 401 : 200, result };
}

async function judge(
  ctx: IntakeContext,
  shop: IntakeShop,
  gap: DeliveryGap,
  delivery: WebhookDelivery,
): Promise<DeliveryResult> {
  const { headers, rawBody } = delivery;
  const signature = headers['x-wc-webhook-signature'];
  if (signature === undefined && isPing(headers, rawBody)) return counted(ctx, shop.id, 'ping');
  const isTest = isOwnTest(ctx.installation, rawBody, headers[OWN_TEST_HEADER]);
  // A test of the relay's own, from a shell with another secret, is refused as any other and is none of the shop's.
  if (!(await isSigned(shop, rawBody, signature)))
    return isTest ? 'bad-signature' : counted(ctx, shop.id, 'bad-signature');

  const seen: SeenDelivery = {
    deliveryId: headers['x-wc-webhook-delivery-id'] ?? null,
    topic: headers['x-wc-webhook-topic'] ?? null,
    ...(delivery.requestId === undefined ? {} : { requestId: delivery.requestId }),
  };
  const body = parseJson(rawBody);
  try {
    const homeUrl = (await loadShop(ctx.ledger, shop.id))?.homeUrl ?? null;
    // Cloned shops sign with the same secret. A shop that is not connected yet is read whole when it is.
    if (homeUrl === null || !sameHomeUrl(headers['x-wc-webhook-source'] ?? '', homeUrl))
      return await counted(ctx, shop.id, 'foreign');
    if (isTest) return 'test';
    return await store(ctx, shop, seen, body);
  } catch (error) {
    if (seen.topic?.startsWith('product.') !== true) gap.remember(shop.id, orderIdOf(body));
    ctx.log.error('a delivery could not be stored: a sweep will find what it told', { shop: shop.id, error });
    return 'kept-for-later';
  }
}

/** One that fits none of the secrets may fit one that was rotated in just now. */
async function isSigned(shop: IntakeShop, rawBody: Buffer, signature: string | undefined): Promise<boolean> {
  const fits = () =>
    shop.webhookSecrets.accepted().some((secret) => verifyWebhookSignature(rawBody, secret, signature));
  return fits() || ((await shop.webhookSecrets.refresh()) && fits());
}

async function store(ctx: IntakeContext, shop: IntakeShop, seen: SeenDelivery, body: unknown): Promise<DeliveryResult> {
  const recorded = async (result: 'no-id' | 'unreadable' | 'other-topic'): Promise<DeliveryResult> => {
    await recordDelivery(ctx.ledger, shop.id, { ...seen, result });
    return result;
  };
  if (body === undefined) return recorded('unreadable');
  if (seen.topic?.startsWith('product.') === true) return takeProduct(ctx, shop, seen.topic, body);
  if (seen.topic !== null && !seen.topic.startsWith('order.')) return recorded('other-topic');
  const order = parseShopOrder(body);
  if (order !== null) {
    const { state } = await takeOrder(ctx, shop, order, { seenBy: 'webhook', delivery: seen });
    // Most deliveries tell of what the relay itself wrote into the order: nobody has to look for those.
    if (state === 'ready') ctx.onReceived?.();
    return 'order';
  }
  const orderId = orderIdOf(body);
  if (orderId === null) return recorded('no-id');
  // More than `{"id": N}`: an order in a shape that nobody knows.
  if (isObject(body) && 'line_items' in body)
    await tellUnreadable(ctx, shop, orderId, 'its webhook shows a shape that cannot be read');
  await wantOrderRead(ctx.ledger, shop.id, orderId, seen);
  return 'read-wanted';
}

/**
 * What a product is and shows now, for the catalogue: a hint, since the next stock run reads it again. Counted, not kept:
 * every sale makes one.
 */
async function takeProduct(
  ctx: IntakeContext,
  shop: IntakeShop,
  topic: string,
  body: unknown,
): Promise<DeliveryResult> {
  const id = orderIdOf(body);
  const product = parseShopProduct(body);
  if (topic === 'product.deleted' && id !== null) await forgetProducts(ctx.ledger, shop.id, [id]);
  else if (product !== null) {
    const { parentId, sku, type, manages, stock } = product;
    await noteProducts(ctx.ledger, shop.id, [{ productId: product.id, parentId, sku, type, manages, stock }]);
  }
  return counted(ctx, shop.id, 'product');
}

/** Counting is for the eyes of operations; the answer to the shop does not wait for a PostgreSQL that is away. */
async function counted<T extends 'product' | 'ping' | 'bad-signature' | 'foreign'>(
  ctx: IntakeContext,
  shopId: string,
  result: T,
): Promise<T> {
  try {
    await countDelivery(ctx.ledger, shopId, result);
  } catch (error) {
    ctx.log.warn('a delivery could not be counted', { shop: shopId, result, error });
  }
  return result;
}

/** At a webhook's creation: form-encoded, unsigned, without any X-WC header (measured). */
function isPing(headers: WebhookDelivery['headers'], rawBody: Buffer): boolean {
  return (
    headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true &&
    /^webhook_id=\d+$/.test(rawBody.toString('utf8').trim())
  );
}

function parseJson(rawBody: Buffer): unknown {
  try {
    return JSON.parse(rawBody.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

function isObject(body: unknown): body is Record<string, unknown> {
  return typeof body === 'object' && body !== null;
}

const withId = z.object({ id: z.number().int().positive() });

function orderIdOf(body: unknown): number | null {
  const parsed = withId.safeParse(body);
  return parsed.success ? parsed.data.id : null;
}
