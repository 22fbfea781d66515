import {
  CallFailure,
  isGone,
  metaText,
  notSent,
  reprintIdsOf,
  SHOP_META,
  shopAgainstLedger,
  type ShopOrder,
  type ShopSide,
} from '@relay/core';
import { notTakenIn, takeOrder, takePage } from '@relay/intake';
import { ledgerOrdersSince, ledgerSideOf, loadShop, receiveDeleted } from '@relay/ledger';
import { walkModifiedSince } from '@relay/woocommerce';
import { inBudget } from './in-budget.js';
import type { ReconcileRun } from './reconcile-run.js';
import { intakeContext } from './relay.js';

/** Each suspect costs a call to the shop. */
const MOST_CONFIRMED = 500;
const LEDGER_PAGE = 1_000;

/**
 * The shop's orders of the window against the ledger's. A page and the ledger's rows are not of one moment, so what seems
 * to disagree is only suspected, and looked at once more, one by one.
 */
export async function compareWithShop(run: ReconcileRun): Promise<void> {
  const { relay, shop, from, counts, options } = run;
  const suspects = new Set<number>();
  const seen = new Set<number>();
  for await (const { orders, unreadableIds } of walkModifiedSince(shop.woocommerce, gmt(from))) {
    if (options.isStopping?.() === true) return;
    await receiveMissing(run, orders);
    const known = await ledgerSideOf(
      relay.ledger,
      shop.id,
      orders.map(({ id }) => id),
    );
    for (const order of orders) {
      // Not looked at once more: it does not move by itself, and an outage leaves more of these than may be asked for.
      if (!run.isShadow && !seen.has(order.id))
        for (const disagrees of notSent(shopSide(order), known.get(order.id) ?? null, shop.sendableStatuses))
          run.findings.push({ ...disagrees, orderId: order.id, number: order.number });
      if (shopAgainstLedger(shopSide(order), known.get(order.id) ?? null, run.isShadow).length > 0)
        suspects.add(order.id);
      seen.add(order.id);
    }
    unreadableIds.forEach((id) => seen.add(id)); // they have an alert of their own
    counts.shopOrders = seen.size;
    options.onProgress?.({ step: 'shop', done: seen.size, of: null });
  }
  for (const orderId of await notSeen(run, seen)) suspects.add(orderId);
  await confirm(run, [...suspects]);
}

/** As the level sweep does, for orders that a sweep has passed already: what is newer, it has yet to come to. */
async function receiveMissing(run: ReconcileRun, orders: readonly ShopOrder[]): Promise<void> {
  const { relay, shop } = run;
  const view = await loadShop(relay.ledger, shop.id);
  if (view?.sweepMark == null || view.mode === 'going_live') return;
  const passed = gmt(new Date(view.sweepMark.getTime() - shop.sweepOverlapMs));
  const due = orders.filter(
    ({ status, dateModifiedGmt }) => shop.sendableStatuses.includes(status) && dateModifiedGmt < passed,
  );
  const ctx = intakeContext(relay, run.options.onReceived);
  const missing = await notTakenIn(ctx, shop, due);
  if (missing.length === 0) return;
  const ids = missing.map(({ id }) => id);
  const before = await ledgerSideOf(relay.ledger, shop.id, ids);
  const page = { orders: missing, unreadableIds: [] };
  await takePage(ctx, shop, page, {
    seenBy: 'reconcile',
    readJustNow: true,
  });
  const after = await ledgerSideOf(relay.ledger, shop.id, ids);
  for (const order of page.orders) {
    const was = before.get(order.id)?.state ?? null;
    const state = after.get(order.id)?.state ?? null;
    if (state === null || state === was) continue; // an order of the baseline, in shadow: it has no hand-off yet
    run.counts.received += 1;
    run.findings.push({
      ...{ kind: 'not-in-ledger', orderId: order.id, number: order.number },
      detail: `${order.status} in the shop, ${was ?? 'unknown'} in the ledger; now ${state}`,
    });
  }
  run.options.onReceived?.();
}

/** Orders of the ledger that the walk did not show: in the bin, deleted, or changed by a clock that differs. */
async function notSeen(run: ReconcileRun, seen: ReadonlySet<number>): Promise<number[]> {
  const { relay, shop, from, counts, options } = run;
  const missing: number[] = [];
  for (let afterId = 0; ;) {
    const page = await ledgerOrdersSince(relay.ledger, shop.id, { from, afterId, limit: LEDGER_PAGE });
    counts.ledgerOrders += page.length;
    missing.push(...page.filter(({ orderId, hasHandOff }) => hasHandOff && !seen.has(orderId)).map((o) => o.orderId));
    options.onProgress?.({ step: 'ledger', done: counts.ledgerOrders, of: null });
    const last = page.at(-1);
    if (last === undefined || page.length < LEDGER_PAGE) return missing;
    afterId = last.orderId;
  }
}

/** Both sides at one moment: the ledger has not moved between the look before the shop's answer and the one after it. */
async function confirm(run: ReconcileRun, suspects: readonly number[]): Promise<void> {
  const { relay, shop, options, findings } = run;
  for (const orderId of suspects.slice(0, MOST_CONFIRMED)) {
    if (options.isStopping?.() === true) return;
    for (let tries = 0; tries < 3; tries += 1) {
      const before = (await ledgerSideOf(relay.ledger, shop.id, [orderId])).get(orderId) ?? null;
      const order = await readOrder(run, orderId);
      if (order === 'stopped') return;
      const known = (await ledgerSideOf(relay.ledger, shop.id, [orderId])).get(orderId) ?? null;
      if (before?.stamp !== known?.stamp) continue;
      const number = order?.number ?? known?.number ?? String(orderId);
      if (order === null || isGone(order.status)) {
        if (known === null) break;
        if (!known.mayBeAtHft71) await receiveGone(run, orderId, order);
        else if (known.state !== 'cancelled')
          findings.push({ kind: 'gone-from-shop', orderId, number, detail: goneDetail(order, known) });
      } else {
        for (const { copy, ...disagrees } of shopAgainstLedger(shopSide(order), known, run.isShadow))
          findings.push({ ...disagrees, orderId, number: copy === undefined ? number : `${number}-R${copy}` });
      }
      break;
    }
  }
  const rest = suspects.length - MOST_CONFIRMED;
  if (rest > 0) run.faults.push(`${rest} more orders seem to disagree; after these are settled, reconcile again`);
}

/**
 * As the sweep does whom a webhook told: HFT71 has nothing of it, so nothing disagrees once the ledger knows. Of one that
 * may be at HFT71 a person decides, since a shop that was restored from a backup has lost orders that nobody deleted.
 */
async function receiveGone({ relay, shop }: ReconcileRun, orderId: number, order: ShopOrder | null): Promise<void> {
  if (order === null) await receiveDeleted(relay.ledger, shop.id, orderId);
  else await takeOrder(intakeContext(relay), shop, order, { seenBy: 'reconcile', readJustNow: true });
}

function goneDetail(order: ShopOrder | null, known: { state: string | null; hft71OrderId: string | null }): string {
  const where = order === null ? 'deleted in the shop' : 'in the shop’s bin';
  const id = known.hft71OrderId === null ? '' : ` with HFT71’s id ${known.hft71OrderId}`;
  return `${where}; the ledger says ${known.state ?? '?'}${id}`;
}

async function readOrder({ shop, options }: ReconcileRun, orderId: number): Promise<ShopOrder | null | 'stopped'> {
  try {
    return await inBudget(() => shop.woocommerce.getOrder(orderId), options.isStopping);
  } catch (error) {
    if (error instanceof CallFailure && error.failure === 'not-found') return null;
    throw error;
  }
}

export function shopSide(order: ShopOrder): ShopSide {
  return {
    status: order.status,
    hft71OrderId: metaText(order, SHOP_META.hft71OrderId),
    lastStatus: metaText(order, SHOP_META.lastStatus),
    reprintIds: reprintIdsOf(order),
  };
}

/** The shop's way to write a time: GMT, whole seconds, no zone. */
export function gmt(date: Date): string {
  return date.toISOString().slice(0, 19);
}
