import { whatResolvesHeld } from '@relay/core';
import { listShops, type OrderView } from '@relay/ledger';
import {
  dropReprint,
  findOrder,
  holdOrder,
  listForPerson,
  readEvidence,
  releaseOrder,
  reprint,
  resolveAbsent,
  resolveExisting,
  IDENTITY_CHANGED,
  whatResolves,
  type Relay,
} from '@relay/operations';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { accepted, answers, RefusedRequest } from './answers.js';
import { actOf } from './act-of.js';
import {
  actBody,
  forPersonSchema,
  heldQuery,
  heldSchema,
  nowSchema,
  resolvedSchema,
  ofShop,
  orderParams,
  orderSchema,
  reprintSchema,
  resolveBody,
} from './order-schemas.js';

const tags = ['orders'];

/** The same use cases as `relay orders …`; whoever is logged in stands in the audit. */
export const orderRoutes: FastifyPluginAsyncZod<{ relay: Relay }> = async (app, { relay }) => {
  app.get(
    '/orders/held',
    {
      schema: {
        tags,
        summary: 'Orders that wait for a person, and orders in doubt',
        querystring: heldQuery,
        response: answers(forPersonSchema),
      },
    },
    async ({ query: { shop, limit } }) => {
      await assertKnown(relay, shop);
      return listForPerson(relay, { shopId: shop, limit });
    },
  );

  app.get(
    '/orders/:order',
    {
      schema: {
        tags,
        summary: 'One order with all evidence',
        params: orderParams,
        querystring: ofShop,
        response: answers(orderSchema),
      },
    },
    async ({ params, query }) => {
      const { order } = accepted(await findOrder(relay, params.order, query.shop));
      return { ...order, ...(await readEvidence(relay, order)), resolvedBy: resolvedBy(order) };
    },
  );

  app.post(
    '/orders/:order/resolve',
    {
      schema: {
        tags,
        summary: 'Say what is true of a held order, after looking at HFT71',
        params: orderParams,
        querystring: ofShop,
        body: resolveBody,
        response: answers(resolvedSchema),
      },
    },
    async (request) => {
      const { attempt: token, ...body } = request.body;
      const resolution = { ...actOf(request), token };
      const { state, isAnothersNow = false } = accepted(
        body.resolution === 'exists'
          ? await resolveExisting(relay, { ...resolution, hft71OrderId: body.hft71OrderId })
          : await resolveAbsent(relay, resolution),
      );
      return { order: request.params.order, state, ...(isAnothersNow && { isAnothersNow }) };
    },
  );

  const act = (summary: string) => ({ tags, summary, params: orderParams, querystring: ofShop, body: actBody });

  app.post(
    '/orders/:order/hold',
    { schema: { ...act('Keep an order that still waits from being sent'), response: answers(heldSchema) } },
    async (request) => {
      const { state, leftCampaigns } = accepted(await holdOrder(relay, actOf(request)));
      return { order: request.params.order, state, leftCampaigns: [...leftCampaigns] };
    },
  );

  app.post(
    '/orders/:order/release',
    { schema: { ...act('Let an order go that a person or the deadline holds'), response: answers(nowSchema) } },
    async (request) => {
      const { state } = accepted(await releaseOrder(relay, actOf(request)));
      return { order: request.params.order, state };
    },
  );

  app.post(
    '/orders/:order/reprint',
    { schema: { ...act('Have HFT71 make an order once more that it has'), response: answers(reprintSchema) } },
    async (request) => {
      const { reference } = accepted(await reprint(relay, actOf(request)));
      return { order: request.params.order, reference };
    },
  );

  app.post(
    '/orders/:order/reprint/drop',
    { schema: { ...act('Take back a reprint that HFT71 surely does not have'), response: answers(reprintSchema) } },
    async (request) => {
      const { reference } = accepted(await dropReprint(relay, actOf(request)));
      return { order: request.params.order, reference };
    },
  );
};

function resolvedBy({ state, reason, identityChanged }: OrderView): string | null {
  if (state === 'held' || state === 'rejected') return whatResolves({ reason: reason ?? '', identityChanged });
  return identityChanged ? whatResolvesHeld(IDENTITY_CHANGED) : null;
}

/** A list of a shop that nobody knows would be empty, which reads as "all is well". */
async function assertKnown({ ledger }: Relay, shopId: string | undefined): Promise<void> {
  const shops = await listShops(ledger);
  if (shopId === undefined || shops.some(({ id }) => id === shopId)) return;
  const toDo = `name one of these: ${shops.map(({ id }) => id).join(', ')}`;
  throw new RefusedRequest({ kind: 'refused', what: `no shop ${shopId} is known`, toDo, isUnknown: true });
}
