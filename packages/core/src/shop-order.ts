/**
 * An order as the shop shows it, reduced to what the relay reads. It lives in memory only: it holds a customer's
 * address, and no customer data rests with the relay (design decision 8).
 *
 * Source: WooCommerce REST API v3, measured on 10.0.2 (`docs/contracts/woocommerce.md`).
 */
export interface ShopOrder {
  readonly id: number;
  /** What people call the order. Equal to the id unless a plugin changes it. */
  readonly number: string;
  /** `wc_order_…`: tells two orders apart that carry the same id after a shop database was restored. */
  readonly orderKey: string;
  readonly status: string;
  /** Shop's local time without zone, whole seconds: `2026-11-23T11:54:07`. */
  readonly dateCreated: string;
  /** GMT without `Z`, whole seconds. */
  readonly dateCreatedGmt: string;
  /** GMT without `Z`, whole seconds. */
  readonly dateModifiedGmt: string;
  readonly billing: ShopAddress;
  readonly shipping: ShopAddress;
  readonly customerNote: string;
  readonly lines: readonly ShopLine[];
  /** Ids only: the quantities of a refund's lines need a read of their own (`ShopRefund`). */
  readonly refundIds: readonly number[];
  readonly meta: readonly ShopMeta[];
}

export interface ShopAddress {
  readonly firstName: string;
  readonly lastName: string;
  readonly company: string;
  readonly address1: string;
  readonly address2: string;
  readonly city: string;
  readonly state: string;
  readonly postcode: string;
  readonly country: string;
  /** Billing only. */
  readonly email: string;
  readonly phone: string;
}

export interface ShopLine {
  readonly id: number;
  readonly productId: number;
  /** 0 for a simple product. */
  readonly variationId: number;
  /** The variation's own SKU where there is one; empty for a deleted or unknown product. */
  readonly sku: string;
  readonly name: string;
  readonly quantity: number;
  readonly meta: readonly ShopMeta[];
}

export interface ShopMeta {
  readonly key: string;
  readonly value: unknown;
}

/** One refunded line: `quantity` is how many were refunded, as a number ≥ 0 (the shop answers it negative). */
export interface ShopRefundLine {
  readonly lineId: number;
  readonly quantity: number;
}

/** What the relay and the plugin before it keep on a shop's order. */
export const SHOP_META = {
  hft71OrderId: '_hft71_order_id',
  marker: '_hft71_relay_send',
  /** Ids of the reprints, separated by commas. */
  reprintIds: '_hft71_reprint_ids',
  lastStatus: '_hft71_last_status',
  customerStatus: '_hft71_customer_status',
  shippingCarrier: '_hft71_shipping_carrier',
  shippingTracking: '_hft71_shipping_tracking',
  shippingTrackingRet: '_hft71_shipping_trackingRet',
} as const;

/** The same on one of its lines. */
export const LINE_META = { itemStatus: '_hft71_item_status' } as const;

/** The value of the last meta row with this key as text; null where there is none or it is empty. */
export function metaText(order: { readonly meta: readonly ShopMeta[] }, key: string): string | null {
  const value = order.meta.findLast((entry) => entry.key === key)?.value;
  if (value === null || value === undefined) return null;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.trim() === '' ? null : text.trim();
}

/** HFT71's ids of the order's reprints, as the shop shows them. */
export function reprintIdsOf(order: { readonly meta: readonly ShopMeta[] }): string[] {
  return (metaText(order, SHOP_META.reprintIds) ?? '')
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '');
}
