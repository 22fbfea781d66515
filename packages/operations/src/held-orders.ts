import { CallFailure, metaText, SHOP_META } from '@relay/core';
import { findOrders, resolveAsAbsent, resolveAsExisting, type OrderView, type ResolutionRefusal } from '@relay/ledger';
import type { ConnectedShop, Relay } from './relay.js';

/** Why an operation was not carried out; nothing was changed. `toDo` says what helps. */
export interface Refusal {
  readonly kind: 'refused';
  readonly what: string;
  readonly toDo: string;
}

export type Found = { readonly kind: 'found'; readonly order: OrderView } | Refusal;

/** One order by the shop's number, its id, or HFT71's id. */
export async function findOrder(relay: Relay, wanted: string, shopId?: string): Promise<Found> {
  const text = wanted.trim().replace(/^#/, '');
  const orders = await findOrders(relay.ledger, text, shopId);
  const [order, ...others] = orders;
  if (order === undefined)
    return refused(
      `no order ${text} is known`,
      'use the shop’s order number, its id, or HFT71’s id; `relay shop check` says whether the shop is read',
    );
  // A number that one order carries and another has as its id: the number is what people say.
  const sameNumber = others.filter((other) => other.number === text || order.number !== text);
  if (sameNumber.length > 0)
    return refused(
      `${text} is ambiguous: ${orders.map((each) => `${each.shopId}/${each.orderId} (number ${each.number})`).join(', ')}`,
      'name the shop with --shop, or use the id',
    );
  return { kind: 'found', order };
}

export interface Resolution {
  readonly wanted: string;
  readonly shopId?: string;
  /** The attempt's token as `relay orders show` printed it; null where it showed none. */
  readonly token: string | null;
  readonly actor: string;
  readonly reason: string;
}

export type Resolved = { readonly kind: 'resolved'; readonly state: string } | Refusal;

/** "It exists with id N": N is looked up at HFT71 before it counts. */
export async function resolveExisting(
  relay: Relay,
  resolution: Resolution & { hft71OrderId: string },
): Promise<Resolved> {
  const held = await findHeld(relay, resolution);
  if (held.kind === 'refused') return held;
  const problem = await verifyAtHft71(held.shop, held.order, resolution.hft71OrderId);
  if (problem !== null) return problem;
  const result = await resolveAsExisting(relay.ledger, { ...resolution, intentId: held.intentId });
  return result === 'sent' ? { kind: 'resolved', state: 'sent' } : explain(result);
}

/** "It does not exist, send": only once settle is over, and with the marker that the shop shows now. */
export async function resolveAbsent(relay: Relay, resolution: Resolution): Promise<Resolved> {
  const held = await findHeld(relay, resolution);
  if (held.kind === 'refused') return held;
  const { order } = held;
  if (order.reason === 'order-identity-changed')
    return refused(
      'the shop uses this id for another order now',
      'its reference is taken at HFT71: send the new order there by hand',
    );
  let shown;
  try {
    shown = await held.shop.woocommerce.getOrder(order.orderId);
  } catch (error) {
    return callRefused(error, 'the order could not be read from the shop');
  }
  const shownId = metaText(shown, SHOP_META.hft71OrderId);
  if (shownId !== null)
    return refused(
      `the shop shows the HFT71 id ${shownId} on this order`,
      `if that is right: relay orders resolve ${order.number} --exists ${shownId}; if not, remove _hft71_order_id there first`,
    );
  const result = await resolveAsAbsent(relay.ledger, {
    ...resolution,
    intentId: held.intentId,
    settledMarker: metaText(shown, SHOP_META.marker),
  });
  return result === 'ready' || result === 'cancelled' ? { kind: 'resolved', state: result } : explain(result);
}

async function findHeld(
  relay: Relay,
  resolution: Resolution,
): Promise<{ kind: 'held'; order: OrderView; intentId: string; shop: ConnectedShop } | Refusal> {
  const found = await findOrder(relay, resolution.wanted, resolution.shopId);
  if (found.kind === 'refused') return found;
  const { order } = found;
  if ((order.state !== 'held' && order.state !== 'rejected') || order.intentId === null)
    return refused(
      `order ${order.number} is not held: it is ${order.state ?? 'not to be sent'}`,
      'only held orders need a person',
    );
  const shop = relay.shops.get(order.shopId);
  if (shop === undefined)
    return refused(`shop ${order.shopId} is not in the settings`, 'set its WC_* and HFT71_* settings');
  return { kind: 'held', order, intentId: order.intentId, shop };
}

/** `…/status` has to answer, and where HFT71 gives a reference it has to be this order's. */
async function verifyAtHft71(shop: ConnectedShop, order: OrderView, hft71OrderId: string): Promise<Refusal | null> {
  try {
    await shop.hft71.orderStatus(hft71OrderId);
    const there = await shop.hft71.order(hft71OrderId).catch((error: unknown) => {
      // The endpoint is assumed; the status above is documented and has answered.
      if (error instanceof CallFailure && error.failure === 'misconfigured') return 'not-found' as const;
      throw error;
    });
    const reference = there === 'not-found' ? null : there.referenceId;
    const own = [order.reference, String(order.orderId), order.number];
    if (reference !== null && !own.includes(reference))
      return refused(
        `HFT71’s order ${hft71OrderId} has the reference ${reference}, not ${order.reference ?? order.number}`,
        'check the id',
      );
    return null;
  } catch (error) {
    if (error instanceof CallFailure && error.failure === 'not-found')
      return refused(
        `HFT71 does not know an order ${hft71OrderId}`,
        'check the id; if there is none, resolve it with --send',
      );
    return callRefused(error, 'the id could not be verified at HFT71');
  }
}

function explain(refusal: ResolutionRefusal): Refusal {
  switch (refusal) {
    case 'not-held':
      return refused('the order is not held any more', 'look again: relay orders show');
    case 'another-attempt':
      return refused(
        'the attempt is not the one that you looked at',
        'look again with relay orders show, and repeat the token that it prints',
      );
    case 'settle-not-over':
      return refused(
        'HFT71 may still be taking the order in (HFT71_SETTLE is not over)',
        'wait until the time that relay orders show prints, then look at HFT71 again',
      );
    case 'no-reference':
      return refused(
        'its reference is another order’s at HFT71',
        'set HFT71_REFERENCE_PREFIX (or HFT71_REFERENCE) so that it gets one of its own; the next sweep arms it',
      );
    case 'id-taken':
      return refused('another order of the account has this id', 'check the id');
  }
}

function callRefused(error: unknown, what: string): Refusal {
  if (!(error instanceof CallFailure)) throw error;
  return refused(`${what}: ${error.message}`, 'see relay shop check');
}

export function refused(what: string, toDo: string): Refusal {
  return { kind: 'refused', what, toDo };
}
