import type { HandOffState } from './hand-off-state.js';

/** A batch re-send: plan → start (canary, batches) → pause, cancel → watched → verified or not. */
export const CAMPAIGN_STATES = [
  'planned',
  'canary',
  'running',
  'paused',
  'cancelled',
  'watching',
  'verified',
  'not_verified',
] as const;
export type CampaignState = (typeof CAMPAIGN_STATES)[number];

/** In these its released orders may be dispatched and claimed. */
export const SENDING_CAMPAIGN_STATES: readonly CampaignState[] = ['canary', 'running'];

/** What a campaign does with an order that its selection matches. */
export const CAMPAIGN_PARTS = [
  /** Certainly not processed, and waiting for a person: released in batches. */
  're-arm',
  /** HFT71 or the shop shows an id: adopted or sent already, and never sent again. */
  'has-id',
  /** HFT71 may have it: never re-armed; looked up, or settled by a person. */
  'in-doubt',
  /** The sender before the relay may have sent it: a person looks. */
  'before-go-live',
  /** Held for something that sending again does not mend; a person resolves it. */
  'person',
  /** On its way or waiting for its turn: it goes without a campaign. */
  'by-itself',
  /** Cancelled, skipped, or in a status that is not sent. */
  'not-sendable',
  /** No line of it is HFT71's. */
  'not-hft71s',
] as const;
export type CampaignPart = (typeof CAMPAIGN_PARTS)[number];

/**
 * Reasons for which an order is held although HFT71 certainly did not process it and nothing but a word is missing: the
 * whole list, one by one (protocol, "Transitions"). `person` goes only where it was asked for by name: somebody meant it.
 */
export const RE_ARMABLE_HELD_REASONS = ['mapping', 'deadline', 'person'] as const;

export interface CampaignCandidate {
  /** null: the order never had a hand-off. */
  readonly state: HandOffState | null;
  readonly reason: string | null;
  readonly hasDoubt: boolean;
  /** HFT71's id, as the ledger or the shop knows it. */
  readonly hasId: boolean;
  readonly hasReference: boolean;
  readonly beforeLive: boolean;
  readonly cancelRequested: boolean;
  readonly identityChanged: boolean;
  /** The shop's status is one that is sent. */
  readonly isSendable: boolean;
}

/** Which part of a campaign an order is. @param wantsHeldByPerson the selection names `person` as a reason. */
export function campaignPart(order: CampaignCandidate, wantsHeldByPerson: boolean): CampaignPart {
  const { state, reason } = order;
  if (order.hasId && reason !== 'conflict' && !isForeignId(reason)) return 'has-id';
  if (state === 'in_doubt' || reason === 'in-doubt' || order.hasDoubt) return 'in-doubt';
  if (state === null) return order.beforeLive ? 'before-go-live' : 'not-sendable';
  switch (state) {
    case 'waiting':
    case 'ready':
    case 'sending':
      return 'by-itself';
    case 'sent':
    case 'written_back':
    case 'adopted':
      return 'has-id';
    case 'not_for_hft71':
      return 'not-hft71s';
    case 'cancelled':
    case 'skipped':
      return 'not-sendable';
    case 'shadowed': // another sender was at work while the relay only looked on
      return 'before-go-live';
    case 'held':
    case 'rejected':
      break;
  }
  if (order.beforeLive || reason === 'before-go-live') return 'before-go-live';
  if (order.identityChanged || !order.hasReference || order.cancelRequested) return 'person';
  if (state === 'held' && !isReArmableReason(reason)) return 'person';
  if (reason === 'person' && !wantsHeldByPerson) return 'person';
  return order.isSendable ? 're-arm' : 'not-sendable';
}

function isReArmableReason(reason: string | null): boolean {
  return RE_ARMABLE_HELD_REASONS.some((each) => each === reason);
}

function isForeignId(reason: string | null): boolean {
  return reason?.startsWith('id-belongs-to-order-') === true;
}

/** What becomes of the orders that a campaign does not send. One sentence a part. */
export function whatSettlesPart(part: CampaignPart): string {
  return PART_ADVICE[part];
}

const PART_ADVICE: Readonly<Record<CampaignPart, string>> = {
  're-arm': 'The campaign sends them.',
  'has-id': 'They have an id at HFT71 or in the shop: adopted or sent, and not sent again.',
  'in-doubt':
    'HFT71 may have them. A look-up settles them by itself where HFT71_LOOKUP_PATH is set; else look each up at HFT71: relay orders held, then relay orders resolve … --exists ID or --send.',
  'before-go-live':
    'The sender before the relay may have sent them. Look each up at HFT71, then: relay orders resolve … --exists ID or --send.',
  person: 'Each waits for a person for a reason of its own: relay orders held says what resolves it.',
  'by-itself': 'They wait for their turn or are on their way: they go without a campaign.',
  'not-sendable':
    'In the shop they are cancelled or in a status that is not sent. They go when they are sendable again.',
  'not-hft71s': 'No line of them is HFT71’s (HFT71_LINES).',
};

/** An order that the campaign released has failed: HFT71 refused it, may have it, or it is held. Else it was taken or left. */
export function isFailedOutcome(outcome: string, reason: string | null): boolean {
  return outcome === 'rejected' || outcome === 'in_doubt' || (outcome === 'held' && reason !== 'person');
}

/** How fast a campaign may go, in orders per ms: the least of what its share and its shop's host grant. */
export function campaignSpeed(limits: {
  readonly hft71: { readonly calls: number; readonly windowMs: number };
  /** 0 … 1, of HFT71's limit. */
  readonly share: number;
  readonly shop: { readonly calls: number; readonly windowMs: number };
}): number {
  const atHft71 = (limits.hft71.calls * limits.share) / limits.hft71.windowMs / HFT71_CALLS_PER_ORDER;
  return Math.min(atHft71, limits.shop.calls / limits.shop.windowMs / SHOP_CALLS_PER_ORDER);
}

/** The POST; a log-in serves many. What is read of its status later is the polls' part of the budget. */
const HFT71_CALLS_PER_ORDER = 1;
/** Read, marker, read before the write-back, write-back; refunds and notes are rare. */
const SHOP_CALLS_PER_ORDER = 4;
