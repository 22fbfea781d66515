import { contentHash, makeReference, metaText, orderKeyHash, SHOP_META, type ShopOrder } from '@relay/core';
import { receiveOrder, type SeenDelivery, type SeenOrder } from '@relay/ledger';
import type { IntakeContext, IntakeShop } from './context.js';

/** Where every way in ends: the order, reduced to what may rest with the relay, goes into the one statement. */
export async function takeOrder(
  ctx: IntakeContext,
  shop: IntakeShop,
  order: ShopOrder,
  how: { seenBy: string; delivery?: SeenDelivery; beforeLive?: boolean },
): Promise<{ stored: boolean; state: string | null }> {
  return receiveOrder(ctx.ledger, seenOrder(ctx, shop, order), {
    ...how,
    sendableStatuses: shop.sendableStatuses,
    sendDelayMs: shop.sendDelayMs,
  });
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
    lines: order.lines.map(({ id, sku, quantity }) => ({ id, sku, quantity })),
    hft71OrderId: metaText(order, SHOP_META.hft71OrderId),
    reference: makeReference(order, shop.reference),
  };
}
