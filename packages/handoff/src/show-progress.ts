import { CallFailure, progressNote, progressToShow, type ShopChange, type ShopOrder } from '@relay/core';
import {
  loadShown,
  raiseAlert,
  recordShown,
  resolveAlerts,
  STATUS_CONFLICT,
  willNote,
  willWriteShopStatus,
  type WantedShown,
} from '@relay/ledger';
import type { HandOffContext, ShopRuntime } from './context.js';

/** What a write-back shows of the order's progress at HFT71, beside its id. */
export interface ProgressToShow {
  readonly shown: WantedShown;
  readonly change: ShopChange;
}

/** @returns null before HFT71's status was read once. */
export async function progressToWrite(
  ctx: HandOffContext,
  shop: ShopRuntime,
  order: ShopOrder,
): Promise<ProgressToShow | null> {
  const shown = await loadShown(ctx.ledger, { shopId: shop.id, orderId: order.id, copy: 1 });
  if (shown === null || shown.statuses === null) return null;
  return { shown, change: progressToShow(order, shown, shop.statuses) };
}

/** One PUT for everything that differs, or none. */
export async function putWhatDiffers(
  ctx: HandOffContext,
  shop: ShopRuntime,
  order: ShopOrder,
  idMeta: Readonly<Record<string, string | null>>,
  progress: ProgressToShow | null,
): Promise<void> {
  const { status = null, meta = {}, lines = [] } = progress?.change ?? {};
  const allMeta = { ...idMeta, ...meta };
  if (status === null && Object.keys(allMeta).length === 0 && lines.length === 0) return;
  const rest = { ...(Object.keys(allMeta).length === 0 ? {} : { meta: allMeta }), lines };
  if (status === null) {
    await shop.woocommerce.putOrder(order.id, rest);
    return;
  }
  const ref = { shopId: shop.id, orderId: order.id };
  await willWriteShopStatus(ctx.ledger, ref, status);
  try {
    await shop.woocommerce.putOrder(order.id, { ...rest, status });
  } catch (error) {
    if (!(error instanceof CallFailure) || error.code !== 'rest_invalid_param') throw error;
    // The order's id must not wait for the table to be mended.
    await willWriteShopStatus(ctx.ledger, ref, null);
    await tellUnknownShopStatus(ctx, shop, status);
    if (Object.keys(allMeta).length > 0 || lines.length > 0) await shop.woocommerce.putOrder(order.id, rest);
  }
}

/** Kind of the alert about a row of HFT71_STATUS_MAPPING that names no status of the shop. Subject: shop and status. */
export const UNKNOWN_SHOP_STATUS = 'status mapping: the shop does not know a status';

export async function tellUnknownShopStatus(
  ctx: Pick<HandOffContext, 'ledger' | 'log'>,
  shop: ShopRuntime,
  status: string,
): Promise<void> {
  const message = `HFT71_STATUS_MAPPING names the status ${status}, which the shop does not have: orders keep the status that they have`;
  const alert = { kind: UNKNOWN_SHOP_STATUS, severity: 2 as const, subject: `${shop.id}/${status}`, message };
  if (await raiseAlert(ctx.ledger, alert)) ctx.log.error(message, { shop: shop.id });
}

/** After the PUT: what it means for people. Nothing of it is tried again: the next change tells anew. */
export async function tellProgress(
  ctx: HandOffContext,
  shop: ShopRuntime,
  order: { readonly shopId: string; readonly orderId: number; readonly hft71OrderId: string },
  { shown, change: { verdict } }: ProgressToShow,
): Promise<void> {
  const log = ctx.log.child({ orderId: order.orderId, shop: order.shopId });
  const conflict = verdict.kind === 'conflict' ? verdict : null;
  const told = await recordShown(ctx.ledger, order, { version: shown.version, conflict });
  const subject = `${order.shopId}/${order.orderId}`;
  if (verdict.kind === 'conflict' && told !== null) {
    const message = `HFT71 says ${shown.status ?? '?'}: the shop's order is ${verdict.shown}, set by hand, and stays so instead of ${verdict.wanted}`;
    if (await raiseAlert(ctx.ledger, { kind: STATUS_CONFLICT, severity: 3, subject, message })) log.warn(message);
  } else if (shown.conflict !== null) await resolveAlerts(ctx.ledger, [STATUS_CONFLICT], subject);

  const note = progressNote(shop.statuses.mapping, order.hft71OrderId, shown);
  if (note === null || !(await willNote(ctx.ledger, order, note))) return;
  try {
    await shop.woocommerce.addOrderNote(order.orderId, note);
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error;
    log.warn('the note on the order could not be made', { error });
  }
}

/** What the log says of it. */
export function logged(progress: ProgressToShow | null): Record<string, unknown> {
  if (progress === null) return {};
  const { verdict, status } = progress.change;
  return { status: progress.shown.status, ...(status === null ? {} : { shopStatus: status }), verdict: verdict.kind };
}
