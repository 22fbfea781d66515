import { whatResolvesHeld, whatSettlesPart } from '@relay/core';
import {
  listCampaigns,
  loadCampaign,
  plannedCounts,
  unfinishedItems,
  type CampaignItemView,
  type CampaignView,
} from '@relay/ledger';
import type { Refusal } from '../held-orders.js';
import type { Relay } from '../relay.js';
import { unknown } from './acts.js';
import { estimate, type Estimate } from './estimate.js';

export interface CampaignStatus {
  readonly kind: 'campaign';
  readonly campaign: CampaignView;
  /** Orders that are not through yet, and how long they take at least; null where nothing is to be sent. */
  readonly remaining: Estimate | null;
}

export async function resendStatus(relay: Relay, campaignId: number): Promise<CampaignStatus | Refusal> {
  const campaign = await loadCampaign(relay.ledger, campaignId);
  return campaign === null
    ? unknown(campaignId)
    : { kind: 'campaign', campaign, remaining: await remainingOf(relay, campaign) };
}

/** As fast as in the last minute, where that was measured while it sent. */
async function remainingOf({ shops }: Relay, campaign: CampaignView): Promise<Estimate | null> {
  const { waiting, released } = campaign.progress;
  const shop = shops.get(campaign.shopId);
  if (shop === undefined || campaign.share === null || waiting + released === 0) return null;
  const planned = await estimate(shop, waiting + released, campaign.share);
  const measured = campaign.acceptedLastMinute;
  if (campaign.state !== 'running' || measured === 0 || Date.now() - campaign.stateSince.getTime() < 60_000)
    return planned;
  return { ...planned, ordersPerMinute: measured, durationMs: Math.ceil((planned.orders / measured) * 60_000) };
}

export async function resendList(
  { ledger }: Pick<Relay, 'ledger'>,
  filter: { shopId?: string | undefined; limit: number },
): Promise<CampaignView[]> {
  return listCampaigns(ledger, filter);
}

export interface CampaignReport extends CampaignStatus {
  /** What was matched, by what it was when it was planned. */
  readonly planned: Awaited<ReturnType<typeof plannedCounts>>;
  /** Orders that are not through, one by one, each with what settles it. */
  readonly unfinished: readonly (CampaignItemView & { readonly settledBy: string })[];
  readonly moreUnfinished: boolean;
}

export async function resendReport(relay: Relay, campaignId: number, limit: number): Promise<CampaignReport | Refusal> {
  const status = await resendStatus(relay, campaignId);
  if (status.kind === 'refused') return status;
  const [planned, unfinished] = await Promise.all([
    plannedCounts(relay.ledger, campaignId),
    unfinishedItems(relay.ledger, campaignId, limit + 1),
  ]);
  return {
    ...status,
    planned,
    unfinished: unfinished.slice(0, limit).map((item) => ({ ...item, settledBy: settledBy(item) })),
    moreUnfinished: unfinished.length > limit,
  };
}

function settledBy({ state, reason, part, readBack }: CampaignItemView): string {
  if (state === 'held' || state === 'rejected') return whatResolvesHeld(reason ?? '');
  if (state === 'in_doubt') return whatSettlesPart('in-doubt');
  if (readBack === 'missing') return 'HFT71 has it and the shop does not show its id: see relay trace.';
  if (readBack === 'another-id') return 'The shop shows another HFT71 id: look both up at HFT71; see relay trace.';
  if (state === 'ready' || state === 'waiting' || state === 'sending') return whatSettlesPart('by-itself');
  if (state === 'cancelled' || state === 'skipped') return whatSettlesPart('not-sendable');
  return part === 're-arm' ? 'Its id is still to be read in the shop.' : whatSettlesPart(part);
}
