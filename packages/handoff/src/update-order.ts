import {
  addressHash,
  backoffMs,
  CallFailure,
  CANCELLED_STATUSES,
  mapAddress,
  missingFields,
  orderKeyHash,
  type ShopOrder,
} from '@relay/core';
import {
  CANCEL,
  claimUpdate,
  deferUpdate,
  dropUpdate,
  holdUpdate,
  postponeUpdate,
  recordUpdated,
  type UpdateView,
} from '@relay/ledger';
import { HandOffFailed, type HandOffContext, type ShopRuntime } from './context.js';

/** Another call of this order is under way, or this worker has not verified the shop: soon again. */
const SOON_MS = 2_000;
/** A person has to look at the order first. */
const BLOCKED_MS = 10 * 60_000;
/** Some four hours of tries that HFT71 answered with failures: it stands on the list then. */
const MOST_TRIES = 50;

/**
 * Tells HFT71 what the shop changed of an accepted order: its address, or that it is cancelled. A level, not an act: the
 * order is read first, and what HFT71 has already is not sent again. A PUT of unknown outcome is not in doubt: the level is
 * compared again and what still differs is written.
 */
export async function updateOrder(ctx: HandOffContext, intentId: string): Promise<string> {
  const { ledger } = ctx;
  const update = await claimUpdate(ledger, intentId, ctx.times.leaseMs);
  if (update === null) return 'nothing to do';
  const later = (notBeforeMs: number, why: string) =>
    deferUpdate(ledger, intentId, { notBeforeMs, lastFailure: why, isFailure: false }).then(() => `later: ${why}`);
  if (update === 'busy') {
    await postponeUpdate(ledger, intentId, SOON_MS);
    return 'later: another call for this order is under way';
  }
  const shop = ctx.shops.get(update.shopId);
  if (shop === undefined) return later(SOON_MS, 'this worker has not verified the shop yet');
  if (shop.updates === null) {
    await dropUpdate(ledger, update, 'switched-off');
    return 'dropped: HFT71_TWO_WAY_SYNC_ENABLED is off';
  }
  if (update.hft71OrderId === null || !['sent', 'written_back', 'adopted'].includes(update.sendState))
    return later(BLOCKED_MS, `the order itself is ${update.sendState}: its updates wait`);

  try {
    return await carryOut(ctx, shop, update, update.hft71OrderId);
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error;
    return await failed(ctx, update, error);
  }
}

async function carryOut(
  ctx: HandOffContext,
  shop: ShopRuntime,
  update: UpdateView,
  hft71OrderId: string,
): Promise<string> {
  const order = await readOrder(shop, update.orderId);
  // Also where the other order is deleted by now: that says nothing of the one that was sent.
  const isAnothers =
    order === null ? update.isAnothers : orderKeyHash(ctx.installation.hashKey, order.orderKey) !== update.orderKeyHash;
  if (isAnothers) {
    await holdUpdate(ctx.ledger, update, 'order-identity-changed', null);
    throw new HandOffFailed('update held: the shop uses the id for another order', update.orderId);
  }
  const isCancelled = order === null || CANCELLED_STATUSES.includes(order.status);
  return update.kind === 'update_order'
    ? cancel(ctx, shop, update, hft71OrderId, isCancelled)
    : changeAddress(ctx, shop, update, hft71OrderId, isCancelled ? null : order);
}

/** null: the shop says that it does not exist any more. */
async function readOrder(shop: ShopRuntime, orderId: number): Promise<ShopOrder | null> {
  try {
    return await shop.woocommerce.getOrder(orderId);
  } catch (error) {
    if (error instanceof CallFailure && error.failure === 'not-found') return null;
    throw error;
  }
}

async function cancel(
  ctx: HandOffContext,
  shop: ShopRuntime,
  update: UpdateView,
  hft71OrderId: string,
  isCancelled: boolean,
): Promise<string> {
  if (update.wantedHash !== CANCEL) {
    if (isCancelled) return drop(ctx, update, 'cancelled-again');
    return hold(
      ctx,
      update,
      'restored',
      `it is cancelled at HFT71 as ${hft71OrderId}: have it taken back there, or order a reprint`,
    );
  }
  if (!isCancelled) return drop(ctx, update, 'restored');
  if (update.isClosed) return hold(ctx, update, 'closed', `HFT71 has closed ${hft71OrderId}: it is too late to cancel`);
  const cancelStatus = shop.updates?.cancelStatus ?? null;
  if (cancelStatus === null) return hold(ctx, update, 'cancel-by-hand', `cancel ${hft71OrderId} at HFT71 by hand`);
  await call(ctx, shop, update, () => shop.hft71.putOrderStatus(hft71OrderId, cancelStatus, update.orderId));
  await recordUpdated(ctx.ledger, update, CANCEL);
  return told(ctx, update, `cancelled at HFT71 (${cancelStatus})`);
}

async function changeAddress(
  ctx: HandOffContext,
  shop: ShopRuntime,
  update: UpdateView,
  hft71OrderId: string,
  order: ShopOrder | null,
): Promise<string> {
  if (order === null) return drop(ctx, update, 'cancelled');
  if (update.isClosed) return drop(ctx, update, 'closed');
  const hash = addressHash(ctx.installation.hashKey, order);
  if (hash === update.acceptedAddressHash) {
    await recordUpdated(ctx.ledger, update, hash);
    return 'nothing to do: HFT71 has this address';
  }
  const address = mapAddress(order);
  const missing = missingFields(address);
  if (missing.length > 0) return hold(ctx, update, 'mapping', `address without ${missing.join(', ')}`);
  await call(ctx, shop, update, () => shop.hft71.putOrderAddress(hft71OrderId, address, update.orderId));
  await recordUpdated(ctx.ledger, update, hash);
  return told(ctx, update, 'address changed at HFT71');
}

/** The PUT, with a slot of the updates' share. A slot that it did not use runs out by itself. */
async function call(
  ctx: HandOffContext,
  shop: ShopRuntime,
  update: UpdateView,
  put: () => Promise<void>,
): Promise<void> {
  const taken = await shop.budget.takeOrWait('update', ctx.times.slotWaitMs).catch(() => null);
  if (taken === null || !taken.granted)
    throw new CallFailure({
      ...{ target: 'hft71', action: update.kind, failure: 'throttled', code: 'budget' },
      retryAfterMs: taken === null ? SOON_MS : taken.waitMs,
    });
  try {
    await put();
  } catch (error) {
    // A token that died: the next try comes with another one, for all workers.
    if (error instanceof CallFailure && error.status === 401)
      await shop.hft71.refusedToken(await shop.hft71.logInToken());
    throw error;
  }
}

async function drop(ctx: HandOffContext, update: UpdateView, why: string): Promise<string> {
  await dropUpdate(ctx.ledger, update, why);
  return `dropped: ${why}`;
}

async function hold(ctx: HandOffContext, update: UpdateView, reason: string, detail: string): Promise<never> {
  await holdUpdate(ctx.ledger, update, reason, detail);
  ctx.log.warn('update held', { orderId: update.orderId, shop: update.shopId, kind: update.kind, reason });
  throw new HandOffFailed(`${update.kind} held: ${reason}`, update.orderId);
}

function told(ctx: HandOffContext, update: UpdateView, what: string): string {
  ctx.onProgress();
  ctx.log.info(what, { orderId: update.orderId, shop: update.shopId, hft71OrderId: update.hft71OrderId });
  return what;
}

/** HFT71 refuses the change: a person looks. Everything else is tried again. */
async function failed(ctx: HandOffContext, update: UpdateView, failure: CallFailure): Promise<never> {
  if (failure.target === 'hft71' && (failure.failure === 'rejected' || failure.failure === 'not-found'))
    return hold(ctx, update, failure.status === null ? 'refused' : `http-${failure.status}`, failure.message);
  if (update.failures + 1 >= MOST_TRIES) return hold(ctx, update, 'deadline', failure.message);
  const notBeforeMs = Math.max(
    failure.failure === 'throttled' ? 0 : backoffMs(update.failures + 1),
    failure.retryAfterMs ?? 0,
  );
  await deferUpdate(ctx.ledger, update.id, { notBeforeMs, lastFailure: failure.message, isFailure: true });
  throw new HandOffFailed(failure.message, update.orderId);
}
