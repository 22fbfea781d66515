import { receiveWebhook, type DeliveryGap } from '@relay/intake';
import { intakeContext, type Relay } from '@relay/operations';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { nudgeWorkers } from './nudge.js';

/** An order with a hundred lines and their meta stays below 300 kB. */
const BODY_LIMIT_BYTES = 1024 * 1024;
/** From one address. A shop whose secret is wrong is refused as well, and each refusal is counted in the ledger. */
const REFUSALS_PER_MINUTE = 120;

export async function webhookRoutes(
  app: FastifyInstance,
  { relay, gap }: { relay: Relay; gap: DeliveryGap },
): Promise<void> {
  const { webhookDeliveries } = relay.metrics;
  const ctx = intakeContext(relay, nudgeWorkers(relay));

  const countRefusal = app.createRateLimit({ max: REFUSALS_PER_MINUTE, timeWindow: 60_000 });

  // The signature is over the bytes as they came: nothing is parsed on the way, whatever the content type says.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.addHook('onError', async (_request, _reply, error) => {
    if (error.statusCode === 413) webhookDeliveries.inc({ result: 'too-large' });
  });

  app.post<{ Params: { shop: string } }>(
    '/webhooks/woocommerce/:shop',
    { bodyLimit: BODY_LIMIT_BYTES },
    async (request, reply) => {
      const shop = relay.shops.get(request.params.shop);
      if (shop === undefined) return reply.callNotFound();
      const { httpStatus, result } = await receiveWebhook(ctx, shop, gap, {
        headers: singleHeaders(request),
        rawBody: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
        requestId: request.id,
      });
      webhookDeliveries.inc({ result });
      // Signed deliveries and the ping are never limited: WooCommerce never sends again what it could not deliver.
      if (result === 'bad-signature') {
        const counted = await countRefusal(request);
        if (!counted.isAllowed && counted.isExceeded)
          return reply.code(429).header('retry-after', counted.ttlInSeconds).send({ result });
      }
      return reply.code(httpStatus).send({ result });
    },
  );
}

/** Node joins repeated headers to one text, but for `Set-Cookie`, which is no request's. */
function singleHeaders({ headers }: FastifyRequest): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value?.toString()]));
}
