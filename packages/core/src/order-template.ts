import { metaText, type ShopOrder } from './shop-order.js';

/**
 * `HFT71_ORDER_TEMPLATE`: further fields of HFT71's order, as JSON. A text `$meta.<key>` is the order's meta of that
 * key, `$order.customerNote` and `$order.number` are the order's; everything else is a constant. A field whose source is
 * empty is left out. The documented fields (referenceId, orderDate, address, items) cannot be replaced.
 */
export type OrderTemplate = { readonly [field: string]: unknown };

const META = /^\$meta\.(.+)$/;

export function fillTemplate(template: OrderTemplate, order: ShopOrder): Record<string, unknown> {
  const filled: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(template)) {
    const result = fillValue(value, order);
    if (result !== undefined) filled[field] = result;
  }
  return filled;
}

/** Whether a template puts the customer's note into HFT71's order. */
export function templateReadsNote(template: OrderTemplate): boolean {
  return JSON.stringify(template).includes('"$order.customerNote"');
}

/** The meta keys that a template reads: they belong to the order's content. */
export function templateMetaKeys(template: OrderTemplate): string[] {
  const keys: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value === 'string') {
      const key = META.exec(value)?.[1];
      if (key !== undefined) keys.push(key);
    } else if (value !== null && typeof value === 'object') Object.values(value).forEach(visit);
  };
  visit(template);
  return keys.sort();
}

function fillValue(value: unknown, order: ShopOrder): unknown {
  if (typeof value === 'string') {
    const key = META.exec(value)?.[1];
    if (key !== undefined) return metaText(order, key) ?? undefined;
    if (value === '$order.customerNote') return order.customerNote === '' ? undefined : order.customerNote;
    if (value === '$order.number') return order.number;
    return value;
  }
  if (Array.isArray(value)) return value.map((inner) => fillValue(inner, order)).filter((inner) => inner !== undefined);
  if (value !== null && typeof value === 'object') return fillTemplate(value as OrderTemplate, order);
  return value;
}
