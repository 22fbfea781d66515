import { lineRule } from '@relay/handoff';
import { CallFailure, makeReference, mapOrder, type Hft71OrderPayload } from '@relay/core';
import { OWN_TEST_HEADER, proofOfOwnTest } from '@relay/intake';
import { confirmedStatus } from '@relay/ledger';
import type { ConnectedShop, Relay } from './relay.js';

export interface SmokeStep {
  readonly name: string;
  readonly ok: boolean;
  /** What was found, in words. */
  readonly found: string;
  /** null where it is ok. */
  readonly toDo: string | null;
  readonly durationMs: number;
}

/** A step that did not go well, with what helps. */
class StepFailed extends Error {
  override readonly name = 'StepFailed';
  constructor(
    what: string,
    readonly toDo: string,
  ) {
    super(what);
  }
}

/**
 * The three tests of the runbook, without harm: an order is read and mapped and HFT71 connected to, and nothing is sent
 * on that connection; a page of the stock is read; our own endpoint is told of a status, and keeps nothing of it.
 * @param onStep told of each as it ends.
 */
export async function smoke(
  relay: Relay,
  shop: ConnectedShop,
  onStep: (step: SmokeStep) => void = () => undefined,
): Promise<SmokeStep[]> {
  const steps: SmokeStep[] = [];
  const step = async (name: string, work: () => Promise<string>) => {
    const startedAt = performance.now();
    const ended = (ok: boolean, found: string, toDo: string | null) => {
      const done = { name, ok, found, toDo, durationMs: Math.round(performance.now() - startedAt) };
      steps.push(done);
      onStep(done);
    };
    try {
      ended(true, await work(), null);
    } catch (error) {
      if (error instanceof StepFailed) ended(false, error.message, error.toDo);
      else if (error instanceof CallFailure) ended(false, error.message, 'relay shop check says what is wrong');
      else throw error;
    }
  };
  await step('order: read, map, validate', () => mapRecentOrder(relay, shop));
  await step('order: connect to HFT71, send nothing', async () => {
    (await shop.hft71.openConnection()).close();
    return 'the connection stands; no byte of an order was written';
  });
  await step('HFT71: log in', async () => {
    // The shared token may be older than the password in the settings: log in anew, for all workers.
    await shop.hft71.refusedToken(await shop.hft71.logInToken());
    return `as ${shop.settings.hft71.username}`;
  });
  await step('stock: read a page', async () => {
    const page = await shop.hft71.stockPage(1, STOCK_ENTRIES);
    if (page.entries === 0)
      throw new StepFailed('HFT71 answers an empty page', 'ask HFT71 whether the account has SKUs');
    const wrong = page.faults.length === 0 ? '' : `; ${page.faults.length} cannot be believed`;
    return `${page.entries} SKUs${wrong}`;
  });
  await step('webhook: HFT71’s endpoint', () => tellOurselves(relay, shop));
  return steps;
}

const STOCK_ENTRIES = 10;
const ORDERS_LOOKED_AT = 20;

/** Up to the bytes, by the rules of a real hand-off, for the newest order that has lines of HFT71's. */
async function mapRecentOrder(relay: Relay, shop: ConnectedShop): Promise<string> {
  if (shop.lines === null)
    throw new StepFailed(
      'HFT71_LINES is not set',
      'choose which lines are HFT71’s: relay shop check shows each choice',
    );
  const page = await shop.woocommerce.listOrders({
    ...{ status: shop.sendableStatuses, orderBy: 'date', order: 'desc', perPage: ORDERS_LOOKED_AT },
  });
  const orders = page.orders.length > 0 ? page.orders : await shop.woocommerce.latestOrders(ORDERS_LOOKED_AT);
  if (orders.length === 0)
    throw new StepFailed('the shop has no order that could be mapped', 'place a test order in the shop');
  for (const order of orders) {
    const lines = await lineRule(relay.ledger, shop, order);
    if (lines === null)
      throw new StepFailed(
        'no complete stock feed yet (HFT71_LINES=feed)',
        'wait until a worker has read it: relay status',
      );
    const refunds = order.refundIds.length === 0 ? [] : await shop.woocommerce.getRefundLines(order.id);
    const reference = makeReference(order, shop.reference);
    const mapped = mapOrder({ order, refunds, lines, reference, template: shop.template });
    if (mapped.kind === 'not-for-hft71') continue;
    if (mapped.kind === 'fault')
      throw new StepFailed(`order ${order.number} cannot be mapped: ${mapped.detail}`, 'mend it in the shop');
    const bytes = validated(mapped.payload);
    const items = mapped.payload.items.reduce((sum, { quantity }) => sum + quantity, 0);
    return `order ${order.number} (${order.status}): reference ${reference}, ${items} pieces, ${bytes} bytes`;
  }
  throw new StepFailed(
    `none of the last ${orders.length} orders has a line of HFT71’s`,
    'relay shop check shows what HFT71_LINES leaves out',
  );
}

/** What HFT71 is known to need, as it would travel. @returns its bytes. */
function validated(payload: Hft71OrderPayload): number {
  const text = JSON.stringify(payload);
  const { referenceId, orderDate, items } = JSON.parse(text) as Hft71OrderPayload;
  const wrong = [
    referenceId === '' ? 'no reference' : null,
    /^\d{4}-\d{2}-\d{2}$/.test(orderDate) ? null : 'no date',
    items.every(({ sku, quantity }) => sku !== '' && Number.isSafeInteger(quantity) && quantity > 0)
      ? null
      : 'an item without SKU or quantity',
  ].filter((each) => each !== null);
  if (wrong.length > 0)
    throw new StepFailed(`the payload is not valid: ${wrong.join(', ')}`, 'check HFT71_ORDER_TEMPLATE');
  return Buffer.byteLength(text);
}

/** Never an id of HFT71's. */
const NOBODYS_ID = 'relay-smoke';
const ANSWER_TIMEOUT_MS = 10_000;

/**
 * As HFT71 calls it, by the public address where there is one. It proves that it is the relay's own: else it would count as
 * heard of HFT71, and an outage of the webhook, in which this is run, would look as if it were over.
 */
async function tellOurselves(relay: Relay, shop: ConnectedShop): Promise<string> {
  const [secret] = shop.hft71WebhookSecrets.accepted();
  if (secret === undefined) return 'skipped: there is no HFT71_WEBHOOK_SECRET, and statuses come by polling alone';
  const base = relay.settings.publicUrl ?? `http://127.0.0.1:${relay.settings.port}`;
  const url = `${base.replace(/\/$/, '')}/wp-json/hft71/v1/order-status`;
  const known = await confirmedStatus(relay.ledger, shop.accountId);
  const body = JSON.stringify({
    external_id: known?.hft71OrderId ?? NOBODYS_ID,
    status: known?.status ?? 'Smoke test',
  });
  let status: number;
  try {
    const answer = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        // A header's bytes are UTF-8's, as the intake reads them back.
        'x-hft71-webhook-secret': Buffer.from(secret, 'utf8').toString('latin1'),
        [OWN_TEST_HEADER]: proofOfOwnTest(relay.installation, Buffer.from(body)),
      },
      body,
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    status = answer.status;
  } catch (error) {
    const { cause } = error as { cause?: { code?: string; message?: string } };
    throw new StepFailed(
      `${url} does not answer (${cause?.code ?? cause?.message ?? (error as Error).name})`,
      'start the api; check RELAY_PUBLIC_URL, the proxy in front and its certificate',
    );
  }
  const expected = known === null ? 404 : 200;
  if (status === expected)
    return `${url} answers ${status}, as it should for ${known === null ? 'nobody’s' : 'a known'} id`;
  throw new StepFailed(`${url} answers ${status} instead of ${expected}`, webhookAdvice(status));
}

function webhookAdvice(status: number): string {
  if (status === 401) return 'the api has another HFT71_WEBHOOK_SECRET: restart it with this one';
  if (status === 503) return 'the api cannot reach PostgreSQL: relay status';
  if (status >= 300 && status < 400)
    return 'RELAY_PUBLIC_URL is sent on elsewhere: set the address that answers itself';
  if (status === 403) return 'a firewall or proxy in front blocks it: let POSTs to this path through';
  return 'RELAY_PUBLIC_URL or the proxy in front does not lead to the api';
}
