import { randomBytes } from 'node:crypto';
import type { Answer } from '../call.js';
import { asText, type JsonObject } from '../json.js';
import { gmtDate, localDate, wholeSecond } from './clock.js';
import { enumParam, ORDERBY, pageOf, readListParams, sortRows } from './list-params.js';
import { textOf } from './php-query.js';
import { listHeaders, pickFields, wpAnswer } from './respond.js';
import type { Route, RouteCall } from './route.js';
import { TOPICS, type Shop, type Webhook } from './shop.js';
import { ShopError, notInEnum } from './shop-error.js';

const COLLECTION = { allow: 'GET, POST' };
const ITEM = { allow: 'GET, POST, PUT, PATCH, DELETE' };
const STATUSES = ['active', 'paused', 'disabled'];
const HOOKS: Record<string, string[]> = {
  'order.created': ['woocommerce_new_order'],
  'order.updated': ['woocommerce_update_order', 'woocommerce_order_refunded'],
  'order.deleted': ['wp_trash_post', 'woocommerce_trash_order'],
  'order.restored': ['untrashed_post', 'woocommerce_untrash_order'],
  'product.created': [
    'woocommerce_process_product_meta',
    'woocommerce_new_product',
    'woocommerce_new_product_variation',
  ],
  'product.updated': [
    'woocommerce_process_product_meta',
    'woocommerce_update_product',
    'woocommerce_update_product_variation',
  ],
  'product.deleted': ['wp_trash_post'],
};

export function webhookRoutes(ping: (webhook: Webhook) => Promise<void>): Route[] {
  return [
    { pattern: /^\/webhooks$/, methods: { GET: list, POST: (call) => create(call, ping) } },
    { pattern: /^\/webhooks\/(\d+)$/, methods: { GET: get, PUT: update, POST: update, PATCH: update, DELETE: remove } },
  ];
}

function list({ shop, query }: RouteCall): Answer {
  const params = readListParams(query, ORDERBY, shop.settings.offsetMinutes);
  const status = enumParam(query, 'status', ['all', ...STATUSES]) ?? 'all';
  const rows = [...shop.db.webhooks.values()]
    .filter((webhook) => status === 'all' || webhook.status === status)
    .map((webhook) => ({ ...webhook, modifiedMs: webhook.modifiedMs ?? webhook.createdMs, webhook }));
  const sorted = sortRows(rows, params, () => shop.random.next());
  const listing = { rows: pageOf(sorted, params), total: rows.length, params };
  const headers = listHeaders(`${shop.settings.homeUrl}/wp-json/wc/v3/webhooks`, query, listing);
  const body = listing.rows.map((row) => pickFields(webhookView(shop, row.webhook), query));
  return wpAnswer(200, body, { ...COLLECTION, ...headers });
}

/** The ping goes out before the answer does. */
async function create({ shop, body }: RouteCall, ping: (webhook: Webhook) => Promise<void>): Promise<Answer> {
  const topic = asText(body.topic);
  const deliveryUrl = asText(body.delivery_url);
  if (topic === undefined || !isTopic(topic))
    throw new ShopError(
      400,
      'woocommerce_rest_shop_webhook_invalid_topic',
      'Webhook topic is required and must be valid.',
    );
  checkUrl(deliveryUrl);
  const nowMs = wholeSecond(Date.now());
  const webhook: Webhook = {
    id: shop.db.nextWebhookId++,
    name: asText(body.name) ?? `Webhook created on ${new Date(nowMs).toUTCString()}`,
    status: readStatus(body) ?? 'active',
    topic,
    deliveryUrl: deliveryUrl ?? '',
    // A random secret is never shown: who gives none can verify nothing.
    secret: asText(body.secret) || randomBytes(25).toString('hex'),
    createdMs: nowMs,
    modifiedMs: null,
    failures: 0,
    pingOwed: true,
  };
  shop.db.webhooks.set(webhook.id, webhook);
  if (webhook.status === 'active') await ping(webhook);
  const location = `${shop.settings.homeUrl}/wp-json/wc/v3/webhooks/${webhook.id}`;
  return wpAnswer(201, webhookView(shop, webhook), { ...COLLECTION, location });
}

function get({ shop, ids, query }: RouteCall): Answer {
  return wpAnswer(200, pickFields(webhookView(shop, find(shop, ids[0], 404)), query), ITEM);
}

function update({ shop, ids, body }: RouteCall): Answer {
  const webhook = find(shop, ids[0], 400);
  const status = readStatus(body);
  const topic = asText(body.topic);
  const deliveryUrl = asText(body.delivery_url);
  if (deliveryUrl !== undefined) checkUrl(deliveryUrl);
  if (topic !== undefined && !isTopic(topic))
    throw new ShopError(400, 'woocommerce_rest_shop_webhook_invalid_topic', 'Webhook topic must be valid.');
  webhook.name = asText(body.name) ?? webhook.name;
  webhook.topic = topic ?? webhook.topic;
  webhook.secret = asText(body.secret) || webhook.secret;
  webhook.deliveryUrl = deliveryUrl ?? webhook.deliveryUrl;
  if (status === 'active') webhook.failures = 0;
  webhook.status = status ?? webhook.status;
  webhook.modifiedMs = wholeSecond(Date.now());
  return wpAnswer(200, webhookView(shop, webhook), ITEM);
}

function remove({ shop, ids, query }: RouteCall): Answer {
  const webhook = find(shop, ids[0], 404);
  if (!['true', '1'].includes(textOf(query, 'force') ?? ''))
    throw new ShopError(501, 'woocommerce_rest_trash_not_supported', 'Webhooks do not support trashing.');
  shop.db.webhooks.delete(webhook.id);
  return wpAnswer(200, webhookView(shop, webhook), ITEM);
}

function webhookView(shop: Shop, webhook: Webhook): JsonObject {
  const { offsetMinutes, homeUrl } = shop.settings;
  const [resource = '', event = ''] = webhook.topic.split('.');
  const base = `${homeUrl}/wp-json/wc/v3/webhooks`;
  const { modifiedMs } = webhook;
  return {
    id: webhook.id,
    name: webhook.name,
    status: webhook.status,
    topic: webhook.topic,
    resource,
    event,
    hooks: HOOKS[webhook.topic] ?? [],
    delivery_url: webhook.deliveryUrl,
    date_created: localDate(webhook.createdMs, offsetMinutes),
    date_created_gmt: gmtDate(webhook.createdMs),
    date_modified: modifiedMs === null ? null : localDate(modifiedMs, offsetMinutes),
    date_modified_gmt: modifiedMs === null ? null : gmtDate(modifiedMs),
    _links: {
      self: [{ href: `${base}/${webhook.id}`, targetHints: { allow: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] } }],
      collection: [{ href: base }],
    },
  };
}

function find(shop: Shop, id: string | undefined, missingStatus: number): Webhook {
  const webhook = shop.db.webhooks.get(Number(id));
  if (!webhook) throw new ShopError(missingStatus, 'woocommerce_rest_shop_webhook_invalid_id', 'Invalid ID.');
  return webhook;
}

function readStatus(body: JsonObject): string | undefined {
  const status = asText(body.status);
  if (status !== undefined && !STATUSES.includes(status)) throw notInEnum('status', 'status', STATUSES);
  return status;
}

function isTopic(topic: string): boolean {
  return TOPICS.some((known) => known === topic) || topic.startsWith('action.');
}

function checkUrl(url: string | undefined): void {
  if (url === undefined || !/^https?:\/\//.test(url))
    throw new ShopError(
      400,
      'woocommerce_rest_shop_webhook_invalid_delivery_url',
      'Webhook delivery URL must be a valid URL starting with http:// or https://.',
    );
}
