import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SecretBox } from '@relay/core';
import { ownShopWebhooks, shopWebhooksLock, webhookUrl } from '@relay/intake';
import {
  alone,
  beginWebhookSecret,
  endPreviousSecrets,
  storedWebhookSecrets,
  writeAudit,
  type StoredWebhookSecret,
  type WebhookSide,
} from '@relay/ledger';
import { refused, type Refusal } from './held-orders.js';
import type { ConnectedShop, Relay } from './relay.js';
import {
  openPrevious,
  SECRETS_TAKEN_WITHIN_MS,
  settingHash,
  webhookSecretBox,
  type PreviousSecret,
} from './rotated-secrets.js';

export interface Rotation {
  readonly actor: string;
  readonly reason: string | null;
  /** How long those before are taken yet, once the other side has the new one. 0 drops them at once. */
  readonly keepMs: number;
}

export interface Rotated {
  readonly kind: 'rotated';
  /** The shop's webhooks that were given the new one. */
  readonly webhooks: number;
  /** To be entered at HFT71: shown this once. null of the shop's, which nobody has to know. */
  readonly secret: string | null;
}

const SECRET_BYTES = 32;
const LOCK_PATIENCE_MS = 10_000;

/**
 * A new secret for the shop's webhooks. Both are taken before the shop is told, and the ones before until `keepMs` after it
 * has been told of all; broken off in between, both are taken until it is done again, which goes on with the same secret.
 * @throws CallFailure of the shop's.
 */
export async function rotateShopSecret(relay: Relay, shop: ConnectedShop, by: Rotation): Promise<Rotated | Refusal> {
  const { publicUrl } = relay.settings;
  if (publicUrl === null)
    return refused('RELAY_PUBLIC_URL is not set: the shop has no webhook of the relay', 'set it first');
  return underLock(relay, shopWebhooksLock(shop.id), async () => {
    const { secret, closed } = await begin(relay, shop, 'shop');
    await sleep(SECRETS_TAKEN_WITHIN_MS);
    const own = ownShopWebhooks(await shop.woocommerce.listWebhooks(), webhookUrl(publicUrl, shop.id));
    for (const { id } of own) await shop.woocommerce.setWebhookSecret(id, secret);
    await endPreviousSecrets(relay.ledger, { shopId: shop.id, side: 'shop', closed }, by.keepMs);
    await audit(relay, shop, by, { side: 'shop', webhooks: own.length });
    return { kind: 'rotated', webhooks: own.length, secret: null };
  });
}

/** A new secret for HFT71's webhook. A person enters it there, within `keepMs`. */
export async function rotateHft71Secret(relay: Relay, shop: ConnectedShop, by: Rotation): Promise<Rotated | Refusal> {
  return underLock(relay, `hft71 webhook ${shop.id}`, async () => {
    const { secret, closed } = await begin(relay, shop, 'hft71');
    await endPreviousSecrets(relay.ledger, { shopId: shop.id, side: 'hft71', closed }, by.keepMs);
    await audit(relay, shop, by, { side: 'hft71' });
    return { kind: 'rotated', webhooks: 0, secret };
  });
}

/** From here on the new one is taken beside all that are taken now. */
async function begin(
  { ledger, installation, settings }: Relay,
  shop: ConnectedShop,
  side: WebhookSide,
): Promise<{ secret: string; closed: string }> {
  const box = webhookSecretBox(settings.secretKeys);
  const setting = side === 'shop' ? [shop.settings.woocommerce.webhookSecret] : shop.settings.hft71.webhookSecrets;
  const insteadOf = settingHash(installation, setting);
  const stored = (await storedWebhookSecrets(ledger)).find((row) => row.shopId === shop.id && row.side === side);
  const current = stored?.insteadOf === insteadOf ? box.open(stored.closed) : null;
  if (stored !== undefined && current !== null && isBrokenOff(stored))
    return { secret: current, closed: stored.closed };
  const before = stored === undefined || current === null ? setting : [current, ...stillTaken(box, stored)];
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  const closed = box.close(secret);
  const previousClosed = before.length === 0 ? null : box.close(JSON.stringify(before));
  await beginWebhookSecret(ledger, { shopId: shop.id, side, closed, insteadOf, previousClosed });
  return { secret, closed };
}

/** Those that an earlier rotation has left to end: this one does not prolong them. */
function stillTaken(box: SecretBox, stored: StoredWebhookSecret): PreviousSecret[] {
  const { previousForMs, readAtMs } = stored;
  const rowUntilMs = previousForMs === null ? Infinity : readAtMs + previousForMs;
  return openPrevious(box, stored)
    .map(({ secret, untilMs }) => ({ secret, untilMs: Math.min(untilMs ?? Infinity, rowUntilMs) }))
    .filter(({ untilMs }) => untilMs > readAtMs);
}

/** Those before are taken without end: the rotation that began did not come to its end. */
function isBrokenOff({ previousClosed, previousForMs }: StoredWebhookSecret): boolean {
  return previousClosed !== null && previousForMs === null;
}

async function underLock(relay: Relay, lock: string, work: () => Promise<Rotated>): Promise<Rotated | Refusal> {
  let rotated: Rotated | null = null;
  const giveUpAt = performance.now() + LOCK_PATIENCE_MS;
  while (!(await alone(relay.ledger, lock, async () => void (rotated = await work())))) {
    if (performance.now() > giveUpAt)
      return refused('another process is changing these webhooks just now', 'try again in a minute');
    await sleep(250);
  }
  return rotated ?? refused('nothing was rotated', 'try again');
}

async function audit(relay: Relay, shop: ConnectedShop, by: Rotation, details: Record<string, unknown>): Promise<void> {
  const { actor, reason, keepMs } = by;
  await writeAudit(relay.ledger, {
    ...{ actor, reason, action: 'webhook rotate', subject: shop.id },
    details: { ...details, keepMs },
  });
}
