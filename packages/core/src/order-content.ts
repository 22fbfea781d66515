import { keyedHash } from './secret-box.js';
import { mapAddress } from './order-mapping.js';
import { metaText, type ShopOrder } from './shop-order.js';
import { templateMetaKeys, templateReadsNote, type OrderTemplate } from './order-template.js';

/**
 * Keyed hash of everything that the payload is made of. A rejected or unmappable order goes again when this changes, so
 * it leaves out what the shop changes by itself (status, dates, other plugins' meta).
 */
export function contentHash(hashKey: string, order: ShopOrder, template: OrderTemplate = {}): string {
  return keyedHash(hashKey, {
    number: order.number,
    dateCreated: order.dateCreated,
    billing: order.billing,
    shipping: order.shipping,
    customerNote: templateReadsNote(template) ? order.customerNote : null,
    lines: order.lines.map(({ id, sku, quantity }) => ({ id, sku, quantity })),
    refundIds: order.refundIds,
    meta: templateMetaKeys(template).map((key) => metaText(order, key)),
  });
}

/** Keyed hash of the address as HFT71 is told it: another one than the accepted is an update. */
export function addressHash(hashKey: string, order: Pick<ShopOrder, 'shipping' | 'billing'>): string {
  return keyedHash(hashKey, { address: mapAddress(order) });
}

export function orderKeyHash(hashKey: string, orderKey: string): string {
  return keyedHash(hashKey, { orderKey });
}

/** The order's reference at HFT71: made once and stored, since the settings may change later. */
export function makeReference(
  order: Pick<ShopOrder, 'id' | 'number'>,
  rule: { source: 'id' | 'number'; prefix: string },
): string {
  return `${rule.prefix}${rule.source === 'id' ? order.id : order.number}`;
}
