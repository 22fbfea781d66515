import { asNumber, asObjects, asText, type JsonObject } from '../json.js';
import { gmtDate, localDate, wholeSecond } from './clock.js';
import { showMeta } from './meta.js';
import { money } from './order-lines.js';
import type { Note, OrderLine, Refund, ShopOrder } from './order-types.js';
import { lineView } from './order-view.js';
import { changeStatus, touchOrder } from './order-writes.js';
import type { Shop, ShopSettings } from './shop.js';
import { ShopError } from './shop-error.js';
import { giveBack } from './stock.js';

/** A refund tells `order.updated`; when nothing is left to refund, the order becomes `refunded`. */
export function refundOrder(shop: Shop, order: ShopOrder, body: JsonObject): Refund {
  const wanted = asObjects(body.line_items).flatMap((entry) => {
    const line = order.lines.find((known) => known.id === asNumber(entry.id));
    return line ? [{ line, quantity: asNumber(entry.quantity) ?? 0, amount: asNumber(entry.refund_total) ?? 0 }] : [];
  });
  const amount = asNumber(body.amount) ?? wanted.reduce((sum, entry) => sum + entry.amount, 0);
  const refunded = order.refunds.reduce((sum, refund) => sum + Number(refund.amount), 0);
  if (amount <= 0)
    throw new ShopError(400, 'woocommerce_rest_invalid_order_refund', 'Refund amount must be greater than zero.');
  const left = Number(order.fields.total) - refunded - amount;
  if (left < -0.001) throw new ShopError(500, 'woocommerce_rest_cannot_create_order_refund', 'Invalid refund amount.');
  const refund: Refund = {
    id: shop.db.nextPostId++,
    createdMs: wholeSecond(Date.now()),
    amount: money(amount),
    reason: asText(body.reason) ?? '',
    lines: wanted.map(({ line, quantity, amount: share }) => refundLine(shop, line, quantity, share)),
  };
  order.refunds.push(refund);
  if (body.api_restock !== false) for (const { line, quantity } of wanted) giveBack(shop, line, quantity);
  if (left < 0.001) changeStatus(shop, order, 'refunded');
  touchOrder(shop, order);
  return refund;
}

function refundLine(shop: Shop, line: OrderLine, quantity: number, amount: number): OrderLine {
  const total = money(-amount);
  const meta = [{ id: shop.db.nextItemMetaId++, key: '_refunded_item_id', value: String(line.id) }];
  const price = quantity === 0 ? 0 : Math.round((amount / quantity) * 100) / 100;
  return { ...line, id: shop.db.nextItemId++, quantity: -quantity, subtotal: total, total, price, meta };
}

export function refundView(order: ShopOrder, refund: Refund, settings: ShopSettings): JsonObject {
  const orderUrl = `${settings.homeUrl}/wp-json/wc/v3/orders/${order.id}`;
  return {
    id: refund.id,
    date_created: localDate(refund.createdMs, settings.offsetMinutes),
    date_created_gmt: gmtDate(refund.createdMs),
    amount: refund.amount,
    reason: refund.reason,
    refunded_by: 1,
    refunded_payment: false,
    meta_data: showMeta([]),
    line_items: refund.lines.map(lineView),
    shipping_lines: [],
    tax_lines: [],
    fee_lines: [],
    _links: {
      self: [{ href: `${orderUrl}/refunds/${refund.id}`, targetHints: { allow: ['GET', 'DELETE'] } }],
      collection: [{ href: `${orderUrl}/refunds` }],
      up: [{ href: orderUrl }],
    },
  };
}

/** Notes tell no webhook and leave `date_modified` alone. */
export function addNote(shop: Shop, order: ShopOrder, body: JsonObject): Note {
  const text = asText(body.note);
  if (text === undefined)
    throw new ShopError(400, 'rest_missing_callback_param', 'Missing parameter(s): note', { params: ['note'] });
  const note: Note = {
    id: shop.db.nextNoteId++,
    createdMs: wholeSecond(Date.now()),
    note: text,
    customer_note: body.customer_note === true,
  };
  order.notes.unshift(note);
  return note;
}

export function noteView(order: ShopOrder, note: Note, settings: ShopSettings): JsonObject {
  const orderUrl = `${settings.homeUrl}/wp-json/wc/v3/orders/${order.id}`;
  return {
    id: note.id,
    author: 'WooCommerce',
    date_created: localDate(note.createdMs, settings.offsetMinutes),
    date_created_gmt: gmtDate(note.createdMs),
    note: note.note,
    customer_note: note.customer_note,
    _links: {
      self: [{ href: `${orderUrl}/notes/${note.id}` }],
      collection: [{ href: `${orderUrl}/notes` }],
      up: [{ href: orderUrl }],
    },
  };
}
