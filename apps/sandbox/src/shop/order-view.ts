import type { Json, JsonObject } from '../json.js';
import { gmtDate, localDate } from './clock.js';
import { showLineMeta, showMeta } from './meta.js';
import type { OrderLine, ShopOrder } from './order-types.js';
import type { ShopSettings } from './shop.js';

const ITEM_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** The body of `GET /orders/{id}`, which is the webhook's body too. */
export function orderView(order: ShopOrder, settings: ShopSettings): JsonObject {
  const { homeUrl, offsetMinutes } = settings;
  const local = (ms: number | null) => (ms === null ? null : localDate(ms, offsetMinutes));
  const gmt = (ms: number | null) => (ms === null ? null : gmtDate(ms));
  const base = `${homeUrl}/wp-json/wc/v3/orders`;
  const { fields } = order;
  const field = (name: string): Json => fields[name] ?? '';
  return {
    id: order.id,
    parent_id: field('parent_id'),
    status: order.status,
    currency: field('currency'),
    version: field('version'),
    prices_include_tax: field('prices_include_tax'),
    date_created: local(order.createdMs),
    date_modified: local(order.modifiedMs),
    discount_total: field('discount_total'),
    discount_tax: field('discount_tax'),
    shipping_total: field('shipping_total'),
    shipping_tax: field('shipping_tax'),
    cart_tax: field('cart_tax'),
    total: field('total'),
    total_tax: field('total_tax'),
    customer_id: field('customer_id'),
    order_key: order.orderKey,
    billing: { ...order.billing },
    shipping: { ...order.shipping },
    payment_method: field('payment_method'),
    payment_method_title: field('payment_method_title'),
    transaction_id: field('transaction_id'),
    customer_ip_address: field('customer_ip_address'),
    customer_user_agent: field('customer_user_agent'),
    created_via: field('created_via'),
    customer_note: field('customer_note'),
    date_completed: local(order.completedMs),
    date_paid: local(order.paidMs),
    cart_hash: field('cart_hash'),
    number: fields.number ?? String(order.id),
    meta_data: showMeta(order.meta),
    line_items: order.lines.map(lineView),
    tax_lines: fields.tax_lines ?? [],
    shipping_lines: fields.shipping_lines ?? [],
    fee_lines: fields.fee_lines ?? [],
    coupon_lines: fields.coupon_lines ?? [],
    refunds: order.refunds.map(({ id, reason, amount }) => ({ id, reason, total: `-${amount}` })),
    payment_url: `${homeUrl}/checkout/order-pay/${order.id}/?pay_for_order=true&key=${order.orderKey}`,
    is_editable: ['pending', 'on-hold', 'auto-draft'].includes(order.status),
    needs_payment: ['pending', 'failed', 'checkout-draft'].includes(order.status) && Number(fields.total) > 0,
    needs_processing: order.lines.length > 0,
    date_created_gmt: gmt(order.createdMs),
    date_modified_gmt: gmt(order.modifiedMs),
    date_completed_gmt: gmt(order.completedMs),
    date_paid_gmt: gmt(order.paidMs),
    currency_symbol: fields.currency === 'PLN' ? 'zł' : '€',
    _links: {
      self: [{ href: `${base}/${order.id}`, targetHints: { allow: ITEM_METHODS } }],
      collection: [{ href: base }],
      email_templates: [{ embeddable: true, href: `${base}/${order.id}/actions/email_templates` }],
    },
  };
}

export function lineView(line: OrderLine): JsonObject {
  return {
    id: line.id,
    name: line.name,
    product_id: line.product_id,
    variation_id: line.variation_id,
    quantity: line.quantity,
    tax_class: line.tax_class,
    subtotal: line.subtotal,
    subtotal_tax: '0.00',
    total: line.total,
    total_tax: '0.00',
    taxes: [],
    meta_data: showLineMeta(line.meta),
    sku: line.sku,
    price: line.price,
    image: line.variation_id > 0 ? { id: 0, src: '' } : { id: '', src: '' },
    parent_name: line.parent_name,
  };
}
