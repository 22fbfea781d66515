import {
  cancelResend,
  pauseResend,
  planResend,
  resendList,
  resendReport,
  resendStatus,
  resumeResend,
  startResend,
  type Relay,
} from '@relay/operations';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { callerName } from './admin-access.js';
import { accepted, answers } from './answers.js';
import {
  campaignParams,
  campaignSchema,
  listQuery,
  planBody,
  planSchema,
  reportQuery,
  reportSchema,
  startBody,
  statusSchema,
} from './campaign-schemas.js';
import { chosenShop } from './chosen-shop.js';
import { actBody, listOf, ofShop } from './order-schemas.js';

const tags = ['campaigns'];
/** 50,000 order numbers, with room for their quotes. */
const BODY_LIMIT = 4 * 1024 * 1024;

/** The same use cases as `relay resend …`. */
export const campaignRoutes: FastifyPluginAsyncZod<{ relay: Relay }> = async (app, { relay }) => {
  app.post(
    '/campaigns',
    {
      bodyLimit: BODY_LIMIT,
      schema: {
        tags,
        summary: 'Plan a batch re-send: which orders, and what becomes of the others. Nothing is sent',
        querystring: ofShop,
        body: planBody,
        response: answers(planSchema),
      },
    },
    async ({ query, body, caller }) =>
      accepted(await planResend(relay, chosenShop(relay, query.shop), body, { actor: callerName(caller) })),
  );

  app.get(
    '/campaigns',
    {
      schema: {
        tags,
        summary: 'Campaigns, the newest first',
        querystring: listQuery,
        response: answers(listOf(campaignSchema)),
      },
    },
    async ({ query: { shop, limit } }) => {
      if (shop !== undefined) chosenShop(relay, shop);
      return resendList(relay, { shopId: shop, limit });
    },
  );

  app.get(
    '/campaigns/:campaign',
    { schema: { tags, summary: 'How far a campaign is', params: campaignParams, response: answers(statusSchema) } },
    async ({ params }) => accepted(await resendStatus(relay, params.campaign)),
  );

  app.get(
    '/campaigns/:campaign/report',
    {
      schema: {
        tags,
        summary: 'What a campaign did, and each order that is not through',
        params: campaignParams,
        querystring: reportQuery,
        response: answers(reportSchema),
      },
    },
    async ({ params, query }) => accepted(await resendReport(relay, params.campaign, query.limit)),
  );

  app.post(
    '/campaigns/:campaign/start',
    {
      schema: {
        tags,
        summary: 'Send the orders of a planned campaign: a canary first, then batch by batch',
        params: campaignParams,
        body: startBody,
        response: answers(campaignSchema),
      },
    },
    async ({ params, body: { reason, ...rules }, caller }) => {
      const act = { campaignId: params.campaign, actor: callerName(caller), reason };
      return accepted(await startResend(relay, act, rules)).campaign;
    },
  );

  const acts = [
    ['pause', 'Stop a campaign at once: what is not on its way is put back', pauseResend],
    ['resume', 'Let a paused or cancelled campaign go on', resumeResend],
    ['cancel', 'Stop a campaign at once, for good unless it is resumed', cancelResend],
  ] as const;
  for (const [name, summary, carryOut] of acts)
    app.post(
      `/campaigns/:campaign/${name}`,
      { schema: { tags, summary, params: campaignParams, body: actBody, response: answers(campaignSchema) } },
      async ({ params, body: { reason }, caller }) =>
        accepted(await carryOut(relay, { campaignId: params.campaign, actor: callerName(caller), reason })).campaign,
    );
};
