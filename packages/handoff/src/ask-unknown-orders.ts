import { CallFailure, saysNothing } from '@relay/core';
import {
  forgetUnknownOrder,
  raiseAlert,
  rememberedOrders,
  rememberReference,
  settleAsFound,
  takeUnknownOrders,
} from '@relay/ledger';
import type { HandOffContext, ShopRuntime } from './context.js';

const ASKED_AT_ONCE = 5;
const ASK_AGAIN_MS = 60_000;

/**
 * The free look-up: HFT71's webhook named orders that no intent has. While an order of the account is in doubt they are
 * asked for, and the reference that HFT71 tells settles the doubt of that reference.
 */
export async function askUnknownOrders(ctx: HandOffContext, shop: ShopRuntime): Promise<void> {
  const { ledger } = ctx;
  for (const { hft71OrderId, reference } of await rememberedOrders(ledger, shop.accountId))
    await settle(ctx, shop, hft71OrderId, reference);
  const due = await takeUnknownOrders(ledger, shop.accountId, { againMs: ASK_AGAIN_MS, limit: ASKED_AT_ONCE });
  for (const hft71OrderId of due) {
    const reference = await referenceOf(shop, hft71OrderId);
    if (reference === null) await forgetUnknownOrder(ledger, shop.accountId, hft71OrderId);
    else await settle(ctx, shop, hft71OrderId, reference);
  }
}

/** @returns null when HFT71 knows no such order, or tells no reference. @throws CallFailure when it does not answer now. */
async function referenceOf(shop: ShopRuntime, hft71OrderId: string): Promise<string | null> {
  try {
    const order = await shop.hft71.reading('look-up').order(hft71OrderId);
    return order === 'not-found' ? null : order.referenceId;
  } catch (error) {
    if (error instanceof CallFailure && saysNothing(error)) return null;
    throw error;
  }
}

async function settle(ctx: HandOffContext, shop: ShopRuntime, hft71OrderId: string, reference: string): Promise<void> {
  const known = await rememberReference(ctx.ledger, shop.accountId, hft71OrderId, reference);
  if (known === null) return; // another sender's order, or one from before the relay
  if (known.hasId !== null && known.hasId !== hft71OrderId) {
    const message = `HFT71 has two orders under the reference ${reference}: ${known.hasId} and ${hft71OrderId}`;
    const subject = `${known.shopId}/${known.orderId}`;
    if (await raiseAlert(ctx.ledger, { kind: 'duplicate at HFT71', severity: 1, subject, message }))
      ctx.log.error(`SEV-1 ${message}`, { orderId: known.orderId, shop: known.shopId });
    return;
  }
  const settled = await settleAsFound(ctx.ledger, known, hft71OrderId);
  if (settled === null && known.hasId === null) return; // not in doubt now: remembered for when it is
  await forgetUnknownOrder(ctx.ledger, shop.accountId, hft71OrderId);
  if (settled !== 'sent') return;
  ctx.log.info('doubt settled: HFT71’s webhook named the order', { orderId: known.orderId, hft71OrderId });
  ctx.onProgress();
}
