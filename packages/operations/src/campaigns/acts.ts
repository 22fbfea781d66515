import {
  cancelCampaign,
  loadAccount,
  loadCampaign,
  loadShop,
  pauseCampaign,
  resumeCampaign,
  startCampaign,
  type CampaignRefusal,
  type CampaignRules,
  type CampaignView,
} from '@relay/ledger';
import { refused, type Refusal } from '../held-orders.js';
import type { Relay } from '../relay.js';
import { resumeCommand } from '../shop-pause.js';
import { DEFAULT_SHARE } from './plan.js';

export interface CampaignAct {
  readonly campaignId: number;
  readonly actor: string;
  readonly reason: string;
}

/** Where nothing is said. */
export const DEFAULT_RULES = {
  batchSize: 100,
  canarySize: 5,
  sharePercent: DEFAULT_SHARE * 100,
  stopPercent: 10,
} as const;
export const BOUNDS = {
  batchSize: [1, 5_000],
  canarySize: [1, 100],
  sharePercent: [1, 90],
  stopPercent: [0, 100],
} as const;

export type AskedRules = { readonly [name in keyof typeof BOUNDS]: number };

export type CampaignDone = { readonly kind: 'done'; readonly campaign: CampaignView } | Refusal;

/** `relay resend start`: from now on workers release its orders, a canary first. */
export async function startResend(relay: Relay, act: CampaignAct, asked: AskedRules): Promise<CampaignDone> {
  for (const [name, [least, most]] of Object.entries(BOUNDS) as [keyof AskedRules, readonly [number, number]][])
    if (!(asked[name] >= least && asked[name] <= most))
      return refused(`${RULE_NAMES[name]} is ${asked[name]}`, `it lies between ${least} and ${most}`);
  const campaign = await loadCampaign(relay.ledger, act.campaignId);
  if (campaign === null) return unknown(act.campaignId);
  const problem = await whyNotNow(relay, campaign);
  if (problem !== null) return problem;
  const rules: CampaignRules = {
    batchSize: asked.batchSize,
    canarySize: asked.canarySize,
    share: asked.sharePercent / 100,
    stopPercent: asked.stopPercent,
    watchMs: relay.settings.timing.campaignWatchMs,
  };
  return done(relay, act, await startCampaign(relay.ledger, act.campaignId, rules, act), 'started');
}

const RULE_NAMES: Readonly<Record<keyof AskedRules, string>> = {
  batchSize: 'the batch size',
  canarySize: 'the canary',
  sharePercent: 'the share of the budget in per cent',
  stopPercent: 'the stop rule in per cent',
};

/** `relay resend pause`: what was released and not claimed is put back before this returns. */
export async function pauseResend(relay: Relay, act: CampaignAct): Promise<CampaignDone> {
  return done(relay, act, await pauseCampaign(relay.ledger, act.campaignId, act), 'paused');
}

export async function cancelResend(relay: Relay, act: CampaignAct): Promise<CampaignDone> {
  return done(relay, act, await cancelCampaign(relay.ledger, act.campaignId, act), 'cancelled');
}

/** `relay resend resume`: of a paused campaign, and of a cancelled one: what it has not sent is all there still. */
export async function resumeResend(relay: Relay, act: CampaignAct): Promise<CampaignDone> {
  const campaign = await loadCampaign(relay.ledger, act.campaignId);
  if (campaign === null) return unknown(act.campaignId);
  const problem = await whyNotNow(relay, campaign);
  if (problem !== null) return problem;
  return done(relay, act, await resumeCampaign(relay.ledger, act.campaignId, act), 'resumed');
}

/** A campaign that could send nothing would only wait, and look as if it worked. */
async function whyNotNow(relay: Relay, campaign: CampaignView): Promise<Refusal | null> {
  const { ledger, shops } = relay;
  if (!shops.has(campaign.shopId))
    return refused(`its shop ${campaign.shopId} is not in the settings any more`, 'plan a new one for a shop that is');
  const [shop, account] = await Promise.all([
    loadShop(ledger, campaign.shopId),
    loadAccount(ledger, campaign.accountId),
  ]);
  if (shop?.mode !== 'live')
    return refused(`the shop is not live but ${shop?.mode ?? 'unknown'}: nothing is sent`, 'relay mode live first');
  if (shop.pausedAt !== null)
    return refused(
      `the shop is paused: ${shop.pauseReason ?? ''}`,
      `${await resumeCommand(relay, campaign.shopId)} first`,
    );
  if (account?.breakerState === 'open')
    return refused(
      `HFT71 takes no orders now: its breaker is open (${account.breakerReason ?? '?'})`,
      'wait until it has closed, or see relay breaker show; a campaign begins when HFT71 answers again',
    );
  return null;
}

async function done<T extends string>(
  { ledger }: Relay,
  act: CampaignAct,
  answer: T | CampaignRefusal,
  wanted: T,
): Promise<CampaignDone> {
  if (answer === wanted) {
    const campaign = await loadCampaign(ledger, act.campaignId);
    return campaign === null ? unknown(act.campaignId) : { kind: 'done', campaign };
  }
  return explain(act.campaignId, answer as CampaignRefusal);
}

function explain(campaignId: number, answer: CampaignRefusal): Refusal {
  if (answer === 'unknown') return unknown(campaignId);
  if (answer === 'another-sends')
    return refused(
      'another campaign of this HFT71 account sends now',
      'wait until it is through, or pause it: relay resend list',
    );
  if (answer === 'nothing-to-send')
    return refused(
      `campaign ${campaignId} has no order to send`,
      'relay resend report says what became of each; plan a new one',
    );
  return refused(`campaign ${campaignId} is ${answer.state}`, WHAT_THEN[answer.state]);
}

const WHAT_THEN: Readonly<Record<CampaignView['state'], string>> = {
  planned: 'it was not started yet: relay resend start',
  canary: 'it sends: relay resend status, pause or cancel',
  running: 'it sends: relay resend status, pause or cancel',
  paused: 'relay resend resume lets it go on, cancel ends it',
  cancelled: 'one that was started can be resumed, else plan a new one',
  watching: 'all its orders are through and nothing is sent any more: it only watches',
  verified: 'it is over: plan a new one for what is left',
  not_verified: 'it is over: relay resend report names what is left, plan a new one for it',
};

export function unknown(campaignId: number): Refusal {
  return { ...refused(`there is no campaign ${campaignId}`, 'relay resend list names them'), isUnknown: true };
}
