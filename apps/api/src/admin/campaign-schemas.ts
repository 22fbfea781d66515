import { CAMPAIGN_PARTS, CAMPAIGN_STATES, HAND_OFF_STATES } from '@relay/core';
import { CALL_ERRORS, campaignSelectionSchema } from '@relay/ledger';
import { CAMPAIGN_BOUNDS, DEFAULT_CAMPAIGN_RULES } from '@relay/operations';
import { z } from 'zod';
import { listOf, ofShop, reason } from './order-schemas.js';

const instant = z.date().nullable();
const state = z.enum(HAND_OFF_STATES).nullable();
const part = z.enum(CAMPAIGN_PARTS);

const progress = z
  .object({
    total: z.number().describe('Orders that the campaign sends'),
    waiting: z.number().describe('Not released yet, or put back'),
    released: z.number().describe('Waiting for their place, or on their way'),
    accepted: z.number().describe('At HFT71'),
    failed: z.number(),
    inDoubt: z.number(),
    left: z.number().describe('Cancelled, skipped or held by a person after the release'),
    passedOver: z.number().describe('Another one’s matter when their turn came'),
    readBack: z.number().describe('Of the accepted: the shop shows their id'),
  })
  .describe('Counted at this moment; all but readBack add up to total');

export const campaignSchema = z.object({
  id: z.number(),
  shopId: z.string(),
  accountId: z.string(),
  state: z.enum(CAMPAIGN_STATES),
  stateReason: z.string().nullable(),
  stateSince: z.date(),
  selection: campaignSelectionSchema,
  unknownNumbers: listOf(z.string()).describe('Asked for, and no order of the shop has them'),
  batchSize: z.number().nullable(),
  canarySize: z.number().nullable(),
  share: z.number().nullable().describe('0 … 1, of the account’s budget and send window'),
  stopPercent: z.number().nullable(),
  batchNo: z.number(),
  createdBy: z.string(),
  createdAt: z.date(),
  reason: z.string().nullable(),
  startedAt: instant,
  canaryPassedAt: instant,
  watchUntil: instant,
  endedAt: instant,
  parts: z.record(part, z.number()).describe('What its selection matched'),
  progress,
  acceptedLastMinute: z.number(),
});

const estimate = z.object({
  orders: z.number(),
  ordersPerMinute: z.number(),
  durationMs: z.number().describe('At least'),
  share: z.number(),
  limit: z.object({ calls: z.number(), windowMs: z.number() }).describe('HFT71’s, as it is granted now'),
});

export const planSchema = z.object({
  campaignId: z.number().nullable().describe('To be started; null where there is nothing to send'),
  shopId: z.string(),
  selection: campaignSelectionSchema,
  notes: listOf(z.string()).describe('How the selection was understood'),
  orders: z.number().describe('That it matched'),
  toSend: z.number(),
  parts: listOf(z.object({ part, orders: z.number(), settledBy: z.string(), numbers: listOf(z.string()) })),
  reasons: listOf(z.object({ state: z.string(), reason: z.string().nullable(), part, orders: z.number() })),
  hft71s: z.number().describe('That HFT71 is to make anything of, as far as is known'),
  unknownNumbers: listOf(z.string()),
  estimate,
  sample: listOf(
    z.object({
      orderId: z.number(),
      number: z.string(),
      state,
      reason: z.string().nullable(),
      detail: z.string().nullable(),
      lastFailure: z.string().nullable(),
      since: instant,
    }),
  ),
});

export const statusSchema = z.object({
  campaign: campaignSchema,
  remaining: estimate.nullable().describe('null where nothing is to be sent any more'),
});

export const reportSchema = statusSchema.extend({
  planned: listOf(z.object({ part, state, reason: z.string().nullable(), orders: z.number() })),
  unfinished: listOf(
    z.object({
      orderId: z.number(),
      number: z.string(),
      part,
      plannedState: state,
      plannedReason: z.string().nullable(),
      batchNo: z.number().nullable(),
      outcome: z.string().nullable(),
      outcomeReason: z.string().nullable(),
      readBack: z.string().nullable(),
      state: state.describe('What the order is now'),
      reason: z.string().nullable(),
      hft71OrderId: z.string().nullable(),
      settledBy: z.string(),
    }),
  ),
  moreUnfinished: z.boolean(),
});

const words = z.array(z.string().max(200)).max(50_000).optional();

/** Judged by the use case, in the same words as the command's: a mistake is answered 409 with what to do. */
export const planBody = z.strictObject({
  from: z.string().optional().describe('2026-11-23 (a day in UTC), or a time with its zone'),
  to: z.string().optional(),
  states: words,
  reasons: words.describe('mapping, deadline, http-422, …; person only by name'),
  errors: words.describe(Object.keys(CALL_ERRORS).join(', ')),
  actions: words.describe('Of failed calls: send_order, …'),
  httpStatuses: words.describe('Of calls; 0 for no answer'),
  shopStatuses: words,
  skus: words,
  orders: words.describe('The shop’s numbers, or its ids'),
  csv: z.string().optional().describe('The same as a CSV’s text'),
});

const rule = (name: keyof typeof CAMPAIGN_BOUNDS) =>
  z.number().int().min(CAMPAIGN_BOUNDS[name][0]).max(CAMPAIGN_BOUNDS[name][1]).default(DEFAULT_CAMPAIGN_RULES[name]);

export const startBody = z.strictObject({
  reason,
  batchSize: rule('batchSize'),
  canarySize: rule('canarySize').describe('A first small batch, all of which must get through'),
  sharePercent: rule('sharePercent').describe('Of HFT71’s budget and send window'),
  stopPercent: rule('stopPercent').describe('More failures of a batch pause it'),
});

export const campaignParams = z.object({ campaign: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) });
export const listQuery = ofShop.extend({ limit: z.coerce.number().int().min(1).max(200).default(50) });
export const reportQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(10_000).default(200).describe('Unfinished orders at most'),
});
