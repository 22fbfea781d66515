import type { ShopAddress, ShopOrder, ShopRefundLine } from '@relay/core';
import { z } from 'zod';

/** PHP's plugins turn numbers into strings at will. An empty string is no number. */
const numeric = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?\d+(\.\d+)?$/)
    .transform(Number),
]);
const wholeNumber = numeric.pipe(z.int());
const id = numeric.pipe(z.int().positive());
/** Optional text: absent and null are empty, a number is its digits. */
const text = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => (value === null || value === undefined ? '' : String(value)));
const gmt = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}/)
  .transform((value) => value.slice(0, 'YYYY-MM-DDTHH:MM:SS'.length));
const gmtOrNull = gmt.nullish().transform((value) => value ?? null);

/** A list that PHP has written as an object, since a plugin took one of its entries out: `{"0": …, "2": …}`. */
const list = <T extends z.ZodType>(of: T) =>
  z.preprocess(
    (value) => (value !== null && typeof value === 'object' && !Array.isArray(value) ? Object.values(value) : value),
    z.array(of),
  );

const metaRows = list(z.object({ key: z.string(), value: z.unknown().optional() }))
  .nullish()
  .transform((rows) => (rows ?? []).map(({ key, value }) => ({ key, value })));

const address = z
  .object({
    first_name: text,
    last_name: text,
    company: text,
    address_1: text,
    address_2: text,
    city: text,
    state: text,
    postcode: text,
    country: text,
    email: text,
    phone: text,
  })
  .transform((from): ShopAddress => ({
    firstName: from.first_name,
    lastName: from.last_name,
    company: from.company,
    address1: from.address_1,
    address2: from.address_2,
    city: from.city,
    state: from.state,
    postcode: from.postcode,
    country: from.country,
    email: from.email,
    phone: from.phone,
  }));

const line = z
  .object({
    id,
    product_id: wholeNumber.nullish(),
    variation_id: wholeNumber.nullish(),
    sku: text,
    name: text,
    quantity: numeric,
    meta_data: metaRows,
  })
  .transform((from) => ({
    id: from.id,
    productId: from.product_id ?? 0,
    variationId: from.variation_id ?? 0,
    sku: from.sku,
    name: from.name,
    quantity: from.quantity,
    meta: from.meta_data,
  }));

/**
 * An order as `GET /orders/{id}` and a webhook's body show it. Tolerant to what plugins add or leave out; strict on
 * identity, status, dates, addresses and lines, without which nothing may be decided.
 */
const order = z
  .object({
    id,
    number: text,
    order_key: z.string(),
    status: z.string().min(1),
    date_created: z.string().nullish(),
    date_created_gmt: gmtOrNull,
    date_modified_gmt: gmtOrNull,
    billing: address,
    shipping: address,
    customer_note: text,
    line_items: list(line),
    refunds: list(z.object({ id }))
      .nullish()
      .transform((refunds) => (refunds ?? []).map((refund) => refund.id)),
    meta_data: metaRows,
  })
  .transform((from, context): ShopOrder => {
    // Orders that an import made may lack one of the two; without either the order cannot be placed in time.
    const created = from.date_created_gmt ?? from.date_modified_gmt;
    const modified = from.date_modified_gmt ?? from.date_created_gmt;
    if (created === null || modified === null) {
      context.addIssue({ code: 'custom', message: 'no date' });
      return z.NEVER;
    }
    return {
      id: from.id,
      number: from.number === '' ? String(from.id) : from.number,
      orderKey: from.order_key,
      status: from.status,
      dateCreated: from.date_created ?? created,
      dateCreatedGmt: created,
      dateModifiedGmt: modified,
      billing: from.billing,
      shipping: from.shipping,
      customerNote: from.customer_note,
      lines: from.line_items,
      refundIds: from.refunds,
      meta: from.meta_data,
    };
  });

const withId = z.object({ id });

/** The id of an order that cannot be read otherwise; null where even that is missing. */
export function parseOrderId(body: unknown): number | null {
  return withId.safeParse(body).data?.id ?? null;
}

/** @returns null for anything that is not an order: a ping, `{"id": N}` of a deletion, the error of a vanished order. */
export function parseShopOrder(body: unknown): ShopOrder | null {
  return order.safeParse(body).data ?? null;
}

const refunds = z.array(z.object({ line_items: z.array(z.object({ quantity: numeric, meta_data: metaRows })) }));

/** @returns one entry for each refunded line, summed over the refunds; null when this is no list of refunds. */
export function parseRefundLines(body: unknown): ShopRefundLine[] | null {
  const parsed = refunds.safeParse(body).data;
  if (parsed === undefined) return null;
  const quantities = new Map<number, number>();
  for (const refunded of parsed.flatMap((refund) => refund.line_items)) {
    // The refund's line has an id of its own; the order's line stands in its meta.
    const lineId = Number(refunded.meta_data.findLast((row) => row.key === '_refunded_item_id')?.value);
    if (!Number.isInteger(lineId) || lineId <= 0) continue;
    quantities.set(lineId, (quantities.get(lineId) ?? 0) + Math.abs(refunded.quantity));
  }
  return [...quantities].map(([lineId, quantity]) => ({ lineId, quantity }));
}
