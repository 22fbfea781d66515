import {
  addressHash,
  contentHash,
  makeReference,
  metaText,
  orderKeyHash,
  SHOP_META,
  type ShopOrder,
} from '@relay/core';
import {
  ordersToTakeIn,
  raiseAlert,
  receiveOrder,
  wantUpdates,
  type SeenDelivery,
  type SeenOrder,
} from '@relay/ledger';
import type { IntakeContext, IntakeShop } from './context.js';

export interface TakenHow {
  readonly seenBy: string;
  readonly delivery?: SeenDelivery;
  readonly beforeLive?: boolean;
  readonly readJustNow?: boolean;
}

/**
 * The orders of one page of a walk. One that cannot be read, or that the ledger cannot hold, must not keep the others out
 * for ever: it is raised as an alert, by its id, and the walk goes on. A fault of the moment is thrown: the walk is then
 * not complete, and the next one reads the page again.
 */
export async function takePage(
  ctx: IntakeContext,
  shop: IntakeShop,
  page: { readonly orders: readonly ShopOrder[]; readonly unreadableIds: readonly number[] },
  how: TakenHow | ((order: ShopOrder) => TakenHow),
): Promise<{ moved: number; notTaken: readonly number[] }> {
  let moved = 0;
  const notTaken = [...page.unreadableIds];
  for (const order of page.orders) {
    try {
      const { state } = await takeOrder(ctx, shop, order, typeof how === 'function' ? how(order) : how);
      if (state !== null) moved += 1;
    } catch (error) {
      if (!isFaultOfTheData(error)) throw error;
      ctx.log.error('an order could not be stored', { orderId: order.id, shop: shop.id, error });
      notTaken.push(order.id);
    }
  }
  for (const orderId of notTaken)
    await tellUnreadable(ctx, shop, orderId, 'it cannot be read or stored as the shop shows it');
  return { moved, notTaken };
}

/** Of orders that the shop shows in sendable statuses: those that the ledger does not treat so, or would judge anew. */
export async function notTakenIn(
  ctx: IntakeContext,
  shop: IntakeShop,
  orders: readonly ShopOrder[],
): Promise<ShopOrder[]> {
  const shown = orders.map((order) => ({
    orderId: order.id,
    contentHash: contentHash(ctx.installation.hashKey, order, shop.template),
    lines: order.lines,
  }));
  const wanted = new Set(await ordersToTakeIn(ctx.ledger, shop.id, shown));
  return orders.filter(({ id }) => wanted.has(id));
}

/** PostgreSQL's classes 22 (data exception) and 23 (constraint): the same order fails the same way again. */
function isFaultOfTheData(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^2[23]/.test(code);
}

/** The list on which an order stands that not even an intent can be made for. */
export async function tellUnreadable(
  ctx: IntakeContext,
  shop: IntakeShop,
  orderId: number,
  why: string,
): Promise<void> {
  const alert = {
    kind: 'order not taken in',
    severity: 1,
    subject: `${shop.id}/${orderId}`,
    message: `order ${orderId} is not handed over: ${why}`,
  } as const;
  if (await raiseAlert(ctx.ledger, alert)) ctx.log.error(`SEV-1 ${alert.message}`, { orderId, shop: shop.id });
}

/** Where every way in ends: the order, reduced to what may rest with the relay, goes into the one statement. */
export async function takeOrder(
  ctx: IntakeContext,
  shop: IntakeShop,
  order: ShopOrder,
  how: TakenHow,
): Promise<{ stored: boolean; state: string | null }> {
  const received = await receiveOrder(ctx.ledger, seenOrder(ctx, shop, order), {
    ...how,
    sendableStatuses: shop.sendableStatuses,
    sendDelayMs: shop.sendDelayMs,
  });
  // Level-triggered like everything here: what was missed by a crash in between, the next sweep of the order sees.
  if (shop.updates !== null)
    await wantUpdates(ctx.ledger, { shopId: shop.id, orderId: order.id }, shop.updates.delayMs);
  return received;
}

function seenOrder(ctx: IntakeContext, shop: IntakeShop, order: ShopOrder): SeenOrder {
  const { hashKey } = ctx.installation;
  return {
    shopId: shop.id,
    orderId: order.id,
    number: order.number,
    orderKeyHash: orderKeyHash(hashKey, order.orderKey),
    status: order.status,
    createdGmt: order.dateCreatedGmt,
    modifiedGmt: order.dateModifiedGmt,
    contentHash: contentHash(hashKey, order, shop.template),
    addressHash: addressHash(hashKey, order),
    lines: order.lines.map(({ id, sku, quantity }) => ({ id, sku, quantity })),
    hft71OrderId: metaText(order, SHOP_META.hft71OrderId),
    reference: makeReference(order, shop.reference),
  };
}
