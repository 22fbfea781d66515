import {
  CallFailure,
  metaText,
  parseMarker,
  readLookUp,
  saysNothing,
  SHOP_META,
  unknownReprintIds,
  unknownReprintText,
  whyNotSure,
  type LookUpReading,
  type ShopOrder,
} from '@relay/core';
import {
  countAbsence,
  databaseNow,
  deferLookUps,
  holdDuplicate,
  holdInDoubt,
  loadIntent,
  mayLookUp,
  rearmDoubt,
  receiveDeleted,
  recordLookUp,
  settleAsFound,
  takeDueDoubts,
  TRIES_OF_A_LOOK_UP,
  type DoubtView,
} from '@relay/ledger';
import { adoptShownId } from './adoption.js';
import { askUnknownOrders } from './ask-unknown-orders.js';
import type { HandOffContext, ShopRuntime } from './context.js';
import type { LookUpControlCache } from './look-up-controls.js';
import { stopForAnotherSender } from './stop-account.js';

/** Doubts of one account that are looked at in one go; the next go follows within a second. */
const DOUBTS_AT_ONCE = 20;
/** Reads that fail are no evidence; they are tried again this much later. */
const FAILED_READ_WAIT_MS = 30_000;

/**
 * What becomes of a doubt without a person: an id settles it, two reads that surely found nothing clear it, and where
 * HFT71 rejects or replays a repeated reference the order is sent again, its doubt kept. Everything else waits on the held
 * list, and is looked for all the same. @param shops of one account. @returns how many doubts were looked at.
 */
export async function settleDoubts(
  ctx: HandOffContext,
  shops: readonly ShopRuntime[],
  controls: LookUpControlCache,
): Promise<number> {
  const [account] = shops;
  if (account === undefined || !(await mayLookUp(ctx.ledger, account.accountId))) return 0;
  try {
    await askUnknownOrders(ctx, account);
    const due = await takeDueDoubts(ctx.ledger, account.accountId, {
      againMs: ctx.times.lookUpGapMs,
      limit: DOUBTS_AT_ONCE,
    });
    for (const doubt of due) {
      if (ctx.isStopping?.() === true) break;
      const shop = ctx.shops.get(doubt.shopId);
      if (shop !== undefined) await settleOne(ctx, shop, doubt, controls);
    }
    return due.length;
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error;
    // HFT71, the shop or the budget: the other doubts would fare no better now.
    await deferLookUps(ctx.ledger, account.accountId, Math.max(FAILED_READ_WAIT_MS, error.retryAfterMs ?? 0));
    ctx.log.warn('doubts wait: a read failed', { error });
    return 0;
  }
}

async function settleOne(
  ctx: HandOffContext,
  shop: ShopRuntime,
  doubt: DoubtView,
  controls: LookUpControlCache,
): Promise<void> {
  if (shop.lookUpPath !== null) await lookUp(ctx, shop, doubt, shop.lookUpPath, controls);
  if (mayBeSentAgain(shop, doubt)) await rearm(ctx, shop, doubt, 'policy');
}

/** Protocol: policy `rejects` or `replays`, settle over, and no look-up or none that can be read. */
function mayBeSentAgain(shop: ShopRuntime, doubt: DoubtView): boolean {
  return (
    doubt.state === 'in_doubt' &&
    shop.doubtRules.policy !== 'unknown' &&
    doubt.settled &&
    !doubt.cancelRequested &&
    !doubt.noResend &&
    !doubt.heldByPerson &&
    (shop.lookUpPath === null || doubt.unreadableLookUps >= TRIES_OF_A_LOOK_UP)
  );
}

async function lookUp(
  ctx: HandOffContext,
  shop: ShopRuntime,
  doubt: DoubtView,
  path: string,
  controls: LookUpControlCache,
): Promise<void> {
  const { ledger } = ctx;
  const log = ctx.log.child({ orderId: doubt.orderId, shop: doubt.shopId });
  const looked = { intentId: doubt.id, token: doubt.token, startedAt: await databaseNow(ledger) };
  const tell = (answer: Parameters<typeof recordLookUp>[1]['answer'], detail: string | null, againMs?: number) =>
    recordLookUp(ledger, { ...looked, answer, detail, ...(againMs === undefined ? {} : { againMs }) });

  let reading: LookUpReading;
  try {
    reading = await readOrUnreadable(shop, path, doubt.reference);
  } catch (error) {
    if (error instanceof CallFailure && error.action !== 'budget') await tell('failed', error.message);
    throw error;
  }
  switch (reading.kind) {
    case 'found': {
      await recordLookUp(ledger, { ...looked, answer: 'found', detail: null, hft71OrderId: reading.hft71OrderId });
      const settled = await settleAsFound(ledger, looked, reading.hft71OrderId);
      if (settled === 'sent') log.info('doubt settled: HFT71 has the order', { hft71OrderId: reading.hft71OrderId });
      if (settled !== null) ctx.onProgress();
      return;
    }
    case 'several':
      await tell('several', reading.hft71OrderIds.join(', '));
      await tellDuplicate(ctx, shop, doubt, reading.hft71OrderIds);
      return;
    case 'unreadable':
      return tell('unreadable', reading.reason);
    case 'none': {
      if (!doubt.settled)
        return tell(
          'absent',
          'before settle was over: proves nothing',
          Math.min(ctx.times.lookUpGapMs, doubt.settleInMs),
        );
      const lacks = whyNotSure(reading, await controls.read(ctx, shop, path, readOrUnreadable));
      if (lacks !== null) return tell('no-control', lacks);
      await tell('absent', null, ctx.times.lookUpGapMs);
      const absence = await countAbsence(ledger, looked, ctx.times.lookUpGapMs);
      if (absence === 'proven') await rearm(ctx, shop, doubt, 'absent');
    }
  }
}

/** An answer that speaks of the endpoint and not of the order is no failure of the moment: it proves nothing. */
async function readOrUnreadable(shop: ShopRuntime, path: string, reference: string): Promise<LookUpReading> {
  try {
    return readLookUp(await shop.hft71.reading('look-up').lookUpByReference(path, reference), reference);
  } catch (error) {
    if (error instanceof CallFailure && saysNothing(error)) return { kind: 'unreadable', reason: error.message };
    throw error;
  }
}

/** The order's marker is read first, and named by the settlement: it is not taken for somebody else's afterwards. */
async function rearm(
  ctx: HandOffContext,
  shop: ShopRuntime,
  doubt: DoubtView,
  why: 'absent' | 'policy',
): Promise<void> {
  const log = ctx.log.child({ orderId: doubt.orderId, shop: doubt.shopId });
  const shown = await readShown(ctx, shop, doubt);
  const shownId = shown === null ? null : metaText(shown, SHOP_META.hft71OrderId);
  if (shownId !== null && doubt.kind === 'send_order') {
    const intent = await loadIntent(ctx.ledger, doubt.id);
    if (intent !== null) await adoptShownId(ctx, shop, intent, shownId);
    return;
  }
  if (shown !== null && doubt.kind === 'reprint' && (await holdUnknownReprint(ctx, doubt, shown))) return;
  const marker = shown === null ? null : metaText(shown, SHOP_META.marker);
  const named = marker === null ? null : parseMarker(marker);
  const isOwn = named?.installationId === ctx.installation.id;
  const state = await rearmDoubt(ctx.ledger, doubtOf(doubt), {
    why,
    shownMarker: marker,
    markedToken: isOwn ? named.token : null,
    settleMs: shop.settleMs,
    gapMs: ctx.times.lookUpGapMs,
  });
  if (state === null) return;
  log.info(why === 'absent' ? 'doubt settled: HFT71 does not have the order' : 'sent again by policy', { state });
  if (state === 'settle-restarted' && named !== null && !isOwn) {
    const intent = await loadIntent(ctx.ledger, doubt.id);
    if (intent !== null) await stopForAnotherSender(ctx, shop, intent, { marker });
  }
  ctx.onProgress();
}

/**
 * HFT71 has nothing under this reprint's reference, or may be asked again; yet the shop shows a reprint that the ledger does
 * not know. Sent, it would be in doubt again at once: a person says which of the two is wrong.
 */
async function holdUnknownReprint(ctx: HandOffContext, doubt: DoubtView, shown: ShopOrder): Promise<boolean> {
  const known = (await loadIntent(ctx.ledger, doubt.id))?.knownReprintIds ?? [];
  const unknown = unknownReprintIds(shown, known);
  if (unknown.length === 0) return false;
  if (await holdInDoubt(ctx.ledger, doubtOf(doubt), unknownReprintText(unknown)))
    ctx.log.error('order held', { orderId: doubt.orderId, shop: doubt.shopId, reason: 'in-doubt' });
  return true;
}

/** @returns null where the shop's order is gone. */
async function readShown(ctx: HandOffContext, shop: ShopRuntime, doubt: DoubtView): Promise<ShopOrder | null> {
  try {
    return await shop.woocommerce.getOrder(doubt.orderId);
  } catch (error) {
    if (!(error instanceof CallFailure) || error.failure !== 'not-found') throw error;
    await receiveDeleted(ctx.ledger, shop.id, doubt.orderId); // flags the cancellation: absent ends as cancelled
    return null;
  }
}

async function tellDuplicate(
  ctx: HandOffContext,
  shop: ShopRuntime,
  doubt: DoubtView,
  ids: readonly string[],
): Promise<void> {
  const message = `HFT71 has several orders under the reference ${doubt.reference}: ${ids.join(', ')}`;
  if (await holdDuplicate(ctx.ledger, doubtOf(doubt), message))
    ctx.log.error(`SEV-1 ${message}`, { orderId: doubt.orderId, shop: shop.id });
}

function doubtOf(doubt: DoubtView): { intentId: string; token: string | null } {
  return { intentId: doubt.id, token: doubt.token };
}
