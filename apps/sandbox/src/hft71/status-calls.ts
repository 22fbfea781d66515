import { postLocally } from '../post-locally.js';
import type { SeededRandom } from '../seeded-random.js';
import type { Timers } from '../timers.js';
import { takeStock } from './accept-order.js';
import { STATUSES, leastStep, type ProducedOrder } from './production.js';
import type { Provider } from './provider.js';

/** Calls under way at once; with more than one, they may overtake each other. */
const LANES = 8;
const TIMEOUT_MS = 10_000;

/**
 * Watches production and calls the configured webhook when an order's least advanced line moves. There is no event id,
 * no time and no signature, and calls can be repeated and come in any order: so it is documented.
 */
export class StatusCalls {
  calls = 0;
  failures = 0;
  readonly #provider: Provider;
  readonly #timers: Timers;
  readonly #random: SeededRandom;
  /** The step last seen of each order that still moves. */
  readonly #moving = new Map<ProducedOrder, number>();
  readonly #outbox: { order: ProducedOrder; status: string }[] = [];
  #lanes = 0;
  readonly #aborted = new AbortController();

  constructor(provider: Provider, timers: Timers, random: SeededRandom) {
    this.#provider = provider;
    this.#timers = timers;
    this.#random = random;
  }

  watch(order: ProducedOrder): void {
    this.#moving.set(order, 0);
    if (this.#moving.size === 1) void this.#run();
  }

  stop(): void {
    this.#moving.clear();
    this.#outbox.splice(0);
    this.#aborted.abort();
  }

  /** A status that came by `PUT`, or that the control face wants to be told: called at once. */
  async tell(externalId: string, status: string): Promise<void> {
    const { webhook } = this.#provider;
    if (!webhook || webhook.drop) return;
    const inBody = webhook.in === 'body' ? { webhook_secret: webhook.secret } : {};
    const body = JSON.stringify({ external_id: externalId, status, ...inBody });
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (webhook.in === 'header') headers['x-hft71-webhook-secret'] = webhook.secret;
    for (let copy = 0; copy < webhook.repeat; copy += 1) {
      const answered = await postLocally(webhook.url, body, headers, TIMEOUT_MS, this.#aborted.signal);
      this.calls += 1;
      if (answered !== 200) this.failures += 1;
    }
  }

  async #run(): Promise<void> {
    while (this.#moving.size > 0) {
      const tickMs = Math.min(1000, Math.max(20, this.#provider.statusStepMs / 20));
      if (!(await this.#timers.sleep(tickMs))) return;
      const moved = this.#advance(Date.now());
      if (!this.#provider.webhook) continue;
      this.#outbox.push(...(this.#provider.webhook.shuffle ? this.#random.shuffled(moved) : moved));
      while (this.#lanes < LANES && this.#outbox.length > 0) void this.#lane();
    }
  }

  async #lane(): Promise<void> {
    this.#lanes += 1;
    for (let next = this.#outbox.shift(); next; next = this.#outbox.shift())
      await this.tell(String(next.order.orderId), next.status);
    this.#lanes -= 1;
  }

  #advance(nowMs: number): { order: ProducedOrder; status: string }[] {
    const moved: { order: ProducedOrder; status: string }[] = [];
    for (const [order, seen] of this.#moving) {
      const step = leastStep(order, nowMs);
      if (step === STATUSES.length - 1 || order.forcedStatus !== null) this.#moving.delete(order);
      else if (step !== seen) this.#moving.set(order, step);
      if (order.forcedStatus !== null) continue;
      for (let next = seen + 1; next <= step; next += 1) moved.push({ order, status: STATUSES[next] ?? 'Closed' });
      if (seen === 0 && step > 0 && this.#provider.stockFalls === 'produced') takeStock(this.#provider, order);
    }
    return moved;
  }
}
