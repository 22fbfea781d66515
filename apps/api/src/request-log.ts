import type { Logger } from '@relay/observability';
import type { FastifyInstance } from 'fastify';

/** One line per request: the route's pattern, never the URL, which may carry what someone typed. */
export function logRequests(app: FastifyInstance, log: Logger): void {
  app.addHook('onResponse', async (request, reply) => {
    log.info('request', {
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    });
  });
}
