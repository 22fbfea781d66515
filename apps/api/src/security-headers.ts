import type { FastifyInstance } from 'fastify';

/** For answers that are no page. */
const NOTHING_RUNS = "default-src 'none'; frame-ancestors 'none'";

/** On every answer. A page says its own content security policy. */
export function setSecurityHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({
      'content-security-policy': NOTHING_RUNS,
      'cross-origin-resource-policy': 'same-origin',
      // Not `no-referrer`: browsers then send `Origin: null` with our own forms.
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
    });
  });
}
