import { CallFailure, saysNothing, type PollRules, type StatusMapping } from '@relay/core';
import type { Hft71Client, SkuStatus } from '@relay/hft71';
import type { PolledProgress, ShippingRow } from '@relay/ledger';

/** What a shop's settings say of statuses. */
export interface StatusRules {
  /** `HFT71_STATUS_MAPPING` */
  readonly mapping: StatusMapping;
  /** `HFT71_TERMINAL_STATUSES`, and `HFT71_CANCEL_STATUS` where there is one. */
  readonly terminal: readonly string[];
  /** `HFT71_STATUS_OF_MIXED_ORDERS`: the shop's status follows HFT71's also where some lines are not HFT71's. */
  readonly mixedOrders: boolean;
  /** `HFT71_STATUS_BACKWARDS` */
  readonly backwards: boolean;
  /** `HFT71_CUSTOMER_STATUS_ENABLED` */
  readonly customerStatus: boolean;
  /** `HFT71_SHIPPING_SYNC_ENABLED` */
  readonly shipping: boolean;
  /** `HFT71_LINE_STATUS_ENABLED` */
  readonly lines: boolean;
  /** `HFT71_WEBHOOK_SILENCE` */
  readonly webhookSilenceMs: number;
}

export interface PollingShop {
  readonly id: string;
  readonly hft71: Hft71Client;
  readonly statuses: StatusRules;
  readonly pollRules: PollRules;
  /** A line of the call log for what was not called: the plugin logged it too. */
  readonly logSkippedShipping: (orderId: number, hft71OrderId: string, why: string) => void;
}

/** What HFT71 tells of one order. */
export interface Told {
  readonly statuses: readonly SkuStatus[];
  readonly customerStatuses: readonly SkuStatus[] | null;
  readonly shipping: ShippingRow | null;
}

export async function readAtHft71(shop: PollingShop, poll: PolledProgress): Promise<Told> {
  const hft71 = shop.hft71.reading('poll');
  const { hft71OrderId, orderId } = poll;
  const statuses = bySku(await hft71.orderStatus(hft71OrderId, orderId));
  const isMoved = !isSame(statuses, poll.statuses);
  const customerStatuses = shop.statuses.customerStatus
    ? await unlessAbsent(async () => bySku(await hft71.customerStatus(hft71OrderId, orderId)))
    : null;
  return { statuses, customerStatuses, shipping: await readShipping(shop, poll, isMoved) };
}

/** The parcel is asked for until it is known, and again whenever the status moves. */
async function readShipping(shop: PollingShop, poll: PolledProgress, isMoved: boolean): Promise<ShippingRow | null> {
  const { hft71OrderId, orderId } = poll;
  const skipped = (why: string) => (isMoved ? shop.logSkippedShipping(orderId, hft71OrderId, why) : undefined);
  if (!shop.statuses.shipping) {
    skipped('switched-off');
    return null;
  }
  if (!isMoved && poll.shipping?.tracking) return null;
  const order = await unlessAbsent(() => shop.hft71.reading('poll').order(hft71OrderId, orderId));
  const shipping = order === null || order === 'not-found' ? null : order.shipping;
  if (shipping === null || (shipping.carrier === null && shipping.tracking === null && shipping.trackingRet === null)) {
    skipped('no-parcel');
    return null;
  }
  return { carrier: shipping.carrier, tracking: shipping.tracking, trackingRet: shipping.trackingRet };
}

/** These two are extras: that HFT71 has no such endpoint must not keep the status away. */
async function unlessAbsent<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    // A page or cut JSON with a 2xx is a failure of the moment, and read again.
    if (error instanceof CallFailure && saysNothing(error) && (error.status ?? 0) >= 300) return null;
    throw error;
  }
}

/** Why a list that could be read says nothing of this order; null when it does. */
export function faultOf(poll: PolledProgress, statuses: readonly SkuStatus[]): string | null {
  if (statuses.length === 0) return 'empty-list';
  const skus = statuses.map(({ sku }) => sku);
  if (new Set(skus).size < skus.length) return 'sku-twice';
  const strange = skus.filter((sku) => !poll.skus.includes(sku) && !poll.statuses?.some((row) => row.sku === sku));
  if (strange.length > 0) return `unknown-sku: ${strange.slice(0, 3).join(', ')}`;
  // A line that HFT71 told of before does not vanish: with it missing the order would seem further than it is.
  const missing = (poll.statuses ?? []).filter(({ sku }) => !skus.includes(sku) && poll.skus.includes(sku));
  return missing.length > 0
    ? `missing-sku: ${missing
        .map(({ sku }) => sku)
        .slice(0, 3)
        .join(', ')}`
    : null;
}

/** In one order, so that HFT71 may list them in any. */
function bySku(rows: readonly SkuStatus[]): SkuStatus[] {
  return rows.map(({ sku, status }) => ({ sku, status })).sort((a, b) => (a.sku < b.sku ? -1 : a.sku > b.sku ? 1 : 0));
}

/** Before the first reading nothing is. */
export function isSame(next: readonly SkuStatus[], before: readonly SkuStatus[] | null): boolean {
  return before !== null && JSON.stringify(next) === JSON.stringify(bySku(before));
}
