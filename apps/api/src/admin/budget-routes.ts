import { readBudget, type Relay, type ShopBudgets } from '@relay/operations';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { answers } from './answers.js';
import { chosenShop } from './chosen-shop.js';
import { ofShop } from './order-schemas.js';

const rate = z.object({ calls: z.number(), windowMs: z.number() });

const stateSchema = z.object({
  configured: rate.describe('What was agreed'),
  current: rate.describe('What is granted now: less after a 429, and raised again step by step'),
  used: z.record(z.string(), z.number()).describe('Calls that stand in the window now, by class'),
  assumed: z.number().describe('Calls taken to have been made before anything was known'),
  frozenForMs: z.number(),
  nextRaiseInMs: z.number().nullable(),
  startsCareful: z.boolean().describe('Not all of the agreed rate may go at once'),
});

const budgetSchema = stateSchema.extend({
  shop: z.string(),
  host: stateSchema
    .extend({ name: z.string().describe('Host and port') })
    .describe('Of the shop’s host (WC_RATE_LIMIT), shared by all shops on it'),
});

/** The same use case as `relay budget`. */
export const budgetRoutes: FastifyPluginAsyncZod<{ relay: Relay }> = async (app, { relay }) => {
  app.get(
    '/budget',
    {
      schema: {
        tags: ['budget'],
        summary: 'The calls that a shop’s HFT71 account and its host grant now',
        querystring: ofShop,
        response: answers(budgetSchema),
      },
    },
    async ({ query }, reply) => {
      const shop = chosenShop(relay, query.shop);
      let state: ShopBudgets;
      try {
        state = await readBudget(shop);
      } catch (error) {
        relay.log.error('the budget could not be read', { error });
        return reply.code(503).send({ error: 'Redis does not answer.' });
      }
      return { shop: shop.id, ...state };
    },
  );
};
