import { createSilentLogger } from '@relay/observability';
import { createQueues } from '@relay/queues';
import { createTestRedis } from '@relay/testing';
import Fastify from 'fastify';
import { Redis } from 'ioredis';
import { boardPlugin } from './board-plugin.js';
import { judgeBoardRequest } from './board-rules.js';

describe('the Board without the hooks of the server before it', () => {
  it.each([
    ['PUT', '/api/queues/send-order/pause', 'admin', 403],
    ['PUT', '/api/queues/send-order/retry/failed', 'viewer', 403],
    ['PUT', '/api/queues/send-order/retry/failed', 'operator', 200],
    ['GET', '/api/queues', null, 403],
    ['GET', '/api/queues', 'viewer', 200],
  ] as const)('judges %s %s by %s itself: %i', async (method, url, role, status) => {
    const redis = new Redis((await createTestRedis()).url, { maxRetriesPerRequest: null });
    const queues = createQueues({ connection: redis, installationId: 'one', onError: () => undefined });
    const app = Fastify();
    await app.register(
      boardPlugin({
        basePath: '/',
        queues,
        log: createSilentLogger(),
        judge: (request) => judgeBoardRequest(role, request),
      }),
    );
    const base = await app.listen({ host: '127.0.0.1', port: 0 });
    expect((await fetch(base + url, { method })).status).toBe(status);
    await app.close();
    await queues.close();
    redis.disconnect();
  });
});
