import { createHmac, randomUUID } from 'node:crypto';
import { OWN_TEST_HEADER, proofOfOwnTest, SHOP_TEST_TOPIC, webhookUrl } from '@relay/intake';
import { loadShop, progressOf } from '@relay/ledger';
import { CERTIFICATE_CODE, fetchFailure } from './doctor/fetch-failure.js';
import { findOrder, type Refusal } from './held-orders.js';
import type { ConnectedShop, Relay } from './relay.js';

/** One delivery that the relay made to itself, over its public address. */
export interface WebhookTest {
  readonly whose: 'hft71' | 'shop';
  readonly url: string;
  readonly ok: boolean;
  /** null: no answer came, or none was asked for. */
  readonly status: number | null;
  readonly what: string;
  /** null where it is well. */
  readonly toDo: string | null;
}

export type WebhookTests = { readonly kind: 'tested'; readonly tests: readonly WebhookTest[] } | Refusal;

const PATIENCE_MS = 10_000;
const PATH = '/wp-json/hft71/v1/order-status';

/**
 * `relay webhook test`: both ways in, from outside as far as this machine goes outside, with the secrets that are taken now.
 * Nothing is kept of it. @param order whose id of HFT71's is told, with the status that it has; an id that no order has when
 * left out.
 */
export async function testWebhooks(
  relay: Relay,
  shop: ConnectedShop,
  { order }: { order?: string | undefined } = {},
): Promise<WebhookTests> {
  const told =
    order === undefined ? { external_id: `test-${randomUUID()}`, status: 'Test' } : await ordersOwn(relay, shop, order);
  if ('kind' in told) return told;
  const base = relay.settings.publicUrl ?? `http://127.0.0.1:${relay.settings.port}`;
  return {
    kind: 'tested',
    tests: [
      await testHft71(relay, shop, { url: `${base}${PATH}`, told, isKnown: order !== undefined }),
      await testShop(relay, shop, webhookUrl(base, shop.id)),
    ],
  };
}

async function ordersOwn(
  relay: Relay,
  shop: ConnectedShop,
  wanted: string,
): Promise<{ external_id: string; status: string } | Refusal> {
  const found = await findOrder(relay, wanted, shop.id);
  if (found.kind === 'refused') return found;
  const [progress] = await progressOf(relay.ledger, found.order);
  if (progress === undefined)
    return {
      kind: 'refused',
      what: `order ${found.order.number} has no id of HFT71’s yet`,
      toDo: 'name one that HFT71 has, or none: then an id is told that no order has',
    };
  return { external_id: progress.hft71OrderId, status: progress.status ?? 'Test' };
}

async function testHft71(
  relay: Relay,
  shop: ConnectedShop,
  { url, told, isKnown }: { url: string; told: Record<string, string>; isKnown: boolean },
): Promise<WebhookTest> {
  const [secret] = shop.hft71WebhookSecrets.accepted();
  if (secret === undefined)
    return {
      ...{ whose: 'hft71', url, ok: false, status: null },
      what: 'HFT71_WEBHOOK_SECRET is not set: every call of HFT71’s is refused, and statuses come by polling alone',
      toDo: 'run relay webhook rotate --hft71-side, and enter the secret that it shows at HFT71',
    };
  // A header's bytes are UTF-8's, as the intake reads them back.
  const headers = {
    'content-type': 'application/json',
    'x-hft71-webhook-secret': Buffer.from(secret, 'utf8').toString('latin1'),
  };
  const answer = await deliver(relay, url, headers, JSON.stringify(told));
  const expected = isKnown ? 200 : 404;
  const isOurs = answer.body?.['success'] === isKnown;
  if (answer.status === expected && isOurs)
    return {
      ...{ whose: 'hft71', url, ok: true, status: answer.status, toDo: null },
      what: isKnown
        ? 'gets through: 200, "success": true'
        : 'gets through; 404 as it should for an id that no order has',
    };
  return { whose: 'hft71', url, ok: false, status: answer.status, ...whyNot(answer, 'HFT71_WEBHOOK_SECRET') };
}

async function testShop(relay: Relay, shop: ConnectedShop, url: string): Promise<WebhookTest> {
  const [secret = ''] = shop.webhookSecrets.accepted();
  const homeUrl = (await loadShop(relay.ledger, shop.id))?.homeUrl ?? null;
  const body = JSON.stringify({ test: true });
  const headers = {
    'content-type': 'application/json',
    'x-wc-webhook-source': homeUrl ?? shop.settings.woocommerce.baseUrl,
    'x-wc-webhook-topic': SHOP_TEST_TOPIC,
    'x-wc-webhook-signature': createHmac('sha256', secret).update(body).digest('base64'),
  };
  const answer = await deliver(relay, url, headers, body);
  const common = { whose: 'shop', url, status: answer.status } as const;
  if (answer.status === 200 && answer.body?.['result'] === 'test')
    return { ...common, ok: true, what: 'gets through, and its signature is taken', toDo: null };
  if (answer.status === 200 && answer.body?.['result'] === 'foreign')
    return {
      ...{ ...common, ok: false, what: 'gets through, and is ignored: the shop was never connected' },
      toDo: 'start a worker; relay status says what hinders it',
    };
  return { ...common, ok: false, ...whyNot(answer, 'WC_WEBHOOK_SECRET') };
}

interface Delivered {
  readonly status: number | null;
  /** null where it is no JSON object: then it is not the relay that answers. */
  readonly body: Readonly<Record<string, unknown>> | null;
  readonly code: string | null;
}

async function deliver(
  { installation }: Relay,
  url: string,
  headers: Record<string, string>,
  body: string,
): Promise<Delivered> {
  const proof = { [OWN_TEST_HEADER]: proofOfOwnTest(installation, Buffer.from(body)) };
  try {
    const answer = await fetch(url, {
      ...{ method: 'POST', body, redirect: 'manual' },
      headers: { ...headers, ...proof },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const json: unknown = await answer.json().catch(() => null);
    const isObject = typeof json === 'object' && json !== null;
    return { status: answer.status, body: isObject ? (json as Record<string, unknown>) : null, code: null };
  } catch (error) {
    return { status: null, body: null, code: fetchFailure(error) };
  }
}

/** The runbook's checks: address, secret, certificate, a firewall on the way, whether it reaches the origin. */
function whyNot({ status, body, code }: Delivered, secret: string): { what: string; toDo: string } {
  if (status === null)
    return CERTIFICATE_CODE.test(code ?? '')
      ? { what: `the certificate is not trusted (${code})`, toDo: 'renew or mend it at RELAY_PUBLIC_URL' }
      : {
          what: `nobody answers (${code})`,
          toDo: 'start the api, or mend RELAY_PUBLIC_URL; if only this machine cannot reach its own public address, see relay webhook check',
        };
  if (body === null)
    return {
      what: `something else than the relay answers (${status}): a proxy, a CDN or a firewall`,
      toDo: 'let POSTs to /wp-json/hft71/v1/order-status and /webhooks/woocommerce/ through to the api, unchanged',
    };
  if (status === 401)
    return {
      what: 'the api refuses the secret that these settings have',
      toDo: `give the api and this command the same ${secret} (and RELAY_SECRET_KEY), and restart the api`,
    };
  if (status === 404)
    return { what: 'the api does not know this shop', toDo: 'restart it: it takes in new shops at its start' };
  return { what: `the api answers ${status}`, toDo: 'see its log; relay doctor says what else is wrong' };
}
