import { HAND_OFF_STATES } from '@relay/core';
import { z } from 'zod';

export const listOf = <T extends z.ZodType>(each: T) => z.array(each).readonly();
const instant = z.date().nullable();
const state = z.enum(HAND_OFF_STATES);

const attempt = z.object({
  token: z.string(),
  worker: z.string(),
  preparedAt: z.date(),
  claimedAt: instant,
  leftAt: instant,
  endedAt: instant,
  outcome: z.string().nullable(),
  cause: z.string().nullable(),
  httpStatus: z.number().nullable(),
  errorCode: z.string().nullable(),
  hft71OrderId: z.string().nullable(),
});

const orderName = {
  shopId: z.string(),
  orderId: z.number().describe('The id in the shop'),
  number: z.string().describe('The number that the shop shows'),
  copy: z.number().describe('1; 2, 3, … for reprints, named <number>-R2 in a path'),
  reference: z.string().nullable().describe('What HFT71 knows the order by'),
};

export const forPersonSchema = z.object({
  held: listOf(
    z.object({
      ...orderName,
      state,
      reason: z.string(),
      identityChanged: z.boolean().describe('The shop uses its id for another order now'),
      detail: z.string().nullable(),
      since: z.date(),
      hft71OrderId: z.string().nullable(),
      token: z.string().nullable().describe('To be repeated as `attempt` in a resolution'),
      settleUntil: instant,
      resolvedBy: z.string().describe('What a person does about it'),
    }),
  ).describe('They wait for a person, the longest first'),
  more: z.boolean(),
  inDoubt: listOf(
    z.object({
      ...orderName,
      since: z.date(),
      cause: z.string().nullable(),
      settleUntil: instant,
      nextLookUpAt: instant,
      lookUps: z.number(),
      cancelRequested: z.boolean(),
    }),
  ).describe('They are being settled, and not sent again before'),
  moreInDoubt: z.boolean(),
});

const reprint = z.object({
  copy: z.number(),
  reference: z.string(),
  state,
  reason: z.string().nullable(),
  hft71OrderId: z.string().nullable(),
  stateSince: z.date(),
  attempts: listOf(attempt),
});

const call = z.object({
  at: z.date(),
  target: z.string(),
  action: z.string(),
  method: z.string(),
  path: z.string(),
  status: z.number().nullable(),
  code: z.string().nullable(),
  durationMs: z.number(),
});

export const orderSchema = z.object({
  ...orderName,
  shopMode: z.string(),
  shopStatus: z.string(),
  state: state.nullable().describe('null: in its status it is not sent'),
  reason: z.string().nullable(),
  detail: z.string().nullable(),
  resolvedBy: z.string().nullable().describe('What a person does about it; null where nobody has to'),
  hft71OrderId: z.string().nullable(),
  shopHft71Id: z.string().nullable().describe('What the shop shows'),
  identityChanged: z.boolean(),
  token: z.string().nullable().describe('To be repeated as `attempt` in a resolution'),
  stateSince: instant,
  doubtSince: instant,
  settleUntil: instant,
  cancelRequested: z.boolean(),
  notBefore: instant,
  failures: z.number(),
  lastFailure: z.string().nullable(),
  writeBackState: z.string().nullable(),
  writeBackFailure: z.string().nullable(),
  attempts: listOf(attempt),
  lookUps: listOf(
    z.object({
      startedAt: z.date(),
      answer: z.string(),
      detail: z.string().nullable(),
      hft71OrderId: z.string().nullable(),
    }),
  ),
  calls: listOf(call),
  audit: listOf(
    z.object({
      at: z.date(),
      actor: z.string(),
      action: z.string(),
      reason: z.string().nullable(),
      details: z.record(z.string(), z.unknown()).nullable(),
    }),
  ),
  reprints: listOf(reprint),
});

export const ofShop = z.strictObject({
  shop: z.string().min(1).optional().describe('Which shop, where there are several'),
});
export const heldQuery = ofShop.extend({
  limit: z.coerce.number().int().min(1).max(1_000).default(50).describe('How many at most, of each list'),
});
export const orderParams = z.object({
  order: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .describe('The shop’s order number, its id, its reference, or HFT71’s id; a reprint as <number>-R2'),
});

export const reason = z.string().trim().min(1).max(500).describe('Why, for the record');
export const actBody = z.strictObject({ reason });

const attemptShown = z
  .guid()
  .toLowerCase()
  .nullable()
  .describe('The order’s token as it was shown: binds the answer to what was looked at. null where none was shown');

export const resolveBody = z.discriminatedUnion('resolution', [
  z.strictObject({
    resolution: z.literal('exists').describe('HFT71 has it; the id is verified there'),
    hft71OrderId: z.string().trim().min(1).max(64),
    attempt: attemptShown,
    reason,
  }),
  z.strictObject({
    resolution: z.literal('send').describe('HFT71 does not have it: this sends it'),
    attempt: attemptShown,
    reason,
  }),
]);

export const nowSchema = z.object({ order: z.string(), state: z.string().describe('The order’s state now') });
export const heldSchema = nowSchema.extend({
  leftCampaigns: z.array(z.number()).describe('Campaigns that had the order on their list, and pass it over now'),
});
export const resolvedSchema = nowSchema.extend({
  isAnothersNow: z
    .literal(true)
    .optional()
    .describe('The shop uses its id for another order now, which still waits for a person'),
});
export const reprintSchema = z.object({ order: z.string(), reference: z.string() });
