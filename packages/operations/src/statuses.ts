import { rankOf } from '@relay/core';
import { heldUpdates, pollNow, statusConflicts, statusCounts, type HeldUpdate } from '@relay/ledger';
import { findOrder, refused, type Refusal } from './held-orders.js';
import type { ConnectedShop, Relay } from './relay.js';

/** HFT71's statuses as a shop's orders have them now, and what the merchant's table makes of each. */
export interface StatusOverview {
  readonly shop: string;
  /** `HFT71_STATUS_MAPPING`, from the least to the most advanced; `shopStatus` null: the shop's status is left. */
  readonly mapping: readonly { readonly hft71Status: string; readonly shopStatus: string | null }[];
  readonly counts: readonly { readonly status: string; readonly orders: number; readonly isKnown: boolean }[];
  /** Orders whose status a person set otherwise in the shop. */
  readonly conflicts: readonly {
    readonly orderId: number;
    readonly hft71OrderId: string;
    readonly status: string | null;
    readonly conflict: string;
  }[];
  /** Changes that HFT71 was not told: a person does it there. */
  readonly heldUpdates: readonly HeldUpdate[];
}

export async function statusOverview({ ledger }: Pick<Relay, 'ledger'>, shop: ConnectedShop): Promise<StatusOverview> {
  const { mapping } = shop.statuses;
  const [counts, conflicts, held] = await Promise.all([
    statusCounts(ledger, shop.id),
    statusConflicts(ledger, shop.id),
    heldUpdates(ledger, { shopId: shop.id }),
  ]);
  return {
    shop: shop.id,
    mapping: mapping.rows,
    counts: counts.map(({ status, orders }) => ({ status, orders, isKnown: rankOf(mapping, status) !== null })),
    conflicts,
    heldUpdates: held,
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
