import { CallFailure, type ShopOrder } from '@relay/core';
import {
  currentFeed,
  finishGoingLive,
  forgetfulSettings,
  loadShop,
  markBeforeLive,
  rememberSendableStatuses,
  startGoingLive,
} from '@relay/ledger';
import { walkByStatus } from '@relay/woocommerce';
import { readStockFeed } from '@relay/stock';
import type { IntakeContext, IntakeShop } from './context.js';
import { takePage } from './see-order.js';
import { anotherRelaysWebhooks } from './shop-webhooks.js';

export interface GoLiveOptions {
  /** A person states that the plugin, though active, does not send. */
  readonly pluginSendingIsOff: boolean;
  /** Who does it, for the record. */
  readonly actor: string;
  readonly reason?: string | null;
  readonly onProgress?: (ordersRead: number) => void;
}

export interface LiveRefusal {
  /** `away`: a server did not answer, so trying again later may do. `busy`: another process is at it. */
  readonly kind: 'away' | 'busy' | 'refused';
  readonly what: string;
  readonly toDo: string;
}

/** Why the shop may not go live: everything that stands against it, at once. Empty when nothing does. */
export async function findLiveRefusals(
  ctx: IntakeContext,
  shop: IntakeShop,
  options: Pick<GoLiveOptions, 'pluginSendingIsOff'>,
): Promise<LiveRefusal[]> {
  const refusals: LiveRefusal[] = [];
  const refuse = (what: string, toDo: string, kind: LiveRefusal['kind'] = 'refused') =>
    refusals.push({ kind, what, toDo });

  if (shop.lines === null)
    refuse(
      'HFT71_LINES is not set',
      'choose which lines are HFT71’s: all, feed or a pattern; `relay shop check` shows what each would send',
    );
  const forgetful = await forgetfulSettings(ctx.ledger);
  if (forgetful.length > 0)
    refuse(
      `PostgreSQL can forget commits (${forgetful.join(', ')} is off)`,
      'switch it on and restart PostgreSQL: a forgotten commit is an order sent twice',
    );
  const view = await loadShop(ctx.ledger, shop.id);
  if (view === null || view.mode === 'connecting')
    refuse(
      'the shop is not connected yet',
      'start a worker and wait for its baseline; `relay shop check` says what keeps it',
    );

  try {
    const index = await shop.woocommerce.index();
    if (index.namespaces.includes('hft71/v1') && !options.pluginSendingIsOff)
      refuse(
        'the HFT71 plugin is active in the shop and may send the same orders',
        'deactivate it, or switch its sending off and state so with --plugin-sending-is-off',
      );
    await shop.woocommerce.checkWriteAccess();
    for (const url of await anotherRelaysWebhooks(shop))
      refuse(`another relay is connected to the shop (${url})`, 'stop that relay and delete its webhooks in the shop');
  } catch (error) {
    refuse(...callProblem(error));
  }
  try {
    // The shared token may be older than the password in the settings: log in anew, for all workers.
    await shop.hft71.refusedToken(await shop.hft71.logInToken());
    if (shop.lines === 'feed' && (await currentFeed(ctx.ledger, shop.accountId)) === null)
      await readStockFeed(ctx, shop);
  } catch (error) {
    refuse(...callProblem(error));
  }
  return refusals;
}

/**
 * Sets `live_at` by the shop's clock, then reads all orders in sendable statuses to the end; nothing is sent before. What
 * was created before `live_at` never goes by itself: the sender before the relay may have sent it and lost the answer.
 */
export async function goLive(
  ctx: IntakeContext,
  shop: IntakeShop,
  options: GoLiveOptions,
): Promise<{ listed: number; beforeLive: number }> {
  // From an answer to our keys: the index needs none, and a cache in front of the shop may answer it with an old date.
  const { serverDate } = await shop.woocommerce.listOrders({ perPage: 1 });
  const liveAt = new Date(Math.floor(serverDate.getTime() / 1000) * 1000);
  const { actor, reason = null, pluginSendingIsOff } = options;
  if (!(await startGoingLive(ctx.ledger, shop.id, liveAt, { actor, reason, pluginSendingIsOff })))
    throw new Error(`shop ${shop.id} cannot go live: it is not in shadow mode`);

  const listed: number[] = [];
  const before: number[] = [];
  const isBefore = (order: ShopOrder) => new Date(`${order.dateCreatedGmt}Z`) <= liveAt;
  for await (const page of walkByStatus(shop.woocommerce, shop.sendableStatuses)) {
    const { notTaken } = await takePage(ctx, shop, page, (order) => ({
      seenBy: 'go-live',
      beforeLive: isBefore(order),
    }));
    // What cannot be read now may be old: it never goes by itself either.
    listed.push(...page.orders.map((order) => order.id), ...notTaken);
    before.push(...page.orders.filter(isBefore).map((order) => order.id), ...notTaken);
    options.onProgress?.(listed.length);
  }
  await markBeforeLive(ctx.ledger, shop.id, before);
  await rememberSendableStatuses(ctx.ledger, shop.id, shop.sendableStatuses);
  if (!(await finishGoingLive(ctx.ledger, shop.id, liveAt, listed)))
    throw new Error(`shop ${shop.id} did not go live: its mode was changed meanwhile`);
  ctx.log.info('shop is live', { shop: shop.id, listed: listed.length, beforeLive: before.length });
  ctx.onReceived?.();
  return { listed: listed.length, beforeLive: before.length };
}

function callProblem(error: unknown): [what: string, toDo: string, kind: LiveRefusal['kind']] {
  if (!(error instanceof CallFailure)) throw error;
  const isAway = error.failure === 'unavailable' || error.failure === 'throttled' || error.failure === 'retry-later';
  return [error.message, 'see `relay shop check`', isAway ? 'away' : 'refused'];
}
