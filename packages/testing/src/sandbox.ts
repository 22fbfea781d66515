import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { startProcess, type StartedProcess } from './start-process.js';
import { z } from 'zod';
import { projectFile } from './project-file.js';

const readyLine = z.object({
  shop: z.url(),
  hft71: z.url(),
  control: z.url(),
  consumerKey: z.string(),
  consumerSecret: z.string(),
  readOnlyKey: z.string(),
  readOnlySecret: z.string(),
  hft71Username: z.string(),
  hft71Password: z.string(),
});

const counted = z.object({
  orders: z.number(),
  sent: z.number(),
  writtenBack: z.number(),
  duplicates: z.number(),
  lost: z.number(),
  unmarked: z.number(),
  notHft71sButSent: z.number(),
});
export type Counted = z.infer<typeof counted>;

const shopOrder = z.looseObject({
  id: z.number(),
  status: z.string(),
  meta_data: z.array(z.looseObject({ id: z.number(), key: z.string(), value: z.unknown() })),
  line_items: z.array(
    z.looseObject({
      id: z.number(),
      sku: z.string().nullable(),
      quantity: z.number(),
      meta_data: z.array(z.looseObject({ key: z.string(), value: z.unknown() })),
    }),
  ),
});
export type SandboxOrder = z.infer<typeof shopOrder>;

const shopProduct = z.object({
  id: z.number(),
  type: z.string(),
  sku: z.string(),
  parentId: z.number(),
  stock: z.number().nullable(),
  manageStock: z.boolean(),
});
export type SandboxProduct = z.infer<typeof shopProduct>;

const acceptedOrders = z.array(
  z.object({
    at: z.number(),
    hft71OrderId: z.number(),
    referenceId: z.string(),
    items: z.array(z.object({ sku: z.string(), quantity: z.number() })),
  }),
);
export type AcceptedOrder = z.infer<typeof acceptedOrders>[number];

/** Of one call for orders. */
const LONGEST_SPREAD_MS = 120_000;

/** The simulated shop and the simulated HFT71, as a process of its own: the product cannot reach into its record. */

export class Sandbox {
  private constructor(
    readonly process: StartedProcess,
    readonly recordFolder: string,
    readonly at: z.infer<typeof readyLine>,
  ) {}

  static async start(recordFolder: string, args: readonly string[]): Promise<Sandbox> {
    const process = startProcess({
      script: projectFile('apps/sandbox/dist/main.js'),
      args: ['--record', recordFolder, '--rate-limit', 'none', ...args],
      cwd: recordFolder,
    });
    const line = await process.waitForLine('"ready":true', 30_000);
    return new Sandbox(process, recordFolder, readyLine.parse(JSON.parse(line)));
  }

  /** @returns the ids of the orders made. */
  async order(wanted: Record<string, unknown> & { count?: number; spreadMs?: number } = {}): Promise<number[]> {
    const { count = 1, spreadMs = 0 } = wanted;
    // Answered once all are there: a call that takes longer than five minutes is given up by `fetch`.
    const calls = Math.min(count, Math.ceil(spreadMs / LONGEST_SPREAD_MS) || 1);
    const made: number[] = [];
    for (let call = 1; call <= calls; call += 1) {
      const part = {
        ...wanted,
        count: Math.round((count * call) / calls) - made.length,
        ...(spreadMs > 0 && { spreadMs: Math.round(spreadMs / calls) }),
      };
      const { ids } = z.object({ ids: z.array(z.number()) }).parse(await this.#call('POST', '/orders', part));
      made.push(...ids);
    }
    return made;
  }

  async oneOrder(wanted: Record<string, unknown> = {}): Promise<number> {
    const [id] = await this.order(wanted);
    return id as number;
  }

  async shopOrder(orderId: number): Promise<SandboxOrder> {
    return shopOrder.parse(await this.#call('GET', `/orders/${orderId}`));
  }

  /** What the shop shows under this key of the order's meta; null without it. */
  async meta(orderId: number, key: string): Promise<unknown> {
    return (await this.shopOrder(orderId)).meta_data.find((entry) => entry.key === key)?.value ?? null;
  }

  async edit(orderId: number, change: Record<string, unknown>): Promise<void> {
    await this.#call('PATCH', `/orders/${orderId}`, change);
  }

  async deleteOrder(orderId: number): Promise<void> {
    await this.#call('DELETE', `/orders/${orderId}?force=true`);
  }

  async snapshot(): Promise<void> {
    await this.#call('POST', '/shop/snapshot', {});
  }

  async restore(): Promise<void> {
    await this.#call('POST', '/shop/restore', {});
  }

  async setShop(settings: Record<string, unknown>): Promise<void> {
    await this.#call('PUT', '/shop', settings);
  }

  async setWebhooks(settings: Record<string, unknown>): Promise<void> {
    await this.#call('PUT', '/webhooks', settings);
  }

  async runWebhooks(settings: Record<string, unknown> = {}): Promise<void> {
    await this.#call('POST', '/webhooks/run', settings);
  }

  async setHft71(settings: Record<string, unknown>): Promise<void> {
    await this.#call('PUT', '/hft71', settings);
  }

  /** @returns the fault's id. */
  async fault(fault: Record<string, unknown>): Promise<string> {
    return z.object({ id: z.string() }).parse(await this.#call('POST', '/faults', fault)).id;
  }

  /** A fault for the POST of an order. */
  async faultOnSend(fault: Record<string, unknown>): Promise<string> {
    return this.fault({ target: 'hft71', match: { method: 'POST', pathPattern: '/order$' }, ...fault });
  }

  async removeFault(id: string): Promise<void> {
    await this.#call('DELETE', `/faults/${id}`);
  }

  async clearFaults(): Promise<void> {
    await this.#call('DELETE', '/faults');
  }

  async faultsFired(): Promise<number> {
    const faults = z.array(z.object({ fired: z.number() })).parse(await this.#call('GET', '/faults'));
    return faults.reduce((sum, { fired }) => sum + fired, 0);
  }

  async acceptedOrders(): Promise<AcceptedOrder[]> {
    return acceptedOrders.parse(await this.#call('GET', '/record/accepted'));
  }

  /** What the sandbox counts this order by; it stands in the address, and has to stay there. */
  async markerOf(orderId: number): Promise<string> {
    const orders = z
      .array(z.object({ id: z.number(), marker: z.string() }))
      .parse(await this.#call('GET', '/record/orders'));
    return orders.find(({ id }) => id === orderId)?.marker ?? '';
  }

  /** An order at HFT71 as it was sent: by the sender before the relay, or by somebody else. @returns HFT71's id. */
  async sendAsAnother(orderId: number): Promise<number> {
    const { hft71, hft71Username: username, hft71Password: password } = this.at;
    const headers = { 'content-type': 'application/json' };
    const logIn = await fetch(`${hft71}/authentication/login`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ username, password }),
    });
    const { access_token: token } = z.object({ access_token: z.string() }).parse(await logIn.json());
    const [line] = (await this.shopOrder(orderId)).line_items;
    const address = { address1: 'Way 1', city: 'Sampletown', zip: '12345', state: '', country: 'DE', email: '' };
    const answer = await fetch(`${hft71}/order`, {
      method: 'POST',
      headers: { ...headers, authorization: `Bearer ${token}` },
      body: JSON.stringify({
        referenceId: String(orderId),
        orderDate: '2026-11-23',
        address: { ...address, address2: await this.markerOf(orderId), customerName: 'Eve Sample', mobile: '' },
        items: [{ sku: line?.sku, quantity: 1 }],
      }),
    });
    return z.object({ orderId: z.number() }).parse(await answer.json()).orderId;
  }

  async hft71Order(hft71OrderId: number): Promise<{ address: Record<string, unknown> }> {
    const order = z.looseObject({ address: z.record(z.string(), z.unknown()) });
    return order.parse(await this.#call('GET', `/hft71/orders/${hft71OrderId}`));
  }

  async acceptedOf(orderId: number): Promise<AcceptedOrder[]> {
    return (await this.acceptedOrders()).filter(({ referenceId }) => referenceId === String(orderId));
  }

  /** More products on both sides, with the same figure. */
  async makeProducts(wanted: {
    simple?: number;
    parents?: number;
    variations?: number;
    stock?: number;
  }): Promise<void> {
    await this.#call('POST', '/products', wanted);
  }

  /** The shop's products as it has them. */
  async products(): Promise<SandboxProduct[]> {
    return z.object({ products: z.array(shopProduct) }).parse(await this.#call('GET', '/shop')).products;
  }

  async stockOf(sku: string): Promise<number | null> {
    return (await this.products()).find((product) => product.sku === sku)?.stock ?? null;
  }

  /** HFT71's figures, SKU by SKU. */
  async hft71Stock(): Promise<Readonly<Record<string, number>>> {
    return z.object({ skus: z.record(z.string(), z.number()) }).parse(await this.#call('GET', '/hft71')).skus;
  }

  /** Moves an order at HFT71 by hand, as a whole or SKU by SKU; its webhook is called for a whole one. */
  async moveAtHft71(
    hft71OrderId: number,
    to: { readonly status?: string; readonly items?: Readonly<Record<string, string>> },
  ): Promise<void> {
    await this.#call('PATCH', `/hft71/orders/${hft71OrderId}`, to);
  }

  /** HFT71's webhook says this, whatever is true. */
  async tellStatus(hft71OrderId: number, status: string): Promise<void> {
    await this.#call('POST', '/hft71/webhook', { externalId: String(hft71OrderId), status });
  }

  /** What a request to the shop or to HFT71 was, as it was recorded. */
  async requests(target: 'shop' | 'hft71'): Promise<{ at: number; method: string; path: string; body?: unknown }[]> {
    const requests = z.array(
      z.looseObject({ at: z.number(), method: z.string(), path: z.string(), body: z.unknown().optional() }),
    );
    return requests.parse(await this.#call('GET', `/record/requests?target=${target}`));
  }

  /** PUTs on this order in the shop, the oldest first. */
  async putsOf(orderId: number): Promise<Record<string, unknown>[]> {
    const puts = (await this.requests('shop')).filter(
      ({ method, path }) => method === 'PUT' && path.endsWith(`/orders/${orderId}`),
    );
    return puts.map(({ body }) => z.record(z.string(), z.unknown()).parse(body));
  }

  /** Notes that were made on this order. */
  async notesOf(orderId: number): Promise<string[]> {
    const notes = (await this.requests('shop')).filter(
      ({ method, path }) => method === 'POST' && path.endsWith(`/orders/${orderId}/notes`),
    );
    return notes.map(({ body }) => z.looseObject({ note: z.string() }).parse(body).note);
  }

  /** How often HFT71 was asked to take this order, whatever it answered. */
  async postsOf(orderId: number): Promise<number> {
    const requests = z
      .array(z.looseObject({ method: z.string(), path: z.string(), body: z.unknown().optional() }))
      .parse(await this.#call('GET', '/record/requests?target=hft71'));
    return requests.filter(
      ({ method, path, body }) =>
        method === 'POST' &&
        /\/order$/.test(path) &&
        z.object({ referenceId: z.string() }).safeParse(body).data?.referenceId === String(orderId),
    ).length;
  }

  /** When each request for an order arrived that has ended by now, in ms since 1970. */
  async orderPostTimes(): Promise<number[]> {
    const requests = z.array(z.looseObject({ at: z.number(), method: z.string() }));
    const found = requests.parse(await this.#call('GET', '/record/requests?target=hft71&path=/order'));
    return found.filter(({ method }) => method === 'POST').map(({ at }) => at);
  }

  async summary(): Promise<{ webhookDeliveries: number; webhookFailures: number; overLimit: number }> {
    const summary = z.object({ webhookDeliveries: z.number(), webhookFailures: z.number(), overLimit: z.number() });
    return summary.parse(await this.#call('GET', '/summary'));
  }

  /** The webhooks that stand in the shop, as its own control shows them. */
  async shopWebhooks(): Promise<{ id: number; topic: string; status: string }[]> {
    const one = z.object({ id: z.number(), topic: z.string(), status: z.string() });
    return z.object({ webhooks: z.array(one) }).parse(await this.#call('GET', '/webhooks')).webhooks;
  }

  /** As somebody in the shop's pages changes a webhook. */
  async editWebhook(id: number, change: { readonly status?: string; readonly secret?: string }): Promise<void> {
    await this.#call('PATCH', `/webhooks/${id}`, change);
  }

  /** Duplicates and losses, by a program that knows nothing of the relay. */
  async count(): Promise<Counted> {
    const script = projectFile('apps/sandbox/dist/count.js');
    const { stdout } = await promisify(execFile)(process.execPath, [script, '--record', this.recordFolder, '--json']);
    return counted.parse(JSON.parse(stdout));
  }

  async #call(method: string, path: string, body?: Record<string, unknown>): Promise<unknown> {
    const answer = await fetch(`${this.at.control}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    if (!answer.ok) throw new Error(`The sandbox refused ${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}
