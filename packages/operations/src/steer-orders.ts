import {
  dropReprint as dropOpenReprint,
  holdByPerson,
  leaveCampaigns,
  releaseHeld,
  reprintOrder,
  resolveHeldUpdates,
  whyNoReprint,
  writeBackAgain,
  type NoReprint,
  type OrderView,
} from '@relay/ledger';
import { findOrder, readFromShop, refused, unknownReprintsOf, type Refusal, type Resolved } from './held-orders.js';
import type { Relay } from './relay.js';

export interface OrderAct {
  /** The shop's number, its id, or HFT71's id. */
  readonly wanted: string;
  readonly shopId?: string;
  readonly actor: string;
  readonly reason: string;
}

/** `relay orders hold`: it does not go until a person releases it, nor with a campaign that has it on its list. */
export async function holdOrder(
  relay: Relay,
  act: OrderAct,
): Promise<Refusal | (Extract<Resolved, { kind: 'resolved' }> & { readonly leftCampaigns: readonly number[] })> {
  const found = await findOrder(relay, act.wanted, act.shopId);
  if (found.kind === 'refused') return found;
  const { order } = found;
  const leftCampaigns = order.intentId === null ? [] : await leaveCampaigns(relay.ledger, order.intentId, act);
  const was = order.intentId === null ? null : await holdByPerson(relay.ledger, order.intentId, act);
  if (was !== null) return { kind: 'resolved', state: 'held', leftCampaigns };
  if (leftCampaigns.length > 0) return { kind: 'resolved', state: order.state ?? 'unknown', leftCampaigns };
  return order.state === 'sending'
    ? refused('the order is on its way to HFT71 at this moment', 'look again with relay orders show')
    : refused(
        `the order is ${order.state ?? 'not to be sent'}: there is nothing to hold back`,
        'only orders that still wait to be sent can be held',
      );
}

/** `relay orders release`: what a person or the deadline holds goes again. */
export async function releaseOrder(relay: Relay, act: OrderAct): Promise<Resolved> {
  const found = await findOrder(relay, act.wanted, act.shopId);
  if (found.kind === 'refused') return found;
  const { order } = found;
  const state = order.intentId === null ? null : await releaseHeld(relay.ledger, order.intentId, act);
  if (state !== null) return { kind: 'resolved', state };
  return order.state === 'held'
    ? refused(`the order is held for another reason: ${order.reason ?? '?'}`, 'relay orders show says what resolves it')
    : refused(`the order is not held: it is ${order.state ?? 'not to be sent'}`, 'only held orders can be released');
}

/** `relay orders reprint`: HFT71 makes it once more, under a reference of its own. */
export async function reprint(relay: Relay, act: OrderAct): Promise<{ kind: 'reprint'; reference: string } | Refusal> {
  const found = await findOrder(relay, act.wanted, act.shopId);
  if (found.kind === 'refused') return found;
  const { order } = found;
  const why = await whyNoReprint(relay.ledger, order);
  if (why !== null) return noReprint(why);
  const forgotten = await forgottenReprint(relay, order);
  if (forgotten !== null) return forgotten;
  const isMarked = relay.shops.get(order.shopId)?.marker ?? false;
  const made = await reprintOrder(relay.ledger, order, act, { isMarked });
  return made.kind === 'reprint' ? { kind: 'reprint', reference: made.reference } : noReprint(made);
}

/**
 * A ledger that was restored may have forgotten a reprint that the shop shows: its reference would be used a second time,
 * and the person who asks may not know that it was made.
 */
async function forgottenReprint(relay: Relay, order: OrderView): Promise<Refusal | null> {
  const shop = relay.shops.get(order.shopId);
  if (shop === undefined)
    return refused(`shop ${order.shopId} is not in the settings`, 'set its WC_* and HFT71_* settings');
  const shown = await readFromShop(shop, order);
  if ('kind' in shown) return shown;
  const unknown = await unknownReprintsOf(relay, order, shown);
  return unknown.length === 0
    ? null
    : refused(
        `the shop shows that it was made once more, as ${unknown.join(', ')}, of which the ledger knows nothing (a restore?)`,
        'look it up at HFT71: it may be what you want; if another one is wanted all the same, order it there by hand, since its reference may be taken',
      );
}

function noReprint(why: NoReprint): Refusal {
  switch (why.kind) {
    case 'reprint-open':
      return refused(
        `a reprint of this order is ${why.state} already`,
        'wait until it is written back, or resolve it: relay orders held; while HFT71 does not have it, --drop takes it back',
      );
    case 'not-sent':
      return refused(
        `the order is ${why.state}, and its id is not in the shop yet`,
        'a reprint is for an order that HFT71 has: wait until it is written_back',
      );
  }
}

/** `relay orders reprint --drop`: one that was ordered by mistake, while HFT71 surely does not have it. */
export async function dropReprint(
  relay: Relay,
  act: OrderAct,
): Promise<{ kind: 'dropped'; reference: string } | Refusal> {
  const found = await findOrder(relay, act.wanted, act.shopId);
  if (found.kind === 'refused') return found;
  const { order } = found;
  const done = await dropOpenReprint(relay.ledger, order, act);
  if (done.kind === 'dropped') return done;
  switch (done.state) {
    case null:
      return refused(`order ${order.number} has no reprint to drop`, 'relay orders show lists its reprints');
    case 'sent':
    case 'written_back':
    case 'adopted':
      return refused(
        `the reprint of order ${order.number} is ${done.state}: HFT71 has it`,
        'have it cancelled at HFT71, by hand',
      );
    case 'sending':
      return refused(
        `the reprint of order ${order.number} is on its way to HFT71 at this moment`,
        'look again with relay orders show',
      );
    default:
      return refused(
        `HFT71 may have the reprint of order ${order.number}: it is ${done.state}`,
        'look it up at HFT71; relay orders show says what settles it',
      );
  }
}

/** `relay orders write-back`: the shop has lost HFT71's id or shows an old status; both are written once more. */
export async function writeBackOrder(
  relay: Relay,
  act: OrderAct,
): Promise<{ kind: 'armed'; hft71OrderId: string | null } | Refusal> {
  const found = await findOrder(relay, act.wanted, act.shopId);
  if (found.kind === 'refused') return found;
  const { order } = found;
  switch (await writeBackAgain(relay.ledger, order, act)) {
    case 'armed':
      return { kind: 'armed', hft71OrderId: order.hft71OrderId };
    case 'under-way':
      return refused(
        `order ${order.number} is being written back already`,
        'relay orders show says what keeps it, if anything does',
      );
    case null:
      return refused(
        `order ${order.number} has no id of HFT71’s that could be written: it is ${order.state ?? 'not to be sent'}`,
        'only an order that is sent, written_back or adopted can be written back: relay orders show',
      );
  }
}

/**
 * `relay orders update-done` and `update-again`: an edit or a cancellation that HFT71 was not told. Done by hand there, or
 * to be told once more.
 */
export async function resolveUpdates(
  relay: Relay,
  act: OrderAct,
  how: 'done' | 'again',
): Promise<{ kind: 'resolved'; updates: number } | Refusal> {
  const found = await findOrder(relay, act.wanted, act.shopId);
  if (found.kind === 'refused') return found;
  const updates = await resolveHeldUpdates(relay.ledger, found.order, { ...act, how });
  return updates > 0
    ? { kind: 'resolved', updates }
    : refused(`no update of order ${found.order.number} is held`, 'relay statuses lists those that are');
}
