import { findLiveRefusals, goLive, type GoLiveOptions, type LiveRefusal } from '@relay/intake';
import { alone, goShadow, loadShop, ordersNotShown, writeAudit, type NotShown } from '@relay/ledger';
import { intakeContext, type ConnectedShop, type Relay } from './relay.js';

export type WentLive =
  | { readonly kind: 'live'; readonly listed: number; readonly beforeLive: number }
  | { readonly kind: 'was-live' }
  | { readonly kind: 'refused'; readonly refusals: readonly LiveRefusal[] };

type SwitchOptions = GoLiveOptions & { readonly onReceived?: () => void };

/**
 * `relay mode live`, and `RELAY_MODE=live` when a shop is first connected: the same checks. One process at a time: a shop
 * that goes live while nobody holds the lock was left in the middle.
 */
export async function switchLive(relay: Relay, shop: ConnectedShop, options: SwitchOptions): Promise<WentLive> {
  let went: WentLive = { kind: 'refused', refusals: [ANOTHER_IS_AT_IT] };
  await alone(relay.ledger, `go live ${shop.id}`, async () => {
    went = await switchAlone(relay, shop, options);
  });
  return went;
}

const ANOTHER_IS_AT_IT: LiveRefusal = {
  kind: 'busy',
  what: 'another process takes the shop live at this moment',
  toDo: 'wait until `relay mode` shows it as live',
};

/**
 * Somebody began to take the shop live, and died in the middle of the list: nothing is sent before it is read to its end.
 * Whatever `RELAY_MODE` says, since a person asked for it. With a new `live_at`: the sender before may have been switched
 * on again meanwhile, so what came in since is held rather than sent twice.
 * @returns null where nothing is to be gone on with, or somebody works at it.
 */
export async function goOnGoingLive(
  relay: Relay,
  shop: ConnectedShop,
  onReceived?: () => void,
): Promise<WentLive | null> {
  const view = await loadShop(relay.ledger, shop.id);
  if (view?.mode !== 'going_live') return null;
  const went = await switchLive(relay, shop, {
    pluginSendingIsOff: view.pluginOffStated,
    actor: 'relay',
    ...(onReceived === undefined ? {} : { onReceived }),
  });
  return went.kind === 'refused' && went.refusals.includes(ANOTHER_IS_AT_IT) ? null : went;
}

async function switchAlone(relay: Relay, shop: ConnectedShop, options: SwitchOptions): Promise<WentLive> {
  if ((await loadShop(relay.ledger, shop.id))?.mode === 'live') return { kind: 'was-live' };
  const ctx = intakeContext(relay, options.onReceived);
  const refusals = await findLiveRefusals(ctx, shop, options);
  if (refusals.length > 0) return { kind: 'refused', refusals };
  const { listed, beforeLive } = await goLive(ctx, shop, options);
  await writeAudit(relay.ledger, {
    actor: options.actor,
    action: 'mode live',
    subject: shop.id,
    reason: options.reason ?? null,
    details: { listed, beforeLive, pluginSendingIsOff: options.pluginSendingIsOff },
  });
  return { kind: 'live', listed, beforeLive };
}

export interface WentShadow {
  /** False when the shop was not live. */
  readonly changed: boolean;
  /** What the plugin would send a second time, were it switched on now. */
  readonly notShown: NotShown;
}

/** Claims stop at once; calls under way end. */
export async function switchShadow(
  relay: Relay,
  shop: ConnectedShop,
  { actor, reason = null }: { actor: string; reason?: string | null },
): Promise<WentShadow> {
  const changed = await goShadow(relay.ledger, shop.id);
  if (changed) await writeAudit(relay.ledger, { actor, action: 'mode shadow', subject: shop.id, reason });
  return { changed, notShown: await ordersNotShown(relay.ledger, shop.id) };
}
