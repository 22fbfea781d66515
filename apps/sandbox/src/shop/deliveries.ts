import { createHmac, randomBytes } from 'node:crypto';
import { postLocally } from '../post-locally.js';
import type { Json } from '../json.js';
import type { SeededRandom } from '../seeded-random.js';
import type { Timers } from '../timers.js';
import { orderView } from './order-view.js';
import { productView } from './product-view.js';
import { phpJson } from './respond.js';
import type { Shop, Topic, Webhook } from './shop.js';
import { invalidOrderId, invalidProductId } from './shop-error.js';

const TIMEOUT_MS = 60_000;
const MOST_FAILURES = 5;
const USER_AGENT = 'WooCommerce/10.0.2 Hookshot (WordPress/6.8.8)';

export type DeliveryMode = 'normal' | 'drop' | 'hold';

interface Queued {
  webhookId: number;
  topic: Topic;
  resourceId: number;
  dueMs: number;
}

/**
 * The queue behind the webhooks, as Action Scheduler runs it: several changes merge into one delivery, bodies are built
 * at delivery time, one delivery after the other, no retry; the sixth failure in a row disables the webhook.
 */
export class Deliveries {
  mode: DeliveryMode = 'normal';
  repeat = 1;
  shuffle = false;
  delayMs: number;
  delivered = 0;
  failed = 0;
  readonly #shop: () => Shop;
  readonly #timers: Timers;
  readonly #random: SeededRandom;
  /** Keyed by webhook, topic and resource: a later change joins the delivery that waits. */
  readonly #queue = new Map<string, Queued>();
  #running = false;
  #aborted = new AbortController();

  constructor(shop: () => Shop, timers: Timers, random: SeededRandom, delayMs: number) {
    this.#shop = shop;
    this.#timers = timers;
    this.#random = random;
    this.delayMs = delayMs;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  enqueue(topic: Topic, resourceId: number): void {
    if (this.mode === 'drop') return;
    for (const webhook of this.#shop().db.webhooks.values()) {
      if (webhook.topic !== topic || webhook.status !== 'active') continue;
      const key = `${webhook.id} ${topic} ${resourceId}`;
      if (this.#queue.has(key)) continue;
      this.#queue.set(key, { webhookId: webhook.id, topic, resourceId, dueMs: Date.now() + this.delayMs });
    }
    if (this.mode === 'normal') void this.#work();
  }

  setMode(mode: DeliveryMode): void {
    this.mode = mode;
    if (mode === 'drop') this.#queue.clear();
    if (mode === 'normal') void this.#work();
  }

  /** Delivers everything that is held now, whatever the mode. */
  async runHeld(shuffled: boolean): Promise<number> {
    const held = [...this.#queue.entries()];
    const inOrder = shuffled ? this.#random.shuffled(held) : held;
    for (const [key, queued] of inOrder) {
      if (!this.#queue.delete(key)) continue;
      await this.#deliver(queued);
    }
    return inOrder.length;
  }

  /** Form-encoded, unsigned, without any X-WC header; only exactly 200 settles it. */
  async ping(webhook: Webhook): Promise<void> {
    const status = await this.#post(webhook.deliveryUrl, `webhook_id=${webhook.id}`, {
      'content-type': 'application/x-www-form-urlencoded',
    });
    webhook.pingOwed = status !== 200;
  }

  stop(): void {
    this.#queue.clear();
    this.#aborted.abort();
  }

  async #work(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    while (this.mode === 'normal' && this.#queue.size > 0) {
      const due = [...this.#takeDue()];
      if (due.length === 0) {
        const next = this.#queue.values().next().value;
        if (!(await this.#timers.sleep(Math.max(1, (next?.dueMs ?? 0) - Date.now())))) break;
        continue;
      }
      for (const queued of this.shuffle ? this.#random.shuffled(due) : due) await this.#deliver(queued);
    }
    this.#running = false;
  }

  #takeDue(): Queued[] {
    const nowMs = Date.now();
    const due: Queued[] = [];
    for (const [key, queued] of this.#queue) {
      if (queued.dueMs > nowMs) break;
      this.#queue.delete(key);
      due.push(queued);
      // In order, one at a time: what changes while a delivery runs still merges with what waits behind it.
      if (!this.shuffle) break;
    }
    return due;
  }

  async #deliver({ webhookId, topic, resourceId }: Queued): Promise<void> {
    const webhook = this.#shop().db.webhooks.get(webhookId);
    if (!webhook || webhook.status !== 'active') return;
    if (webhook.pingOwed) await this.ping(webhook);
    const body = phpJson(this.#body(topic, resourceId));
    const headers = this.#headers(webhook, topic, body);
    for (let copy = 0; copy < this.repeat; copy += 1) {
      const status = await this.#post(webhook.deliveryUrl, body, headers);
      this.#count(webhook, status);
    }
  }

  #count(webhook: Webhook, status: number | undefined): void {
    this.delivered += 1;
    if (status !== undefined && status >= 200 && status <= 302) {
      webhook.failures = 0;
      return;
    }
    this.failed += 1;
    webhook.failures += 1;
    if (webhook.failures > MOST_FAILURES) webhook.status = 'disabled';
  }

  #headers(webhook: Webhook, topic: Topic, body: string): Record<string, string> {
    const [resource = '', event = ''] = topic.split('.');
    return {
      'content-type': 'application/json',
      'x-wc-webhook-source': `${this.#shop().settings.homeUrl}/`,
      'x-wc-webhook-topic': topic,
      'x-wc-webhook-resource': resource,
      'x-wc-webhook-event': event,
      'x-wc-webhook-signature': createHmac('sha256', decodeSpecialChars(webhook.secret)).update(body).digest('base64'),
      'x-wc-webhook-id': String(webhook.id),
      'x-wc-webhook-delivery-id': randomBytes(16).toString('hex'),
    };
  }

  /** A vanished resource is delivered, and signed, as the error that a GET of it would show. */
  #body(topic: Topic, resourceId: number): Json {
    const shop = this.#shop();
    if (topic.endsWith('.deleted')) return { id: resourceId };
    if (topic.startsWith('order.')) {
      const order = shop.db.orders.get(resourceId);
      return order ? orderView(order, shop.settings) : invalidOrderId(404).body();
    }
    const product = shop.db.products.get(resourceId);
    return product ? productView(shop, product) : invalidProductId(404).body();
  }

  #post(url: string, body: string, headers: Record<string, string>): Promise<number | undefined> {
    const all = { 'user-agent': USER_AGENT, accept: '*/*', 'accept-encoding': 'deflate, gzip, br, zstd', ...headers };
    return postLocally(url, body, all, TIMEOUT_MS, this.#aborted.signal);
  }
}

/** The secret passes through `wp_specialchars_decode` before it signs. */
function decodeSpecialChars(secret: string): string {
  return secret
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#0?39;/g, "'")
    .replace(/&amp;/g, '&');
}
