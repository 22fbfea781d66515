import { STOCK_FINDINGS, type StockFinding } from '@relay/ledger';
import {
  askStockRun,
  boost,
  endBoost,
  explainedDrift,
  setSafety,
  stockReport,
  stockRun,
  stockStatus,
  verifiedStock,
  type Relay,
} from '@relay/operations';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { callerName } from './admin-access.js';
import { accepted, answers, RefusedRequest } from './answers.js';
import { chosenShop } from './chosen-shop.js';
import { listOf, ofShop } from './order-schemas.js';

const tags = ['stock'];
const FINDINGS = Object.keys(STOCK_FINDINGS) as [StockFinding, ...StockFinding[]];
const sku = z.string().min(1).max(200);
const reason = z.string().trim().min(1).max(500).nullish();

const runSchema = z.looseObject({
  id: z.string(),
  kind: z.enum(['scheduled', 'asked', 'check']),
  state: z.enum(['wanted', 'running', 'finished', 'refused', 'failed', 'broken_off']),
  step: z.string().nullable().describe('feed, catalogue, shop, orders, write, check'),
  startedAt: z.date().nullable(),
  endedAt: z.date().nullable(),
  pages: z.number(),
  skus: z.number(),
  matched: z.number().describe('Products that HFT71 has and whose stock the shop manages'),
  differences: z.number(),
  written: z.number(),
  writeCalls: z.number(),
  calls: z.number(),
  skipped: z.number().describe('Moved between the comparison and the write: left for the next run'),
  errors: z.number(),
  raced: z.number().describe('Sales that a write had overwritten, corrected'),
  failure: z.string().nullable(),
});
const statusSchema = z.looseObject({
  shop: z.string(),
  enabled: z.boolean(),
  everyMs: z.number(),
  boost: z.object({ everyMs: z.number(), until: z.date() }).nullable(),
  lastSync: z.date().nullable(),
  drifting: z.number(),
  findings: listOf(z.object({ kind: z.enum(FINDINGS), count: z.number() })),
  runs: listOf(runSchema).describe('The newest first'),
});
const driftSchema = z.looseObject({
  sku: z.string(),
  shop: z.number().nullable(),
  hft71: z.number().nullable(),
  target: z.number().describe('What the shop is to show'),
  difference: z.number(),
  differsSince: z.date().nullable(),
  likelyCause: z.string(),
});
const verifiedSchema = z.object({
  sku: z.string(),
  shop: z.number().nullable(),
  hft71: z.number().nullable(),
  expected: z.number().nullable(),
  difference: z.number().nullable(),
  note: z.string().nullable().describe('Why it is not compared'),
});

/** The same use cases as `relay stock`. */
export const stockRoutes: FastifyPluginAsyncZod<{ relay: Relay }> = async (app, { relay }) => {
  app.get(
    '/stock',
    { schema: { tags, summary: 'How the stock sync stands', querystring: ofShop, response: answers(statusSchema) } },
    async ({ query }) => {
      const status = await stockStatus(relay, chosenShop(relay, query.shop));
      return { ...status, runs: status.runs.map((run) => ({ ...run })) };
    },
  );

  app.post(
    '/stock/runs',
    {
      schema: {
        tags,
        summary: 'Compare the stock now; a worker makes the run',
        querystring: ofShop,
        body: z.object({
          skus: z.array(sku).min(1).max(10_000).nullish().describe('These alone; left out: all'),
          dryRun: z.boolean().default(false),
          force: z.boolean().default(false).describe('Beyond the limits; needs a reason'),
          reason,
        }),
        response: answers(z.object({ run: z.string() })),
      },
    },
    async ({ query, body, caller }) => {
      const { skus = null, dryRun, force } = body;
      const act = { actor: callerName(caller), reason: body.reason ?? null };
      const asked = accepted(await askStockRun(relay, chosenShop(relay, query.shop), { skus, dryRun, force }, act));
      return { run: asked.runId };
    },
  );

  app.get(
    '/stock/runs/:run',
    {
      schema: {
        tags,
        summary: 'One run, how far it is',
        params: z.object({ run: z.string() }),
        response: answers(runSchema),
      },
    },
    async ({ params }) => {
      const run = await stockRun(relay, params.run);
      if (run !== null) return { ...run };
      const what = `there is no stock run ${params.run}`;
      throw new RefusedRequest({ kind: 'refused', what, toDo: 'GET /stock lists the latest', isUnknown: true });
    },
  );

  app.get(
    '/stock/drift',
    {
      schema: {
        tags,
        summary: 'Where the shop’s figure is another than it should be, and why',
        querystring: ofShop.extend({ limit: z.coerce.number().int().min(1).max(1_000).default(200) }),
        response: answers(listOf(driftSchema)),
      },
    },
    async ({ query }) =>
      listed(await explainedDrift(relay, chosenShop(relay, query.shop), query.limit)).map((row) => ({ ...row })),
  );

  app.post(
    '/stock/verify',
    {
      schema: {
        tags,
        summary: 'Read a sample live from both sides, and compare',
        querystring: ofShop,
        body: z.object({
          sample: z.number().int().min(1).max(1_000).default(50),
          skus: z.array(sku).min(1).max(1_000).nullish(),
        }),
        response: answers(listOf(verifiedSchema)),
      },
    },
    async ({ query, body }) =>
      listed(await verifiedStock(relay, chosenShop(relay, query.shop), { skus: body.skus ?? null, size: body.sample })),
  );

  app.get(
    '/stock/report',
    {
      schema: {
        tags,
        summary: 'What a run does not touch, and why',
        querystring: ofShop.extend({
          kind: z.enum(FINDINGS).optional(),
          after: z.string().default(''),
          limit: z.coerce.number().int().min(1).max(1_000).default(500),
        }),
        response: answers(listOf(z.object({ kind: z.enum(FINDINGS), sku: z.string(), detail: z.string().nullable() }))),
      },
    },
    async ({ query: { shop, kind = null, after, limit } }) =>
      listed(await stockReport(relay, chosenShop(relay, shop), { kind, after, limit })),
  );

  app.post(
    '/stock/boost',
    {
      schema: {
        tags,
        summary: 'Compare more often for a while; null ends it',
        querystring: ofShop,
        body: z.object({
          everyMs: z.number().int().min(1).nullable(),
          forMs: z.number().int().min(1).default(7_200_000),
          reason,
        }),
        response: answers(z.object({ until: z.date().nullable() })),
      },
    },
    async ({ query, body, caller }) => {
      const shop = chosenShop(relay, query.shop);
      const act = { actor: callerName(caller), reason: body.reason ?? null };
      if (body.everyMs === null) {
        await endBoost(relay, shop, act);
        return { until: null };
      }
      const { until } = accepted(await boost(relay, shop, { everyMs: body.everyMs, forMs: body.forMs }, act));
      return { until };
    },
  );

  app.post(
    '/stock/safety',
    {
      schema: {
        tags,
        summary: 'Pieces of one SKU that are never offered',
        querystring: ofShop,
        body: z.object({ sku, pieces: z.number().int().min(0).max(1_000_000).nullable(), reason }),
        response: answers(z.object({ sku: z.string(), pieces: z.number().nullable() })),
      },
    },
    async ({ query, body, caller }) => {
      const act = { actor: callerName(caller), reason: body.reason ?? null };
      accepted(await setSafety(relay, chosenShop(relay, query.shop), body, act));
      return { sku: body.sku, pieces: body.pieces };
    },
  );
};

function listed<T>(found: readonly T[] | Parameters<typeof accepted>[0]): readonly T[] {
  if (!('kind' in found)) return found;
  throw new RefusedRequest(found as ConstructorParameters<typeof RefusedRequest>[0]);
}
