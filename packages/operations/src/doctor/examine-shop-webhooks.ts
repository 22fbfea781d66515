import { ownShopWebhooks, SHOP_WEBHOOK_TOPICS, webhookUrl } from '@relay/intake';
import { deliveryState } from '@relay/ledger';
import type { ShopWebhook } from '@relay/woocommerce';
import type { OpenLedger } from './examine-postgres.js';
import type { Examination } from './examination.js';

interface Looked {
  readonly id: string;
  readonly hooks: readonly ShopWebhook[];
  readonly publicUrl: string | null;
  readonly record: OpenLedger | null;
}

/** Without its webhooks a shop's orders come by sweeps: later, and none is lost. */
export async function examineShopWebhooks(exam: Examination, { id, hooks, publicUrl, record }: Looked): Promise<void> {
  const name = `shop ${id}: webhooks`;
  if (publicUrl === null) {
    exam.skipped(name, 'RELAY_PUBLIC_URL is not set: orders come by sweeps alone');
    return;
  }
  const url = webhookUrl(publicUrl, id);
  const own = ownShopWebhooks(hooks, url);
  const bad = own.filter(({ status }) => status !== 'active');
  if (bad.length > 0)
    exam.found(name, 'shop-webhook-disabled', {
      what: `The shop has switched off ${bad.length} of ${own.length} webhooks: their orders come by sweeps, later`,
      toDo: 'Mend why they failed (relay webhook test), then set them to Active in WooCommerce → Settings → Advanced → Webhooks; a worker revives disabled ones by itself at its next sweep.',
      evidence: bad.map((hook) => `webhook ${hook.id}, ${hook.topic}: ${hook.status}`),
    });
  const missing = SHOP_WEBHOOK_TOPICS.filter((topic) => !own.some((hook) => hook.topic === topic));
  const isKnown = record !== null && (await deliveryState(record.ledger, id)) !== null;
  if (missing.length > 0)
    exam.found(name, 'shop-webhook-missing', {
      what: `The shop has no webhook for ${missing.join(', ')} that leads here`,
      toDo: 'A worker makes them at its next sweep; if none appear, see that the key’s user may manage webhooks.',
      evidence: [`They should lead to ${url}`, `The shop has ${hooks.length} webhooks, ${own.length} of them ours`],
      isWarning: !isKnown,
    });
  const rewritten = own.filter((hook) => hook.deliveryUrl !== url);
  if (rewritten.length > 0)
    exam.found(name, 'shop-webhook-missing', {
      what: 'Webhooks of the relay lead to another address than RELAY_PUBLIC_URL',
      toDo: 'Set RELAY_PUBLIC_URL to where the shop reaches the relay; delete these webhooks in the shop, and a worker makes them anew.',
      evidence: rewritten.map((hook) => `webhook ${hook.id}, ${hook.topic}: ${hook.deliveryUrl}`),
      isWarning: true,
    });
  if (!exam.has('shop-webhook-disabled', 'shop-webhook-missing')) exam.ok(name, `${own.length}, all active, to ${url}`);
}

/** A refusal counts for so long; longer ago it was mended, or somebody tried a door. */
const REFUSED_LATELY_MS = 24 * 60 * 60_000;

/** What became of the shop's deliveries here: asked of the ledger alone. */
export async function examineDeliveries(exam: Examination, record: OpenLedger, id: string): Promise<void> {
  const state = await deliveryState(record.ledger, id);
  if (state === null) return;
  const name = `shop ${id}: deliveries`;
  const { shopRefusedAt, shopHeardAt } = state;
  if (isLater(shopRefusedAt, shopHeardAt))
    exam.found(name, 'shop-webhook-secret', {
      what: 'The shop’s deliveries are refused: they are signed with another secret than WC_WEBHOOK_SECRET',
      toDo: 'Run `relay webhook rotate --shop-side`, which gives the shop’s webhooks and the relay one secret; or set WC_WEBHOOK_SECRET to the one that stands in the shop.',
      evidence: [
        `${state.shopRefusedToday} refused today, the last at ${shopRefusedAt?.toISOString()}`,
        shopHeardAt === null ? 'None was ever taken in' : `The last good one came at ${shopHeardAt.toISOString()}`,
      ],
    });
  else exam.ok(name, shopHeardAt === null ? 'none yet' : `the last one at ${shopHeardAt.toISOString()}`);
  if (state.foreignToday > 0)
    exam.found(name, 'shop-webhook-foreign', {
      what: `${state.foreignToday} deliveries of another shop came today and were ignored: a clone signs with the same secret`,
      toDo: 'In the clone (staging?): delete the webhooks of HFT71 Relay.',
      isWarning: true,
    });
}

/** Refused after whatever was taken in, and lately. */
export function isLater(refusedAt: Date | null, heardAt: Date | null): refusedAt is Date {
  return (
    refusedAt !== null &&
    Date.now() - refusedAt.getTime() < REFUSED_LATELY_MS &&
    (heardAt === null || refusedAt.getTime() > heardAt.getTime())
  );
}
