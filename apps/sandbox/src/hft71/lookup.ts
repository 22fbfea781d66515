import { htmlAnswer, jsonAnswer, type Answer } from '../call.js';
import type { JsonObject } from '../json.js';
import { shippingOf, type ProducedOrder } from './production.js';
import type { Provider } from './provider.js';

const PAGE = 20;

export function orderBody(order: ProducedOrder, nowMs: number): JsonObject {
  return { orderId: order.orderId, referenceId: order.referenceId, shipping: shippingOf(order, nowMs) };
}

/** `GET /order?referenceId=`: assumed, so it can be off, late, and lie in each way a careless service does. */
export function lookUp(provider: Provider, referenceId: string, nowMs: number): Answer {
  const { enabled, lagMs, lie, shape } = provider.lookup;
  if (!enabled || lie === '404') return jsonAnswer(404, { message: 'Not found' });
  if (lie === 'html-200') return htmlAnswer(200, 'HFT71');
  const isVisible = (order: ProducedOrder) => order.acceptedMs <= nowMs - lagMs;
  if (lie === 'filter-ignored') return list([...provider.orders.values()].filter(isVisible), nowMs);
  if (lie === 'cut-page') {
    // The right orders may lie on a page that nobody asked for: what is shown is full, and holds others.
    const others = [...provider.orders.values()].filter((order) => order.referenceId !== referenceId);
    return list(others.filter(isVisible).slice(-PAGE), nowMs);
  }
  const found = (provider.byReference.get(referenceId) ?? []).filter(isVisible);
  if (shape === 'list') return list(found, nowMs);
  const [first] = found;
  return first ? jsonAnswer(200, orderBody(first, nowMs)) : jsonAnswer(404, { message: 'Not found' });
}

function list(orders: ProducedOrder[], nowMs: number): Answer {
  return jsonAnswer(
    200,
    orders.map((order) => orderBody(order, nowMs)),
  );
}
