import type { Json, JsonObject } from '../json.js';

export interface MetaRow {
  id: number;
  key: string;
  value: Json;
}

export const ORDER_STATUSES = [
  'auto-draft',
  'pending',
  'processing',
  'on-hold',
  'completed',
  'cancelled',
  'refunded',
  'failed',
  'checkout-draft',
] as const;

export const ADDRESS_KEYS = [
  'first_name',
  'last_name',
  'company',
  'address_1',
  'address_2',
  'city',
  'state',
  'postcode',
  'country',
] as const;

export type Address = Record<string, string>;

export interface OrderLine {
  id: number;
  name: string;
  product_id: number;
  variation_id: number;
  quantity: number;
  tax_class: string;
  subtotal: string;
  total: string;
  sku: string;
  price: number;
  parent_name: string | null;
  meta: MetaRow[];
}

export interface Refund {
  id: number;
  createdMs: number;
  amount: string;
  reason: string;
  lines: OrderLine[];
}

export interface Note {
  id: number;
  createdMs: number;
  note: string;
  customer_note: boolean;
}

/** An order as the database keeps it: plain data, so that a snapshot is a structured clone. */
export interface ShopOrder {
  id: number;
  /** The identity by which the record counts, whatever id the shop gives it. */
  marker: string;
  status: string;
  orderKey: string;
  createdMs: number;
  modifiedMs: number;
  paidMs: number | null;
  completedMs: number | null;
  stockTaken: boolean;
  billing: Address;
  shipping: Address;
  lines: OrderLine[];
  meta: MetaRow[];
  refunds: Refund[];
  notes: Note[];
  /** Every other field of the body, as it is shown. */
  fields: JsonObject;
}
