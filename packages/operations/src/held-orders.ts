import {
  CallFailure,
  metaText,
  orderKeyHash,
  parseMarker,
  saysNothing,
  SHOP_META,
  unknownReprintIds,
  type ShopOrder,
} from '@relay/core';
import {
  acknowledgeIdentity,
  findOrders,
  raiseAlert,
  reprintsOf,
  resolveAsAbsent,
  resolveAsExisting,
  stopAccount,
  type OrderView,
  type ResolutionRefusal,
} from '@relay/ledger';
import type { ConnectedShop, Relay } from './relay.js';

/** Why an operation was not carried out; nothing was changed. `toDo` says what helps. */
export interface Refusal {
  readonly kind: 'refused';
  readonly what: string;
  readonly toDo: string;
  /** There is no such order, shop or whatever was named. */
  readonly isUnknown?: true;
  /** The shop or HFT71 did not answer: trying again later may do. */
  readonly isAway?: true;
}

export type Found = { readonly kind: 'found'; readonly order: OrderView } | Refusal;

/** One order by the shop's number, its id, its reference, or HFT71's id; a reprint by its reference or as `<number>-R2`. */
export async function findOrder(relay: Relay, wanted: string, shopId?: string): Promise<Found> {
  const text = wanted.trim().replace(/^#/, '');
  const orders = await findOrders(relay.ledger, text, shopId);
  const [order, ...others] = orders;
  if (order === undefined)
    return {
      ...refused(
        `no order ${text} is known`,
        'use the shop’s order number, its id, or HFT71’s id; `relay shop check` says whether the shop is read',
      ),
      isUnknown: true,
    };
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

export type Resolved =
  | {
      readonly kind: 'resolved';
      readonly state: string;
      /** The shop uses the id for another order now: that one still waits for a person. */
      readonly isAnothersNow?: true;
    }
  | Refusal;

/** "It exists with id N": N is looked up at HFT71 before it counts. */
export async function resolveExisting(
  relay: Relay,
  resolution: Resolution & { hft71OrderId: string },
): Promise<Resolved> {
  const held = await findHeld(relay, resolution);
  if (held.kind === 'refused') return held;
  const { order, shop } = held;
  const shown = await readFromShop(shop, order);
  if ('kind' in shown) return shown;
  if (order.state !== 'held' && order.state !== 'rejected') {
    // Sent, and the shop uses its id again: a second act says that the new order has been settled by hand.
    if (resolution.hft71OrderId !== order.hft71OrderId)
      return refused(
        `the order that was sent is HFT71’s ${order.hft71OrderId ?? '?'}`,
        `repeat that id: --exists ${order.hft71OrderId ?? ''}`,
      );
    return acknowledged(relay, order, shown, resolution, order.state ?? '');
  }
  // What the shop shows on another order says nothing of this one.
  const shownId = order.identityChanged ? null : idInShop(shown, order);
  if (shownId !== null && shownId !== resolution.hft71OrderId)
    return refused(
      `the shop shows the HFT71 id ${shownId} on this order`,
      'remove _hft71_order_id there first: the write-back never replaces one',
    );
  const problem = await verifyAtHft71(shop, order, resolution.hft71OrderId);
  if (problem !== null) return problem;
  const result = await resolveAsExisting(relay.ledger, { ...resolution, intentId: held.intentId });
  if (result !== 'sent') return explain(result);
  return { kind: 'resolved', state: 'sent', ...(order.identityChanged && { isAnothersNow: true }) };
}

/** Reprints that the shop shows and the ledger does not know: one of them may be what a person wants to be sent. */
export async function unknownReprintsOf(
  { ledger }: Pick<Relay, 'ledger'>,
  order: OrderView,
  shown: ShopOrder,
): Promise<readonly string[]> {
  const reprints = await reprintsOf(ledger, order);
  return unknownReprintIds(
    shown,
    reprints.map(({ hft71OrderId }) => hft71OrderId),
  );
}

/** The shop shows a reprint's id elsewhere, beside others: `_hft71_order_id` says nothing of a reprint. */
function idInShop(shown: ShopOrder, { copy }: OrderView): string | null {
  return copy === 1 ? metaText(shown, SHOP_META.hft71OrderId) : null;
}

async function acknowledged(
  relay: Relay,
  order: OrderView,
  shown: ShopOrder,
  by: { actor: string; reason: string },
  state: string,
): Promise<Resolved> {
  await acknowledgeIdentity(relay.ledger, {
    ...by,
    shopId: order.shopId,
    orderId: order.orderId,
    orderKeyHash: orderKeyHash(relay.installation.hashKey, shown.orderKey),
  });
  return { kind: 'resolved', state };
}

/** A refusal where the shop does not show it now. */
export async function readFromShop(shop: ConnectedShop, order: OrderView): Promise<ShopOrder | Refusal> {
  try {
    return await shop.woocommerce.getOrder(order.orderId);
  } catch (error) {
    return callRefused(error, 'the order could not be read from the shop');
  }
}

/** "It does not exist, send": only once settle is over, and with the marker that the shop shows now. */
export async function resolveAbsent(relay: Relay, resolution: Resolution): Promise<Resolved> {
  const held = await findHeld(relay, resolution);
  if (held.kind === 'refused') return held;
  const { order } = held;
  if (order.reason === 'exists')
    return refused(
      'HFT71 has said that it has an order under this reference',
      'look it up there, and resolve it with --exists ID',
    );
  if (order.identityChanged)
    return refused(
      'the shop uses this id for another order now',
      'its reference is taken at HFT71: send the new order there by hand',
    );
  const shown = await readFromShop(held.shop, order);
  if ('kind' in shown) return shown;
  const shownId = idInShop(shown, order);
  if (shownId !== null)
    return refused(
      `the shop shows the HFT71 id ${shownId} on this order`,
      `if that is right: relay orders resolve ${order.number} --exists ${shownId}; if not, remove _hft71_order_id there first`,
    );
  const strange = order.copy === 1 ? [] : await unknownReprintsOf(relay, order, shown);
  if (strange.length > 0)
    return refused(
      `the shop shows ${strange.join(', ')} as made once more, of which the ledger knows nothing`,
      `look it up at HFT71: if it is this reprint, resolve it with --exists ${strange[0] ?? 'ID'}; if not, remove it from _hft71_reprint_ids in the shop first`,
    );
  const shownMarker = metaText(shown, SHOP_META.marker);
  const named = shownMarker === null ? null : parseMarker(shownMarker);
  const isOwn = named?.installationId === relay.installation.id;
  const result = await resolveAsAbsent(relay.ledger, {
    ...resolution,
    intentId: held.intentId,
    shownMarker,
    markedToken: isOwn ? named.token : null,
    settleMs: held.shop.settleMs,
  });
  if (result === 'settle-restarted' && named !== null && !isOwn) await stopForForeignMarker(relay, held.shop, order);
  return result === 'ready' || result === 'cancelled' ? { kind: 'resolved', state: result } : explain(result);
}

/** Another relay has written on the order: nothing goes out of the account until a person has settled that. */
async function stopForForeignMarker(relay: Relay, shop: ConnectedShop, order: OrderView): Promise<void> {
  const kind = 'another installation is sending';
  const message = `order ${order.orderId} shows a marker of another relay`;
  await stopAccount(relay.ledger, shop.accountId, `${kind}: ${message}`);
  await raiseAlert(relay.ledger, { kind, severity: 1, subject: shop.id, message });
}

async function findHeld(
  relay: Relay,
  resolution: Resolution,
): Promise<{ kind: 'held'; order: OrderView; intentId: string; shop: ConnectedShop } | Refusal> {
  const found = await findOrder(relay, resolution.wanted, resolution.shopId);
  if (found.kind === 'refused') return found;
  const { order } = found;
  const isListed = order.state === 'held' || order.state === 'rejected' || (order.identityChanged && order.copy === 1);
  if (!isListed || order.intentId === null)
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
      if (error instanceof CallFailure && saysNothing(error)) return 'not-found' as const;
      throw error;
    });
    const reference = there === 'not-found' ? null : there.referenceId;
    const own = order.copy === 1 ? [order.reference, String(order.orderId), order.number] : [order.reference];
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
    case 'settle-restarted':
      return refused(
        'the shop shows a marker that nobody knew of: somebody may just be sending it',
        'find out who; HFT71_SETTLE runs anew, look at HFT71 once it is over, and repeat',
      );
    case 'has-id':
      return refused(
        'HFT71 has answered an id for this order: sent again it would be two',
        'see relay orders show; resolve it with --exists ID',
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
  const refusal = refused(`${what}: ${error.message}`, 'see relay shop check');
  return AWAY_FOR_A_WHILE.includes(error.failure) ? { ...refusal, isAway: true } : refusal;
}

const AWAY_FOR_A_WHILE: readonly string[] = ['unavailable', 'throttled', 'retry-later'];

export function refused(what: string, toDo: string): Refusal {
  return { kind: 'refused', what, toDo };
}
