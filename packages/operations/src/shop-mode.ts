import { findLiveRefusals, goLive, type GoLiveOptions, type LiveRefusal } from '@relay/intake';
import { goShadow, loadShop, writeAudit } from '@relay/ledger';
import { intakeContext, type ConnectedShop, type Relay } from './relay.js';

export type WentLive =
  | { readonly kind: 'live'; readonly listed: number; readonly beforeLive: number }
  | { readonly kind: 'was-live' }
  | { readonly kind: 'refused'; readonly refusals: readonly LiveRefusal[] };

/** `relay mode live`, and `RELAY_MODE=live` when a shop is first connected: the same checks. */
export async function switchLive(
  relay: Relay,
  shop: ConnectedShop,
  options: GoLiveOptions & { actor: string; onReceived?: () => void },
): Promise<WentLive> {
  if ((await loadShop(relay.ledger, shop.id))?.mode === 'live') return { kind: 'was-live' };
  const ctx = intakeContext(relay, options.onReceived);
  const refusals = await findLiveRefusals(ctx, shop, options);
  if (refusals.length > 0) return { kind: 'refused', refusals };
  const { listed, beforeLive } = await goLive(ctx, shop, options);
  await writeAudit(relay.ledger, {
    actor: options.actor,
    action: 'mode live',
    subject: shop.id,
    details: { listed, beforeLive },
  });
  return { kind: 'live', listed, beforeLive };
}

/** Claims stop at once. @returns false when the shop was not live. */
export async function switchShadow(relay: Relay, shop: ConnectedShop, actor: string): Promise<boolean> {
  const changed = await goShadow(relay.ledger, shop.id);
  if (changed) await writeAudit(relay.ledger, { actor, action: 'mode shadow', subject: shop.id });
  return changed;
}
