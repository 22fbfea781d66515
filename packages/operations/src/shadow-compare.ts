import {
  CallFailure,
  CANCELLED_STATUSES,
  mapOrder,
  metaText,
  SHOP_META,
  makeReference,
  saysNothing,
} from '@relay/core';
import type { Hft71OrderPayload, LineRule, MappingResult, ShopOrder, ShopRefundLine } from '@relay/core';
import type { ReconciledOrder } from '@relay/ledger';
import { inBudget } from './in-budget.js';
import type { ConnectedShop } from './relay.js';

/** What the two senders make of one order. */
export type ShadowVerdict =
  /** Both have it: to be compared at HFT71. */
  | {
      readonly kind: 'both';
      readonly hft71OrderId: string;
      /** Of the whole order, refunded lines too: the plugin may have sent it before. */
      readonly payload: Hft71OrderPayload;
      /** What no refund takes away: the plugin has to have sent these. */
      readonly skusLeft: readonly string[];
    }
  | { readonly kind: 'only-relay' | 'only-plugin' | 'fault'; readonly why: string }
  /** Changed so lately that the plugin may not have come to it. */
  | { readonly kind: 'fresh' }
  /** Neither has to do with it. */
  | { readonly kind: 'neither' };

/** The plugin sends on WP-Cron, which waits for visitors. */
export const FRESH_MS = 15 * 60_000;

export async function judgeInShadow(
  shop: ConnectedShop,
  order: ShopOrder,
  { side, lines, nowMs }: { side: ReconciledOrder | undefined; lines: LineRule; nowMs: number },
): Promise<ShadowVerdict> {
  const hft71OrderId = metaText(order, SHOP_META.hft71OrderId);
  // An intent says that the order was sendable at some time, whatever it is now.
  const wasSendable = side?.state != null || shop.sendableStatuses.includes(order.status);
  const left = await mapLeft(shop, order, lines);
  if (hft71OrderId !== null) {
    const whole = map(shop, order, lines, []);
    if (whole.kind === 'fault') return { kind: 'only-plugin', why: whole.detail };
    if (whole.kind === 'not-for-hft71') return { kind: 'only-plugin', why: 'no line is HFT71’s by HFT71_LINES' };
    if (!wasSendable) return { kind: 'only-plugin', why: `never seen in WC_SENDABLE_STATUSES; now ${order.status}` };
    const skusLeft = left.kind === 'payload' ? left.payload.items.map(({ sku }) => sku) : [];
    return { kind: 'both', hft71OrderId, payload: whole.payload, skusLeft };
  }
  if (!wasSendable || left.kind === 'not-for-hft71' || CANCELLED_STATUSES.includes(order.status))
    return { kind: 'neither' };
  if (left.kind === 'fault') return { kind: 'fault', why: left.detail };
  if (nowMs - new Date(`${order.dateModifiedGmt}Z`).getTime() < FRESH_MS) return { kind: 'fresh' };
  return { kind: 'only-relay', why: `${order.status}, and without an HFT71 id` };
}

/** As it would be sent now. */
async function mapLeft(shop: ConnectedShop, order: ShopOrder, lines: LineRule): Promise<MappingResult> {
  const read = order.refundIds.length === 0 ? [] : await inBudget(() => shop.woocommerce.getRefundLines(order.id));
  return map(shop, order, lines, read === 'stopped' ? [] : read); // nobody stops it
}

function map(
  shop: ConnectedShop,
  order: ShopOrder,
  lines: LineRule,
  refunds: readonly ShopRefundLine[],
): MappingResult {
  return mapOrder({ order, refunds, lines, reference: makeReference(order, shop.reference), template: shop.template });
}

/**
 * What HFT71 tells of the plugin's order against what the relay would have sent. It tells the SKUs (documented) and, where
 * the order can be read, the reference (assumed); no quantities. @returns what differs, in words.
 */
export async function compareAtHft71(
  shop: ConnectedShop,
  order: ShopOrder,
  { hft71OrderId, payload, skusLeft }: Extract<ShadowVerdict, { kind: 'both' }>,
): Promise<string[]> {
  const reads = shop.hft71.reading('poll');
  let statuses;
  try {
    statuses = await inBudget(() => reads.orderStatus(hft71OrderId, order.id));
  } catch (error) {
    if (error instanceof CallFailure && error.failure === 'not-found')
      return [`HFT71 does not know the plugin’s id ${hft71OrderId}`];
    throw error;
  }
  if (statuses === 'stopped') return [];
  const there = new Set(statuses.map(({ sku }) => sku));
  const here = new Set(payload.items.map(({ sku }) => sku));
  const differs: string[] = [];
  const more = skusLeft.filter((sku) => !there.has(sku));
  const less = [...there].filter((sku) => !here.has(sku));
  if (more.length > 0) differs.push(`the relay would send ${more.join(', ')}, the plugin did not`);
  if (less.length > 0) differs.push(`the plugin sent ${less.join(', ')}, the relay would not`);
  const reference = await referenceOf(shop, order, hft71OrderId);
  if (reference !== null && ![payload.referenceId, String(order.id), order.number].includes(reference))
    differs.push(`HFT71’s order ${hft71OrderId} has the reference ${reference}: it is another order’s`);
  return differs;
}

async function referenceOf(shop: ConnectedShop, { id }: ShopOrder, hft71OrderId: string): Promise<string | null> {
  try {
    const found = await inBudget(() => shop.hft71.reading('poll').order(hft71OrderId, id));
    return found === 'not-found' || found === 'stopped' ? null : found.referenceId;
  } catch (error) {
    if (error instanceof CallFailure && saysNothing(error)) return null;
    throw error;
  }
}
