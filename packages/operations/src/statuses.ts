import { rankOf } from '@relay/core';
import {
  acceptConflict,
  blockedUpdates,
  heldUpdates,
  overwriteConflict,
  pollNow,
  statusConflicts,
  statusCounts,
  type BlockedUpdate,
  type HeldUpdate,
  type StatusConflict,
} from '@relay/ledger';
import { findOrder, refused, type Refusal } from './held-orders.js';
import type { ConnectedShop, Relay } from './relay.js';
import type { OrderAct } from './steer-orders.js';

/** HFT71's statuses as a shop's orders have them now, and what the merchant's table makes of each. */
export interface StatusOverview {
  readonly shop: string;
  /** `HFT71_STATUS_MAPPING`, from the least to the most advanced; `shopStatus` null: the shop's status is left. */
  readonly mapping: readonly { readonly hft71Status: string; readonly shopStatus: string | null }[];
  readonly counts: readonly { readonly status: string; readonly orders: number; readonly isKnown: boolean }[];
  /** Orders whose status a person set otherwise in the shop. */
  readonly conflicts: readonly StatusConflict[];
  /** Changes that HFT71 was not told: a person does it there. */
  readonly heldUpdates: readonly HeldUpdate[];
  /** Changes that wait until the order itself is settled. */
  readonly blockedUpdates: readonly BlockedUpdate[];
}

export async function statusOverview({ ledger }: Pick<Relay, 'ledger'>, shop: ConnectedShop): Promise<StatusOverview> {
  const { mapping } = shop.statuses;
  const [counts, conflicts, held, blocked] = await Promise.all([
    statusCounts(ledger, shop.id),
    statusConflicts(ledger, shop.id),
    heldUpdates(ledger, { shopId: shop.id }),
    blockedUpdates(ledger, shop.id),
  ]);
  return {
    shop: shop.id,
    mapping: mapping.rows,
    counts: counts.map(({ status, orders }) => ({ status, orders, isKnown: rankOf(mapping, status) !== null })),
    conflicts,
    heldUpdates: held,
    blockedUpdates: blocked,
  };
}

export type PollAsked = { readonly kind: 'asked'; readonly shopId: string; readonly orderId: number } | Refusal;

/** `relay poll`: moves the order's poll to the front, whatever the plan says. */
export async function askPoll(relay: Relay, wanted: string, shopId?: string): Promise<PollAsked> {
  const found = await findOrder(relay, wanted, shopId);
  if (found.kind === 'refused') return found;
  const { order } = found;
  if ((await pollNow(relay.ledger, order)) === 0)
    return refused(
      `order ${order.number} has no id of HFT71’s: it is ${order.state ?? 'not to be sent'}`,
      'only an order that HFT71 has accepted has a status there: relay orders show',
    );
  return { kind: 'asked', shopId: order.shopId, orderId: order.orderId };
}

export type ConflictSettled = { readonly kind: 'settled'; readonly conflict: string } | Refusal;

/**
 * `relay statuses accept` and `overwrite`: what a person says of a status that somebody set by hand in the shop. `accept`
 * keeps it until HFT71's is another; `overwrite` lets the relay write HFT71's.
 */
export async function settleStatusConflict(
  relay: Relay,
  act: OrderAct,
  how: 'accept' | 'overwrite',
): Promise<ConflictSettled> {
  const found = await findOrder(relay, act.wanted, act.shopId);
  if (found.kind === 'refused') return found;
  const { order } = found;
  const settle = { accept: acceptConflict, overwrite: overwriteConflict }[how];
  const conflict = await settle(relay.ledger, order, act);
  return conflict === null
    ? refused(`no status of order ${order.number} is set otherwise by hand`, 'relay statuses lists those that are')
    : { kind: 'settled', conflict };
}
