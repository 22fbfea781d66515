import { z } from 'zod';
import type { NewShopWebhook, ShopWebhook } from './shop-client.js';
import type { ShopCall, ShopHttp } from './shop-http.js';

const WEBHOOKS = '/wp-json/wc/v3/webhooks';

const webhook = z
  .object({
    id: z.coerce.number().int(),
    name: z.string(),
    status: z.string(),
    topic: z.string(),
    delivery_url: z.string(),
  })
  .transform(({ delivery_url, ...rest }): ShopWebhook => ({
    id: rest.id,
    name: rest.name,
    status: rest.status,
    topic: rest.topic,
    deliveryUrl: delivery_url,
  }));

/** The first hundred: a shop with more has none of ours to lose among them. */
export async function listWebhooks(http: ShopHttp): Promise<ShopWebhook[]> {
  return ask(http, z.array(webhook), {
    action: 'list_webhooks',
    method: 'GET',
    path: WEBHOOKS,
    query: { per_page: '100' },
  });
}

export async function createWebhook(http: ShopHttp, hook: NewShopWebhook): Promise<ShopWebhook> {
  return ask(http, webhook, {
    action: 'create_webhook',
    method: 'POST',
    path: WEBHOOKS,
    body: { name: hook.name, topic: hook.topic, delivery_url: hook.deliveryUrl, secret: hook.secret },
  });
}

export async function activateWebhook(http: ShopHttp, id: number): Promise<ShopWebhook> {
  return ask(http, webhook, {
    action: 'activate_webhook',
    method: 'PUT',
    path: `${WEBHOOKS}/${id}`,
    body: { status: 'active' },
  });
}

export async function setWebhookSecret(http: ShopHttp, id: number, secret: string): Promise<ShopWebhook> {
  return ask(http, webhook, {
    action: 'set_webhook_secret',
    method: 'PUT',
    path: `${WEBHOOKS}/${id}`,
    body: { secret },
  });
}

/** `force`: the shop has no bin for webhooks. */
export async function deleteWebhook(http: ShopHttp, id: number): Promise<void> {
  await http.call({
    action: 'delete_webhook',
    method: 'DELETE',
    path: `${WEBHOOKS}/${id}`,
    query: { force: 'true' },
  });
}

async function ask<T>(http: ShopHttp, schema: z.ZodType<T>, call: ShopCall): Promise<T> {
  const answer = await http.call(call);
  const parsed = schema.safeParse(answer.json);
  if (!parsed.success) throw http.unexpectedShape(call, answer.status);
  return parsed.data;
}
