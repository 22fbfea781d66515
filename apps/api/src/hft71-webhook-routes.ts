import { OWN_TEST_HEADER, receiveHft71Webhook, type Hft71DeliveryResult, type Hft71WebhookShop } from '@relay/intake';
import { intakeContext, type Relay } from '@relay/operations';
import type { FastifyInstance } from 'fastify';

/** As the plugin's: whoever moves from it changes nothing at HFT71 but the host. */
const PATH = '/wp-json/hft71/v1/order-status';
/** An id and a status. */
const BODY_LIMIT_BYTES = 16 * 1024;
/** From one address. What has the right secret is never limited. */
const REFUSALS_PER_MINUTE = 120;

interface HttpAnswer {
  readonly status: number;
  readonly body: { readonly success: boolean; readonly message?: string };
}

const ANSWERS: Readonly<Record<Hft71DeliveryResult, HttpAnswer>> = {
  known: { status: 200, body: { success: true, message: 'Status zaktualizowany.' } },
  unknown: { status: 404, body: { success: false, message: 'No order has this external_id.' } },
  unreadable: { status: 400, body: { success: false, message: 'external_id and status are needed.' } },
  refused: { status: 401, body: { success: false, message: 'Unauthorized.' } },
  away: { status: 503, body: { success: false } },
};

export async function hft71WebhookRoutes(app: FastifyInstance, { relay }: { relay: Relay }): Promise<void> {
  const { webhookDeliveries } = relay.metrics;
  const ctx = intakeContext(relay);
  const shops: readonly Hft71WebhookShop[] = [...relay.shops.values()];
  const countRefusal = app.createRateLimit({ max: REFUSALS_PER_MINUTE, timeWindow: 60_000 });

  // Read by the intake, after it knows the secret: a body that cannot be read has no answer of its own before.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  app.post(PATH, { bodyLimit: BODY_LIMIT_BYTES }, async (request, reply) => {
    const result = await receiveHft71Webhook(ctx, shops, {
      secretHeader: request.headers['x-hft71-webhook-secret']?.toString(),
      contentType: request.headers['content-type'],
      rawBody: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
      requestId: request.id,
      testHeader: request.headers[OWN_TEST_HEADER]?.toString(),
    });
    webhookDeliveries.inc({ result: `hft71-${result}` });
    const { status, body } = ANSWERS[result];
    if (result === 'refused') {
      const counted = await countRefusal(request);
      if (!counted.isAllowed && counted.isExceeded)
        return reply.code(429).header('retry-after', counted.ttlInSeconds).send(body);
    }
    return reply.code(status).send(body);
  });
}
