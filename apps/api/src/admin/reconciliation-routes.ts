import { reconciliations } from '@relay/ledger';
import { askReconciliation, readReconciliation, writeBackOrder, type Relay } from '@relay/operations';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { actOf } from './act-of.js';
import { callerName } from './admin-access.js';
import { accepted, answers, answersLater } from './answers.js';
import { chosenShop } from './chosen-shop.js';
import { listOf, ofShop, orderParams } from './order-schemas.js';

const tags = ['reconciliation'];

const runSchema = z.object({
  id: z.number(),
  startedBy: z.string().describe('`schedule`, or the person who asked for it'),
  startedAt: z.date(),
  endedAt: z.date().nullable().describe('null while it runs, and for ever where its process died'),
  windowFrom: z.date(),
  shopOrders: z.number(),
  ledgerOrders: z.number(),
  hft71Reads: z.number(),
  hft71Unread: z.number().describe('Ids that HFT71 was not asked for'),
  received: z.number(),
  counts: z.record(z.string(), z.number()).describe('By kind, all of them'),
  faults: listOf(z.string()).describe('What kept it from being complete'),
});

const reportSchema = z.object({
  shop: z.string(),
  run: runSchema.nullable().describe('null before the first'),
  ok: z.boolean().describe('Nothing disagrees, and every side was asked to the end'),
  kinds: listOf(
    z.object({
      kind: z.string(),
      what: z.string(),
      toDo: z.string(),
      count: z.number(),
      findings: listOf(z.object({ orderId: z.number(), number: z.string(), detail: z.string() })),
    }),
  ),
});

const FINDINGS = 5_000;

/** As `relay reconcile --window`. */
const LONGEST_WINDOW_MS = 366 * 86_400_000;

/**
 * What disagrees between shop, ledger and HFT71: what `relay reconcile --last` shows. The runs are the workers', also those
 * that are asked for here.
 */
export const reconciliationRoutes: FastifyPluginAsyncZod<{ relay: Relay }> = async (app, { relay }) => {
  app.get(
    '/reconciliation',
    {
      schema: {
        tags,
        summary: 'What the last comparison of shop, ledger and HFT71 found',
        querystring: ofShop,
        response: answers(reportSchema),
      },
    },
    async ({ query }) => {
      const shop = chosenShop(relay, query.shop);
      const report = await readReconciliation(relay, shop.id, FINDINGS);
      return { shop: shop.id, ...(report ?? { run: null, ok: false, kinds: [] }) };
    },
  );

  app.post(
    '/reconciliation',
    {
      schema: {
        tags,
        summary: 'Compare shop, ledger and HFT71 now; a worker makes the run',
        querystring: ofShop,
        body: z.strictObject({
          windowMs: z
            .number()
            .int()
            .min(1_000)
            .max(LONGEST_WINDOW_MS)
            .nullish()
            .describe('How far back orders are compared; left out: RELAY_RECONCILE_WINDOW'),
          reason: z.string().trim().min(1).max(500).nullish(),
        }),
        response: answersLater(
          z.object({
            shop: z.string(),
            startedBy: z.string(),
            windowMs: z.number(),
            next: z.string().describe('What will happen'),
          }),
        ),
      },
    },
    async ({ query, body, caller }, reply) => {
      const shop = chosenShop(relay, query.shop);
      const actor = callerName(caller);
      const wish = { actor, reason: body.reason ?? null };
      const { windowMs } = accepted(
        await askReconciliation(relay, shop, body.windowMs == null ? wish : { ...wish, windowMs: body.windowMs }),
      );
      const next = 'A worker begins it within seconds, once the shop may be called: GET /reconciliation/runs shows it.';
      return reply.code(202).send({ shop: shop.id, startedBy: actor, windowMs, next });
    },
  );

  app.get(
    '/reconciliation/runs',
    {
      schema: {
        tags,
        summary: 'The last comparisons, the newest first',
        querystring: ofShop,
        response: answers(z.object({ shop: z.string(), runs: listOf(runSchema) })),
      },
    },
    async ({ query }) => {
      const shop = chosenShop(relay, query.shop);
      return { shop: shop.id, runs: await reconciliations(relay.ledger, shop.id) };
    },
  );

  app.post(
    '/orders/:order/write-back',
    {
      schema: {
        tags,
        summary: 'Write HFT71’s id and status into the shop once more',
        params: orderParams,
        querystring: ofShop,
        body: z.object({ reason: z.string().trim().min(1).max(500) }).strict(),
        response: answers(z.object({ order: z.string(), hft71OrderId: z.string().nullable() })),
      },
    },
    async (request) => {
      const { hft71OrderId } = accepted(await writeBackOrder(relay, actOf(request)));
      return { order: request.params.order, hft71OrderId };
    },
  );
};
