import { firingAlerts, listIncidents } from '@relay/ledger';
import { actOnIncident, findIncident, reportIncident, type Relay } from '@relay/operations';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { callerName } from './admin-access.js';
import { accepted, answers } from './answers.js';
import { chosenShop } from './chosen-shop.js';
import { listOf, ofShop, reason } from './order-schemas.js';

const tags = ['incidents'];

const severity = z.number().describe('1, 2 or 3');

const incident = {
  id: z.number(),
  cause: z.string().describe('An account’s id, or relay'),
  severity,
  title: z.string(),
  state: z.enum(['firing', 'acknowledged', 'mitigated', 'resolved']),
  startedAt: z.date(),
  endedAt: z.date().nullable().describe('When the last of its alerts was last true'),
  openedAt: z.date(),
  acknowledgeBy: z.date(),
  acknowledgedAt: z.date().nullable(),
  acknowledgedBy: z.string().nullable(),
  acknowledgedLate: z.boolean(),
  mitigateBy: z.date().nullable().describe('null: no target'),
  mitigatedAt: z.date().nullable(),
  mitigatedBy: z.string().nullable(),
  mitigatedLate: z.boolean(),
  resolvedAt: z.date().nullable(),
  resolvedBy: z.string().nullable().describe('relay, or who closed it'),
  reason: z.string().nullable(),
  firing: z.number(),
  alerts: z.number(),
};

const alertSchema = z.object({
  id: z.number(),
  kind: z.string(),
  severity,
  subject: z.string(),
  message: z.string(),
  since: z.date(),
  openedAt: z.date(),
  endedAt: z.date().nullable().describe('Until when its condition held'),
  resolvedAt: z.date().nullable(),
  incidentId: z.number().nullable(),
});

const wholeSchema = z.object({
  ...incident,
  gathered: listOf(alertSchema),
  timeline: listOf(z.object({ at: z.date(), change: z.string(), actor: z.string(), what: z.string() })),
  messages: listOf(
    z.object({
      change: z.string(),
      channel: z.string(),
      createdAt: z.date(),
      deliveredAt: z.date().nullable(),
      tries: z.number(),
      lastFailure: z.string().nullable(),
    }),
  ),
});

const answerOfCall = { status: z.number().nullable(), code: z.string().nullable() };

const reportSchema = z.object({
  incident: wholeSchema,
  evidence: z.object({
    startedAt: z.string().describe('UTC'),
    endedAt: z.string().nullable(),
    affected: z
      .object({
        total: z.number(),
        sent: z.number(),
        inDoubt: z.number(),
        held: z.number(),
        waiting: z.number(),
        withdrawn: z.number(),
        numbers: listOf(z.string()),
      })
      .describe('Orders whose hand-off failed, or waited for longer than a minute'),
    failingCalls: listOf(
      z.object({
        target: z.string(),
        action: z.string(),
        method: z.string(),
        path: z.string(),
        ...answerOfCall,
        calls: z.number(),
      }),
    ),
    requests: listOf(
      z.object({
        at: z.string(),
        action: z.string(),
        ...answerOfCall,
        requestId: z.string(),
        orderId: z.number().nullable(),
      }),
    ),
  }),
  runbook: listOf(z.string()),
  checklist: listOf(z.string()),
  markdown: z.string(),
});

const params = z.object({ incident: z.coerce.number().int().min(1).max(999_999_999) });
const limit = z.coerce.number().int().min(1).max(1_000).default(100);
const ackBody = z.strictObject({ reason: reason.optional() });
const actBody = z.strictObject({ reason });

/** Alerts and what gathers them: the same use cases as `relay incident …`. */
export const incidentRoutes: FastifyPluginAsyncZod<{ relay: Relay }> = async (app, { relay }) => {
  app.get(
    '/alerts',
    {
      schema: {
        tags,
        summary: 'Alerts that fire, the worst first',
        querystring: z.strictObject({ limit }),
        response: answers(z.object({ alerts: listOf(alertSchema) })),
      },
    },
    async ({ query }) => ({ alerts: await firingAlerts(relay.ledger, query.limit) }),
  );

  app.get(
    '/incidents',
    {
      schema: {
        tags,
        summary: 'Open incidents, the worst first; with all=true those that are over too',
        querystring: ofShop.extend({ all: z.enum(['true', 'false']).default('false'), limit }),
        response: answers(z.object({ incidents: listOf(z.object(incident)) })),
      },
    },
    async ({ query: { all, limit: most, shop } }) => ({
      incidents: await listIncidents(relay.ledger, {
        all: all === 'true',
        limit: most,
        ...(shop === undefined ? {} : { shopId: chosenShop(relay, shop).id }),
      }),
    }),
  );

  app.get(
    '/incidents/:incident',
    {
      schema: {
        tags,
        summary: 'One incident with its alerts and its timeline',
        params,
        response: answers(wholeSchema),
      },
    },
    async (request) => accepted(await findIncident(relay, request.params.incident)).incident,
  );

  app.get(
    '/incidents/:incident/report',
    {
      schema: {
        tags,
        summary: 'What an escalation and a post-mortem need, as data and as Markdown',
        params,
        response: answers(reportSchema),
      },
    },
    async (request) => accepted(await reportIncident(relay, request.params.incident)).report,
  );

  const acts = [
    ['acknowledge', 'Somebody looks after it', ackBody],
    ['mitigate', 'No order suffers from it any more', actBody],
    ['close', 'End it by hand, once none of its alerts is true any more', actBody],
  ] as const;
  for (const [how, summary, body] of acts)
    app.post(
      `/incidents/:incident/${how}`,
      { schema: { tags, summary, params, body, response: answers(wholeSchema) } },
      async (request) => {
        const by = {
          incidentId: request.params.incident,
          actor: callerName(request.caller),
          reason: request.body.reason ?? null,
        };
        return accepted(await actOnIncident(relay, how, by)).incident;
      },
    );
};
