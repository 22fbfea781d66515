import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';

/** The document of this scope's routes, made from the schemas that they are checked by. Registered before them. */
export async function describeRoutes(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'HFT71 Relay: admin API',
        description:
          'What `relay orders`, `relay breaker` and `relay budget` do, for programs. Viewers may read; changes need an operator or an admin, and stand in the audit under the name that is logged in.',
        version: '1',
      },
      components: {
        securitySchemes: {
          basic: { type: 'http', scheme: 'basic' },
          session: { type: 'apiKey', in: 'cookie', name: 'relay_session' },
        },
      },
      security: [{ basic: [] }, { session: [] }],
    },
    transform: jsonSchemaTransform,
  });
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
}
