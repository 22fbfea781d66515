import { diagnose, type Diagnosis, type Relay } from '@relay/operations';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { answers } from './answers.js';
import { chosenShop } from './chosen-shop.js';
import { listOf, ofShop } from './order-schemas.js';

const count = z.number();
const severity = z.literal([1, 2, 3]);

const diagnosisSchema = z.object({
  at: z.date(),
  tookMs: z.number(),
  severity: severity.nullable().describe('Of the gravest that failed'),
  findings: listOf(
    z.object({
      name: z.string().describe('What was looked at'),
      state: z.enum(['warning', 'failed']),
      cause: z.string().describe('As one word'),
      severity,
      about: listOf(z.string()).describe('Whose it is, e.g. shop main; empty where it is everybody’s'),
      what: z.string(),
      toDo: z.string(),
      evidence: listOf(z.string()),
      explainedBy: z.string().nullable().describe('The cause of another finding that this one follows from'),
    }),
  ).describe('The most likely cause first'),
  checks: listOf(
    z.object({ name: z.string(), state: z.enum(['ok', 'skipped', 'warning', 'failed']), what: z.string() }),
  ),
  calls: listOf(
    z.object({
      target: z.enum(['shop', 'hft71']),
      action: z.string(),
      calls: z.object({ '2xx': count, '3xx': count, '4xx': count, '5xx': count, none: count }),
      likelyCause: z.string().nullable(),
    }),
  ).describe('Of the last hour'),
});

/** Each diagnosis costs calls to the shop and to HFT71: whoever asks again so soon gets the same. */
const FRESH_MS = 10_000;

/** The same use case as `relay doctor`. */
export const doctorRoutes: FastifyPluginAsyncZod<{ relay: Relay }> = async (app, { relay }) => {
  const latest = new Map<string, { readonly askedAt: number; readonly diagnosis: Promise<Diagnosis> }>();
  app.get(
    '/doctor',
    {
      schema: {
        tags: ['doctor'],
        summary: 'What is wrong, the likeliest cause first, and what to do next',
        description: 'Takes up to half a minute, and changes nothing.',
        querystring: ofShop,
        response: answers(diagnosisSchema),
      },
    },
    async ({ query: { shop } }) => {
      if (shop !== undefined) chosenShop(relay, shop); // an unknown one is refused
      const key = shop ?? '';
      const known = latest.get(key);
      if (known !== undefined && performance.now() - known.askedAt < FRESH_MS) return known.diagnosis;
      const diagnosis = diagnose(() => relay.settings, { shopId: shop });
      latest.set(key, { askedAt: performance.now(), diagnosis });
      return diagnosis;
    },
  );
};
