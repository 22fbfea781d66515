import { CallFailure } from '@relay/core';
import { ownShopWebhooks, webhookUrl } from '@relay/intake';
import { deliveryState, storedWebhookSecrets, type DeliveryState, type WebhookSide } from '@relay/ledger';
import type { ShopWebhook } from '@relay/woocommerce';
import { examinePublicUrl } from './doctor/examine-public-url.js';
import { examineHft71Webhook } from './doctor/examine-shop-record.js';
import { examineDeliveries, examineShopWebhooks } from './doctor/examine-shop-webhooks.js';
import { Examination } from './doctor/examination.js';
import type { Check, Finding } from './doctor/finding.js';
import type { ConnectedShop, Relay } from './relay.js';

export interface WebhookState {
  /** Where the shop delivers; null: RELAY_PUBLIC_URL is not set. */
  readonly shopUrl: string | null;
  /** Where HFT71 is to call. */
  readonly hft71Url: string | null;
  /** The shop's webhooks that are the relay's; null where the shop could not be asked. */
  readonly shopWebhooks: readonly ShopWebhook[] | null;
  readonly deliveries: DeliveryState | null;
  readonly rotations: readonly {
    readonly side: WebhookSide;
    /** How long the secrets before are taken yet; null: the rotation was broken off, and has to be done again. */
    readonly previousForMs: number | null;
  }[];
  readonly hft71HasSecret: boolean;
  readonly findings: readonly Finding[];
  readonly checks: readonly Check[];
}

/** `relay webhook check`: both ways in, as far as it shows without a delivery. Reads only. */
export async function checkWebhooks(relay: Relay, shop: ConnectedShop): Promise<WebhookState> {
  const { ledger, installation, settings } = relay;
  const { publicUrl } = settings;
  const exam = new Examination(() => undefined);
  const record = { ledger, installation };
  const shopUrl = publicUrl === null ? null : webhookUrl(publicUrl, shop.id);
  const hooks = await listed(exam, shop);
  if (hooks !== null) await examineShopWebhooks(exam, { id: shop.id, hooks, publicUrl, record });
  await examineDeliveries(exam, record, shop.id);
  await examineHft71Webhook(exam, record, shop);
  await examinePublicUrl(exam, publicUrl);
  const stored = (await storedWebhookSecrets(ledger)).filter((row) => row.shopId === shop.id);
  return {
    shopUrl,
    hft71Url: publicUrl === null ? null : `${publicUrl}/wp-json/hft71/v1/order-status`,
    shopWebhooks: hooks === null || shopUrl === null ? null : ownShopWebhooks(hooks, shopUrl),
    deliveries: await deliveryState(ledger, shop.id),
    rotations: stored
      .filter(({ previousClosed }) => previousClosed !== null)
      .map(({ side, previousForMs }) => ({ side, previousForMs })),
    hft71HasSecret: shop.hft71WebhookSecrets.accepted().length > 0,
    findings: exam.findings,
    checks: exam.others,
  };
}

async function listed(exam: Examination, shop: ConnectedShop): Promise<ShopWebhook[] | null> {
  try {
    return await shop.woocommerce.listWebhooks();
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error;
    exam.found(`shop ${shop.id}: webhooks`, 'shop-calls', {
      what: 'The shop’s webhooks could not be read',
      toDo: 'Run `relay doctor`: it says why.',
      evidence: [error.message],
      severity: 2,
    });
    return null;
  }
}
