import { readReadiness, type Relay } from '@relay/operations';
import type { FastifyInstance } from 'fastify';

/** Open to whoever reaches the port, and without any customer's data: for the network inside, not for the public. */
export async function healthRoutes(app: FastifyInstance, { relay }: { relay: Relay }): Promise<void> {
  /** The process is up. No I/O: a supervisor that restarts it because PostgreSQL is away helps nobody. */
  app.get('/healthz', async () => ({ up: true }));

  app.get('/readyz', async (_request, reply) => {
    const readiness = await readReadiness(relay);
    return reply.code(readiness.ready ? 200 : 503).send(readiness);
  });

  app.get('/metrics', async (_request, reply) => {
    const { registry } = relay.metrics;
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}
