import {
  closeBreakerByPerson,
  describeBreakers,
  openBreakerByPerson,
  readBreakers,
  type Relay,
} from '@relay/operations';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { callerName } from './admin-access.js';
import { answers, RefusedRequest } from './answers.js';
import { chosenShop } from './chosen-shop.js';
import { ofShop, reason } from './order-schemas.js';

const tags = ['breaker'];

const breaker = {
  state: z.enum(['closed', 'open', 'half_open']),
  owner: z.string().nullable().describe('failures, unauthorized, relay or person:<name>; a person closes the last two'),
  reason: z.string().nullable(),
  since: z.date().nullable(),
  failuresInARow: z.number(),
  reopenings: z.number(),
  nextProbeAt: z.date().nullable(),
};

const breakersSchema = z.object({
  shop: z.string(),
  account: z.object({
    ...breaker,
    sendWindow: z.object({ now: z.number(), most: z.number() }).describe('POSTs at once'),
    frozenUntil: z.date().nullable().describe('HFT71 answered 429'),
  }),
  host: z.object({ host: z.string(), ...breaker }).nullable(),
});

const moveBody = z.strictObject({
  which: z.enum(['account', 'host']).default('account').describe('The HFT71 account’s, or the shop’s host’s'),
  reason,
});

/** The same use cases as `relay breaker …`. */
export const breakerRoutes: FastifyPluginAsyncZod<{ relay: Relay }> = async (app, { relay }) => {
  const stateOf = async (shopId: string | undefined) => {
    const shop = chosenShop(relay, shopId);
    return { shop: shop.id, ...describeBreakers(await readBreakers(relay, shop)) };
  };

  app.get(
    '/breaker',
    {
      schema: {
        tags,
        summary: 'The breakers of a shop’s HFT71 account and of its host',
        querystring: ofShop,
        response: answers(breakersSchema),
      },
    },
    async ({ query }) => stateOf(query.shop),
  );

  app.post(
    '/breaker/open',
    {
      schema: {
        tags,
        summary: 'Stop all calls at once, until a person closes it',
        querystring: ofShop,
        body: moveBody,
        response: answers(breakersSchema),
      },
    },
    async ({ query, body, caller }) => {
      const opened = await openBreakerByPerson(relay, chosenShop(relay, query.shop), {
        ...body,
        actor: callerName(caller),
      });
      if (!opened)
        throw new RefusedRequest({
          kind: 'refused',
          what: 'the relay has stopped the account already, and its reason stays',
          toDo: 'settle what it names, then close the breaker; nothing is sent',
        });
      return stateOf(query.shop);
    },
  );

  app.post(
    '/breaker/close',
    {
      schema: {
        tags,
        summary: 'Let calls go again, once what opened it is settled',
        querystring: ofShop,
        body: moveBody,
        response: answers(breakersSchema),
      },
    },
    async ({ query, body, caller }) => {
      const by = { ...body, actor: callerName(caller) };
      if (!(await closeBreakerByPerson(relay, chosenShop(relay, query.shop), by)))
        throw new RefusedRequest({
          kind: 'refused',
          what: 'the breaker is closed already',
          toDo: 'nothing: calls go',
        });
      return stateOf(query.shop);
    },
  );
};
