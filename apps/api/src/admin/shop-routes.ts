import { listShops } from '@relay/ledger';
import { pauseShopByPerson, resumeShopByPerson, type Relay } from '@relay/operations';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { callerName } from './admin-access.js';
import { accepted, answers } from './answers.js';
import { chosenShop } from './chosen-shop.js';
import { listOf, ofShop, reason } from './order-schemas.js';

const tags = ['shops'];

const shopSchema = z.object({
  id: z.string(),
  mode: z.enum(['connecting', 'shadow', 'going_live', 'live']),
  homeUrl: z.string().nullable(),
  liveAt: z.date().nullable(),
  sweptAt: z.date().nullable(),
  fault: z.string().nullable().describe('Why it cannot be read'),
  faultSince: z.date().nullable(),
  pausedAt: z.date().nullable().describe('A person paused it: nothing of it is sent'),
  pausedBy: z.string().nullable(),
  pauseReason: z.string().nullable(),
});

const movedSchema = z.object({
  shop: z.string(),
  paused: z.boolean(),
  waiting: z.number().describe('Orders that go once it is not paused'),
});

/** The same use cases as `relay shop list`, `pause` and `resume`. */
export const shopRoutes: FastifyPluginAsyncZod<{ relay: Relay }> = async (app, { relay }) => {
  app.get(
    '/shops',
    {
      schema: {
        tags,
        summary: 'All shops and their state',
        response: answers(z.object({ shops: listOf(shopSchema) })),
      },
    },
    async () => ({ shops: await listShops(relay.ledger) }),
  );

  for (const what of ['pause', 'resume'] as const)
    app.post(
      `/shops/${what}`,
      {
        schema: {
          tags,
          summary: what === 'pause' ? 'Send nothing of a shop until it is resumed' : 'Send a shop’s orders again',
          querystring: ofShop,
          body: z.strictObject({ reason }),
          response: answers(movedSchema),
        },
      },
      async ({ query, body, caller }) => {
        const act = { shopId: chosenShop(relay, query.shop).id, actor: callerName(caller), reason: body.reason };
        const move = what === 'pause' ? pauseShopByPerson : resumeShopByPerson;
        const { waiting } = accepted(await move(relay, act));
        return { shop: act.shopId, paused: what === 'pause', waiting };
      },
    );
};
