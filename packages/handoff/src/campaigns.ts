import { CallFailure, metaText, SHOP_META } from '@relay/core';
import {
  advanceCampaign,
  alone,
  campaignsToAdvance,
  campaignsToReadBack,
  ordersToReadBack,
  recordReadBack,
  type Ledger,
  type ReadBack,
} from '@relay/ledger';
import type { Logger } from '@relay/observability';
import type { HandOffContext } from './context.js';

/**
 * What moves campaigns on, twice a second in every worker and outside of the queues. A step is one transaction that holds
 * its campaign's row: it is made once, whoever makes it, and a worker that dies has made it or not.
 */
export async function advanceCampaigns(options: {
  readonly ledger: Ledger;
  readonly log: Logger;
  /** Orders were released. */
  readonly onReady: () => void;
}): Promise<void> {
  for (const id of await campaignsToAdvance(options.ledger)) {
    const step = await advanceCampaign(options.ledger, id);
    if (step === null) continue;
    const { campaignId, shopId, state, what } = step;
    const level = state === 'paused' || state === 'not_verified' ? 'error' : 'info';
    options.log[level](`campaign ${campaignId} ${state}: ${what}`, { shop: shopId });
    options.onReady();
  }
}

/** Whether the shop shows what HFT71 answered: read there, a page of orders a call, and not taken from the write-back. */
export async function readBackCampaigns(ctx: HandOffContext): Promise<void> {
  const ids = await campaignsToReadBack(ctx.ledger);
  if (ids.length === 0) return;
  await alone(ctx.ledger, 'campaign read-back', async () => {
    for (const id of ids) {
      const toRead = await ordersToReadBack(ctx.ledger, id);
      if (toRead !== null) await readBack(ctx, toRead);
    }
  });
}

async function readBack(ctx: HandOffContext, { campaignId, shopId, orders }: ReadBack): Promise<void> {
  const shop = ctx.shops.get(shopId);
  if (shop === undefined) return; // another worker's, or not verified yet
  const include = orders.map(({ orderId }) => orderId);
  let page;
  try {
    page = await shop.woocommerce.listOrders({ include, perPage: include.length });
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error;
    ctx.log.warn('a campaign’s orders could not be read back: it is tried again', { shop: shopId, campaignId, error });
    return;
  }
  const shown = new Map(page.orders.map((order) => [order.id, metaText(order, SHOP_META.hft71OrderId)]));
  // A shop that caps its pages tells of the others next time; else what it does not list is not there.
  const isWhole = page.total === null || page.total <= page.entries;
  const told = isWhole ? include : include.filter((orderId) => shown.has(orderId));
  const { notOk } = await recordReadBack(
    ctx.ledger,
    campaignId,
    told.map((orderId) => ({ orderId, shownId: shown.get(orderId) ?? null })),
  );
  if (notOk > 0) ctx.log.warn('the shop does not show the HFT71 id of orders of a campaign', { campaignId, notOk });
}
