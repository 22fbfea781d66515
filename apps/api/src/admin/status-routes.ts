import { progressOf, timelineOf } from '@relay/ledger';
import {
  askPoll,
  findOrder,
  resolveUpdates,
  settleStatusConflict,
  statusOverview,
  type Relay,
} from '@relay/operations';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { accepted, answers } from './answers.js';
import { actOf } from './act-of.js';
import { chosenShop } from './chosen-shop.js';
import { listOf, ofShop, orderParams } from './order-schemas.js';

const tags = ['statuses'];

const skuStatuses = listOf(z.object({ sku: z.string(), status: z.string() })).nullable();

const progressSchema = z.object({
  copy: z.number().describe('1, and 2, 3, … for reprints'),
  hft71OrderId: z.string(),
  status: z.string().nullable().describe('HFT71’s, of the least advanced line; null before the first reading'),
  statusSince: z.date().nullable(),
  statuses: skuStatuses,
  customerStatuses: skuStatuses,
  shipping: z
    .object({ carrier: z.string().nullable(), tracking: z.string().nullable(), trackingRet: z.string().nullable() })
    .nullable(),
  readAt: z.date().nullable(),
  pollAt: z.date().nullable().describe('When it is read next'),
  isDue: z.boolean(),
  isPolling: z.boolean(),
  fault: z.string().nullable().describe('Why the last reading was not believed'),
  faultSince: z.date().nullable(),
  ended: z.string().nullable().describe('Why it is read no more'),
  conflict: z.string().nullable().describe('A person set another status in the shop'),
});

const timelineSchema = z.object({
  shopId: z.string(),
  orderId: z.number(),
  number: z.string(),
  progress: listOf(progressSchema),
  entries: listOf(
    z.object({
      at: z.date(),
      kind: z.string().describe('webhook, order, job, attempt, call, look-up, state, status, operator, alert'),
      what: z.string(),
      requestId: z.string().nullable(),
    }),
  ).describe('The oldest first'),
});

const overviewSchema = z.object({
  shop: z.string(),
  mapping: listOf(z.object({ hft71Status: z.string(), shopStatus: z.string().nullable() })),
  counts: listOf(z.object({ status: z.string(), orders: z.number(), isKnown: z.boolean() })),
  conflicts: listOf(
    z.object({
      orderId: z.number(),
      number: z.string(),
      hft71OrderId: z.string(),
      status: z.string().nullable(),
      conflict: z.string(),
    }),
  ),
  heldUpdates: listOf(
    z.object({
      shopId: z.string(),
      orderId: z.number(),
      number: z.string(),
      kind: z.string(),
      reason: z.string(),
      detail: z.string().nullable(),
      since: z.date(),
      hft71OrderId: z.string().nullable(),
    }),
  ),
  blockedUpdates: listOf(
    z.object({
      shopId: z.string(),
      orderId: z.number(),
      number: z.string(),
      kind: z.string(),
      sendState: z.string().describe('The order’s own'),
      sendReason: z.string().nullable(),
      since: z.date(),
    }),
  ).describe('Told to HFT71 once the order itself is settled'),
});

const conflictBody = z.object({
  how: z.enum(['accept', 'overwrite']).describe('accept: keep the shop’s status; overwrite: set HFT71’s'),
  reason: z.string().trim().min(1).max(500),
});

const updateBody = z.object({
  how: z.enum(['done', 'again']).describe('done: by hand at HFT71; again: tell HFT71 once more'),
  reason: z.string().trim().min(1).max(500),
});

const ENTRIES = 1_000;

/** What has become of accepted orders: the same use cases as `relay trace`, `relay poll`, `relay statuses`. */
export const statusRoutes: FastifyPluginAsyncZod<{ relay: Relay }> = async (app, { relay }) => {
  app.get(
    '/orders/:order/timeline',
    {
      schema: {
        tags,
        summary: 'Everything that happened to one order',
        params: orderParams,
        querystring: ofShop,
        response: answers(timelineSchema),
      },
    },
    async ({ params, query }) => {
      const { order } = accepted(await findOrder(relay, params.order, query.shop));
      const { shopId, orderId, number } = order;
      const [progress, entries] = await Promise.all([
        progressOf(relay.ledger, order),
        timelineOf(relay.ledger, order, ENTRIES),
      ]);
      return { shopId, orderId, number, progress, entries };
    },
  );

  app.post(
    '/orders/:order/poll',
    {
      schema: {
        tags,
        summary: 'Have the order’s status read at HFT71 now',
        params: orderParams,
        querystring: ofShop,
        response: answers(z.object({ shopId: z.string(), orderId: z.number() })),
      },
    },
    async ({ params, query }) => {
      const { shopId, orderId } = accepted(await askPoll(relay, params.order, query.shop));
      return { shopId, orderId };
    },
  );

  app.post(
    '/orders/:order/updates',
    {
      schema: {
        tags,
        summary: 'Settle an edit or a cancellation that HFT71 was not told',
        params: orderParams,
        querystring: ofShop,
        body: updateBody,
        response: answers(z.object({ order: z.string(), updates: z.number() })),
      },
    },
    async (request) => {
      const { updates } = accepted(await resolveUpdates(relay, actOf(request), request.body.how));
      return { order: request.params.order, updates };
    },
  );

  app.post(
    '/orders/:order/status-conflict',
    {
      schema: {
        tags,
        summary: 'Say what becomes of a status that a person set by hand in the shop',
        params: orderParams,
        querystring: ofShop,
        body: conflictBody,
        response: answers(z.object({ order: z.string(), conflict: z.string() })),
      },
    },
    async (request) => {
      const { conflict } = accepted(await settleStatusConflict(relay, actOf(request), request.body.how));
      return { order: request.params.order, conflict };
    },
  );

  app.get(
    '/statuses',
    {
      schema: {
        tags,
        summary: 'HFT71’s statuses, what the shop makes of them, and what needs a person',
        querystring: ofShop,
        response: answers(overviewSchema),
      },
    },
    async ({ query: { shop } }) => statusOverview(relay, chosenShop(relay, shop)),
  );
};
