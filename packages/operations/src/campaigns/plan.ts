import { CAMPAIGN_PARTS, campaignPart, isHft71Line, whatSettlesPart, type CampaignPart } from '@relay/core';
import { lineRule } from '@relay/handoff';
import { matchOrders, planCampaign, type CampaignSelection, type MatchedOrder } from '@relay/ledger';
import { refused, type Refusal } from '../held-orders.js';
import type { ConnectedShop, Relay } from '../relay.js';
import { estimate, type Estimate } from './estimate.js';
import { readSelection, type AskedSelection } from './selection.js';

/** Share of the budget where nothing is said: live orders keep the greater part. */
export const DEFAULT_SHARE = 0.5;

export interface PlannedPart {
  readonly part: CampaignPart;
  readonly orders: number;
  /** What becomes of them, or what a person does. */
  readonly settledBy: string;
  /** The first of them, by number. */
  readonly numbers: readonly string[];
}

export interface ResendPlan {
  readonly kind: 'plan';
  /** To be started; null where there is nothing to send. */
  readonly campaignId: number | null;
  readonly shopId: string;
  readonly selection: CampaignSelection;
  readonly notes: readonly string[];
  /** That the selection matched. */
  readonly orders: number;
  /** What the campaign would send. */
  readonly toSend: number;
  readonly parts: readonly PlannedPart[];
  readonly reasons: readonly {
    readonly state: string;
    readonly reason: string | null;
    readonly part: CampaignPart;
    readonly orders: number;
  }[];
  /** That HFT71 is to make anything of, as far as is known. */
  readonly hft71s: number;
  /** Asked for, and no order of the shop has them. */
  readonly unknownNumbers: readonly string[];
  readonly estimate: Estimate;
  /** Of what it would send. */
  readonly sample: readonly Pick<
    MatchedOrder,
    'orderId' | 'number' | 'state' | 'reason' | 'detail' | 'lastFailure' | 'since'
  >[];
}

const NUMBERS_SHOWN = 10;
const SAMPLE = 5;

/**
 * `relay resend plan`: which orders, and what a campaign would do with each. Nothing is sent. The list is kept, so that what
 * was looked at is what is started.
 */
export async function planResend(
  relay: Relay,
  shop: ConnectedShop,
  asked: AskedSelection,
  by: { actor: string },
): Promise<ResendPlan | Refusal> {
  const read = readSelection(asked);
  if (read.kind === 'refused') return read;
  const { selection, notes } = read;
  const { orders, unknownNumbers } = await matchOrders(relay.ledger, shop.id, selection);
  if (orders.length === 0) return noMatch(unknownNumbers);
  const wantsHeldByPerson = selection.reasons?.includes('person') === true;
  const isOurs = await whoseLines(relay, shop, orders);
  const items = orders.map((order) => {
    const isSendable = shop.sendableStatuses.includes(order.shopStatus);
    const part = campaignPart({ ...order, isSendable }, wantsHeldByPerson);
    return { ...order, part: part === 're-arm' && !isOurs(order) ? 'not-hft71s' : part } as const;
  });
  const toSend = items.filter(({ part }) => part === 're-arm');
  const campaignId =
    toSend.length === 0
      ? null
      : await planCampaign(relay.ledger, {
          shopId: shop.id,
          accountId: shop.accountId,
          selection,
          unknownNumbers,
          items,
          ...by,
        });
  return {
    kind: 'plan',
    campaignId,
    shopId: shop.id,
    selection,
    notes,
    orders: items.length,
    toSend: toSend.length,
    parts: partsOf(items),
    reasons: reasonsOf(items),
    hft71s: items.filter((item) => item.part !== 'not-hft71s' && isOurs(item)).length,
    unknownNumbers,
    estimate: await estimate(shop, toSend.length, DEFAULT_SHARE),
    sample: toSend.slice(0, SAMPLE).map(({ orderId, number, state, reason, detail, lastFailure, since }) => ({
      ...{ orderId, number, state, reason, detail, lastFailure, since },
    })),
  };
}

/** By `HFT71_LINES` as it is now; true where nothing can be said before the attempt reads the order. */
async function whoseLines(
  { ledger }: Relay,
  shop: ConnectedShop,
  orders: readonly MatchedOrder[],
): Promise<(order: MatchedOrder) => boolean> {
  if (shop.lines === null) return () => true;
  const lines = [...new Set(orders.flatMap(({ skus }) => skus))].map((sku) => ({ sku }));
  const rule = await lineRule(ledger, shop, { lines });
  return rule === null ? () => true : ({ skus }) => skus.some((sku) => isHft71Line({ sku }, rule));
}

type Item = MatchedOrder & { readonly part: CampaignPart };

function partsOf(items: readonly Item[]): PlannedPart[] {
  return CAMPAIGN_PARTS.flatMap((part) => {
    const those = items.filter((item) => item.part === part);
    const numbers = those.slice(0, NUMBERS_SHOWN).map(({ number }) => number);
    return those.length === 0 ? [] : [{ part, orders: those.length, settledBy: whatSettlesPart(part), numbers }];
  });
}

function reasonsOf(items: readonly Item[]): ResendPlan['reasons'] {
  const counts = new Map<string, { state: string; reason: string | null; part: CampaignPart; orders: number }>();
  for (const { state, reason, part } of items) {
    const key = `${state ?? ''}/${reason ?? ''}/${part}`;
    const known = counts.get(key) ?? { state: state ?? 'no hand-off', reason, part, orders: 0 };
    counts.set(key, { ...known, orders: known.orders + 1 });
  }
  return [...counts.values()].sort((a, b) => b.orders - a.orders);
}

function noMatch(unknownNumbers: readonly string[]): Refusal {
  if (unknownNumbers.length === 0)
    return refused('no order matches', 'widen the selection; relay orders held lists what waits for a person');
  const some = unknownNumbers.slice(0, NUMBERS_SHOWN).join(', ');
  return refused(
    `no order of this shop matches; no order has the number ${some}${unknownNumbers.length > NUMBERS_SHOWN ? `, and ${unknownNumbers.length - NUMBERS_SHOWN} more` : ''}`,
    'use the numbers that the shop shows, and name the shop with --shop where there are several',
  );
}
