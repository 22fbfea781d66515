import type { ShopAddress, ShopLine, ShopOrder, ShopRefundLine } from './shop-order.js';
import { fillTemplate, type OrderTemplate } from './order-template.js';

/** Body of `POST {base}/order`. Documented as "minimal"; further fields by template. */
export interface Hft71OrderPayload {
  readonly referenceId: string;
  /** The shop's local date, `2026-03-02`. */
  readonly orderDate: string;
  readonly address: Hft71Address;
  readonly items: readonly Hft71Item[];
  readonly [more: string]: unknown;
}

export interface Hft71Address {
  readonly address1: string;
  readonly address2: string;
  readonly city: string;
  readonly zip: string;
  readonly state: string;
  readonly country: string;
  readonly customerName: string;
  readonly email: string;
  readonly mobile: string;
}

export interface Hft71Item {
  readonly sku: string;
  readonly quantity: number;
}

/** Which lines are HFT71's (`HFT71_LINES`). */
export type LineRule =
  | { readonly kind: 'all' }
  | { readonly kind: 'feed'; readonly skus: ReadonlySet<string> }
  | { readonly kind: 'pattern'; readonly pattern: RegExp };

export type MappingResult =
  | { readonly kind: 'payload'; readonly payload: Hft71OrderPayload; readonly leftOut: readonly ShopLine[] }
  | { readonly kind: 'not-for-hft71' }
  /** `detail` names the line or the field, never its content. */
  | { readonly kind: 'fault'; readonly detail: string };

/**
 * Makes HFT71's order of the shop's. The result is never an order without items, and never one with a guessed
 * quantity: what cannot be mapped is a fault that names the line or field.
 */
export function mapOrder(input: {
  order: ShopOrder;
  refunds: readonly ShopRefundLine[];
  lines: LineRule;
  reference: string;
  template?: OrderTemplate;
}): MappingResult {
  const { order } = input;
  const ours = order.lines.filter((line) => isHft71Line(line, input.lines));
  if (ours.length === 0) return { kind: 'not-for-hft71' };

  const items = sumItems(ours, input.refunds);
  if (typeof items === 'string') return { kind: 'fault', detail: items };
  const address = mapAddress(order);
  const missing = missingFields(address);
  if (missing.length > 0) return { kind: 'fault', detail: `address without ${missing.join(', ')}` };

  const payload: Hft71OrderPayload = {
    ...fillTemplate(input.template ?? {}, order),
    referenceId: input.reference,
    orderDate: order.dateCreated.slice(0, 10),
    address,
    items,
  };
  return { kind: 'payload', payload, leftOut: order.lines.filter((line) => !ours.includes(line)) };
}

/** A line without SKU is HFT71's only under `all`: nothing else can say so. */
export function isHft71Line(line: Pick<ShopLine, 'sku'>, rule: LineRule): boolean {
  switch (rule.kind) {
    case 'all':
      return true;
    case 'feed':
      return rule.skus.has(line.sku);
    case 'pattern':
      return line.sku !== '' && rule.pattern.test(line.sku);
  }
}

function sumItems(lines: readonly ShopLine[], refunds: readonly ShopRefundLine[]): Hft71Item[] | string {
  const bySku = new Map<string, number>();
  for (const line of lines) {
    if (line.sku === '') return `line ${line.id} has no SKU`;
    if (!Number.isInteger(line.quantity) || line.quantity < 0)
      return `line ${line.id} (${line.sku}) has quantity ${line.quantity}`;
    const refunded = refunds
      .filter((refund) => refund.lineId === line.id)
      .reduce((sum, refund) => sum + refund.quantity, 0);
    const quantity = line.quantity - refunded;
    if (!Number.isInteger(quantity)) return `line ${line.id} (${line.sku}) has ${refunded} refunded`;
    if (quantity > 0) bySku.set(line.sku, (bySku.get(line.sku) ?? 0) + quantity);
  }
  if (bySku.size === 0) return 'nothing is left to send: every line is refunded or has quantity 0';
  return [...bySku].map(([sku, quantity]) => ({ sku, quantity }));
}

/**
 * Field by field from shipping, from billing where shipping is empty. The fields that an address may lack (second line,
 * state, company) come from billing only when shipping is not another place: a flat number of the billing address under
 * the street of the shipping address would send the parcel astray.
 */
export function mapAddress({ shipping, billing }: Pick<ShopOrder, 'shipping' | 'billing'>): Hft71Address {
  const either = (field: keyof ShopAddress) => filled(shipping[field]) ?? filled(billing[field]) ?? '';
  const anotherPlace =
    filled(shipping.address1) !== null &&
    filled(shipping.address1)?.toLowerCase() !== filled(billing.address1)?.toLowerCase();
  const optional = (field: keyof ShopAddress) => (anotherPlace ? shipping[field].trim() : either(field));

  const name = fullName(shipping) || fullName(billing);
  const company = optional('company');
  return {
    address1: either('address1'),
    address2: optional('address2'),
    city: either('city'),
    zip: either('postcode'),
    state: optional('state'),
    country: either('country'),
    customerName: [name, company].filter((part) => part !== '').join(', '),
    email: filled(billing.email) ?? shipping.email.trim(),
    mobile: filled(billing.phone) ?? shipping.phone.trim(),
  };
}

function fullName(address: ShopAddress): string {
  return `${address.firstName.trim()} ${address.lastName.trim()}`.trim();
}

function filled(text: string): string | null {
  return text.trim() === '' ? null : text.trim();
}

/** Countries whose addresses have no postcode (WooCommerce hides or does not require the field there). */
const WITHOUT_POSTCODE = new Set(
  'AE AG AN AO AW BF BI BJ BO BS BW BZ CD CF CG CI CK CM DJ DM ER FJ GA GD GH GM GN GQ GY HK IE JM KI KM KN KP LC LY ML MO MR MS MW NR NU PA QA RW SB SC SL SR ST SY TF TG TK TO TT TV UG VU WS YE ZW'.split(
    ' ',
  ),
);

/** What HFT71 cannot deliver without. */
export function missingFields(address: Hft71Address): string[] {
  const required = ['address1', 'city', 'country', 'customerName'] as const;
  const missing: string[] = required.filter((field) => address[field] === '');
  if (address.zip === '' && !WITHOUT_POSTCODE.has(address.country)) missing.push('zip');
  return missing;
}
