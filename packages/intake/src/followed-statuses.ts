import { alone, loadShop, markBeforeLive, ordersNeverArmed, rememberSendableStatuses } from '@relay/ledger';
import { walkByStatus } from '@relay/woocommerce';
import type { IntakeContext, IntakeShop } from './context.js';
import { takePage } from './see-order.js';

/**
 * `WC_SENDABLE_STATUSES` names statuses that it did not before: orders that stand in them already may be years old, and
 * the sender before the relay may have sent them. As when going live they are listed to the end first, and never go by
 * themselves. Until then nothing is armed by an added status, in whatever process it is seen (`receiveOrder`).
 *
 * Looked at by every start and every level sweep: in a rolling restart the last start may be that of a process with the
 * setting of before. A status that is gone is forgotten at a start only: added again, its orders are listed again.
 * @returns the statuses whose orders may be armed now.
 */
export async function followSendableStatuses(
  ctx: IntakeContext,
  shop: IntakeShop,
  { atStart = false }: { readonly atStart?: boolean } = {},
): Promise<readonly string[]> {
  const look = async () => {
    const view = await loadShop(ctx.ledger, shop.id);
    // Before the baseline, and while the shop goes live, another list is read, which remembers them at its end.
    const isOther = view === null || view.baselineAt === null || view.mode === 'going_live';
    const remembered = view?.sendableStatuses ?? null;
    const added = isOther ? [] : shop.sendableStatuses.filter((status) => remembered?.includes(status) === false);
    return { isOther, remembered, added };
  };
  const { isOther, remembered, added } = await look();
  if (isOther || (remembered !== null && added.length === 0 && !atStart)) return shop.sendableStatuses;
  if (added.length === 0) {
    await rememberSendableStatuses(ctx.ledger, shop.id, shop.sendableStatuses);
    return shop.sendableStatuses;
  }

  await alone(ctx.ledger, `sendable statuses ${shop.id}`, async () => {
    const now = await look(); // another process may just have listed them
    if (now.added.length === 0) return;
    await listStandingOrders(ctx, shop, now.added);
    const statuses = atStart ? shop.sendableStatuses : [...(now.remembered ?? []), ...now.added];
    await rememberSendableStatuses(ctx.ledger, shop.id, statuses, true);
  });
  const { added: open } = await look();
  return shop.sendableStatuses.filter((status) => !open.includes(status));
}

/** What is created from now on, by the shop's clock, is none of them: it goes as soon as its status counts. */
async function listStandingOrders(ctx: IntakeContext, shop: IntakeShop, added: readonly string[]): Promise<void> {
  const { serverDate } = await shop.woocommerce.listOrders({ perPage: 1 });
  let beforeLive = 0;
  for await (const { orders, unreadableIds } of walkByStatus(shop.woocommerce, added)) {
    const ids = [...orders.map(({ id }) => id), ...unreadableIds];
    const never = new Set(await ordersNeverArmed(ctx.ledger, shop.id, ids));
    const page = {
      orders: orders.filter(({ id, dateCreatedGmt }) => never.has(id) && new Date(`${dateCreatedGmt}Z`) <= serverDate),
      unreadableIds: unreadableIds.filter((id) => never.has(id)),
    };
    const how = { seenBy: 'added-status', beforeLive: true, readJustNow: true };
    const { notTaken } = await takePage(ctx, shop, page, how);
    // What cannot be read now may be old: it never goes by itself either.
    await markBeforeLive(ctx.ledger, shop.id, notTaken);
    beforeLive += page.orders.length + page.unreadableIds.length;
  }
  ctx.log.warn('WC_SENDABLE_STATUSES has more statuses: orders that stood in them already never go by themselves', {
    shop: shop.id,
    statuses: added,
    beforeLive,
  });
}
