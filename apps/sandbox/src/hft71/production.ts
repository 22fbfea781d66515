import type { JsonObject } from '../json.js';

/** Where a line stands: In Production → Item Finished → Closed. These three are all that is documented. */
export const STATUSES = ['In Production', 'Item Finished', 'Closed'] as const;
const CUSTOMER_STATUSES = ['In Production', 'Item Finished', 'Item Finished'] as const;

export interface ProducedOrder {
  orderId: number;
  referenceId: string;
  acceptedMs: number;
  /** At which pace it moves: fixed at acceptance, so that a later change of pace never turns it back. */
  stepMs: number;
  orderDate: string;
  address: JsonObject;
  items: { sku: string; quantity: number }[];
  /** Each sku once, in the order of the items. */
  skus: string[];
  /** Set by `PUT {orderStatus}`: overrides the clock. */
  forcedStatus: string | null;
  /** Set by the control face, sku by sku: overrides both. */
  forcedBySku: Record<string, string>;
  updates: JsonObject[];
}

/** The n-th sku runs a quarter of a step behind the one before it. */
export function stepOf(order: ProducedOrder, skuIndex: number, nowMs: number): number {
  const step = Math.floor((nowMs - order.acceptedMs) / order.stepMs - skuIndex * 0.25);
  return Math.min(Math.max(step, 0), STATUSES.length - 1);
}

/** One entry per SKU: two lines of one SKU can't be told apart. */
export function statusList(order: ProducedOrder, nowMs: number, face: 'status' | 'customer'): JsonObject[] {
  const words = face === 'status' ? STATUSES : CUSTOMER_STATUSES;
  return order.skus.map((sku, index) => ({
    sku,
    status: order.forcedBySku[sku] ?? order.forcedStatus ?? words[stepOf(order, index, nowMs)] ?? STATUSES[0],
  }));
}

/** An order is as far as its last line. */
export function leastStep(order: ProducedOrder, nowMs: number): number {
  return stepOf(order, Math.max(0, order.skus.length - 1), nowMs);
}

export function shippingOf(order: ProducedOrder, nowMs: number): JsonObject {
  if (leastStep(order, nowMs) === 0) return {};
  return {
    carrier: 'DPD',
    tracking: `DPD${String(order.orderId).padStart(10, '0')}`,
    trackingRet: `RET${String(order.orderId).padStart(10, '0')}`,
  };
}
