import { STATUS_CLASSES } from '@relay/ledger';
import { searchAudit, searchCalls, type Relay } from '@relay/operations';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { accepted, answers } from './answers.js';
import { chosenShop } from './chosen-shop.js';
import { listOf, ofShop } from './order-schemas.js';

const tags = ['record'];
const MOST = 1_000;

const window = ofShop.extend({
  order: z.string().min(1).optional().describe('The shop’s number, its id, or HFT71’s id'),
  since: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
  limit: z.coerce.number().int().min(1).max(MOST).default(100).describe('The latest'),
});

const callQuery = window.extend({
  action: z.string().min(1).optional(),
  class: z.enum(STATUS_CLASSES).optional().describe('none: no answer came'),
  target: z.enum(['shop', 'hft71']).optional(),
});

const auditQuery = window.extend({
  by: z.string().min(1).optional(),
  action: z.string().min(1).optional().describe('All of `orders`, or `orders hold` alone'),
});

const callsSchema = z.object({
  calls: listOf(
    z.object({
      id: z.number(),
      at: z.date(),
      shopId: z.string().nullable(),
      target: z.string(),
      action: z.string(),
      method: z.string(),
      path: z.string(),
      status: z.number().nullable().describe('null: no answer came, and `code` says why'),
      code: z.string().nullable(),
      durationMs: z.number(),
      orderId: z.number().nullable(),
      requestId: z.string().nullable().describe('What the other side calls the request'),
    }),
  ).describe('The oldest first'),
});

const auditSchema = z.object({
  lines: listOf(
    z.object({
      id: z.number(),
      at: z.date(),
      actor: z.string(),
      action: z.string(),
      subject: z.string(),
      reason: z.string().nullable(),
      details: z.record(z.string(), z.unknown()).nullable(),
    }),
  ).describe('The oldest first'),
});

const dates = ({ since, until }: { since?: string | undefined; until?: string | undefined }) => ({
  since: since === undefined ? undefined : new Date(since),
  until: until === undefined ? undefined : new Date(until),
});

/** The same use cases as `relay log` and `relay audit`. */
export const recordRoutes: FastifyPluginAsyncZod<{ relay: Relay }> = async (app, { relay }) => {
  const knownShop = (shop: string | undefined) => (shop === undefined ? undefined : chosenShop(relay, shop).id);

  app.get(
    '/log',
    {
      schema: {
        tags,
        summary: 'Calls to the shop and to HFT71, and how they ended',
        querystring: callQuery,
        response: answers(callsSchema),
      },
    },
    async ({ query: { shop, order, action, target, limit, class: statusClass, ...times } }) => {
      const search = { shopId: knownShop(shop), order, action, target, statusClass, limit, ...dates(times) };
      return { calls: accepted(await searchCalls(relay, search)).calls };
    },
  );

  app.get(
    '/audit',
    {
      schema: {
        tags,
        summary: 'Who did what, when, to what, and why',
        querystring: auditQuery,
        response: answers(auditSchema),
      },
    },
    async ({ query: { shop, order, by, action, limit, ...times } }) => {
      const search = { shopId: knownShop(shop), order, actor: by, action, limit, ...dates(times) };
      return { lines: accepted(await searchAudit(relay, search)).lines };
    },
  );
};
