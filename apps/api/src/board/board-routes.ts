import { writeAudit } from '@relay/ledger';
import type { Relay, Role } from '@relay/operations';
import type { Queues } from '@relay/queues';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Authenticator } from '../log-in/authenticator.js';
import { requireSession } from '../log-in/require-session.js';
import { refuseOtherSites } from '../same-origin.js';
import { keepPageAtHome } from './board-page.js';
import { boardPlugin } from './board-plugin.js';
import { judgeBoardRequest, type BoardVerdict } from './board-rules.js';

/**
 * Bull Board behind the log-in. Its own pages, API and static files all lie in this scope, whose hooks run before them:
 * a session, a request from this site, an act on the list. What was done is written to the audit.
 */
export async function boardRoutes(
  app: FastifyInstance,
  {
    relay,
    queues,
    authenticator,
    prefix,
  }: { relay: Relay; queues: Queues; authenticator: Authenticator; prefix: string },
): Promise<void> {
  /** By the request's own headers object, which the Board hands on: a request that went past our hooks has no role. */
  const roles = new WeakMap<object, Role>();
  const judge = (request: FastifyRequest): BoardVerdict =>
    judgeBoardRequest(request.caller?.role ?? null, {
      method: request.method,
      route: (request.routeOptions.url ?? '').slice(prefix.length),
      params: request.params as Record<string, unknown>,
    });

  app.decorateRequest('caller', null);
  app.addHook('onRequest', requireSession(authenticator, isPage(prefix)));
  app.addHook('onRequest', refuseOtherSites(relay.settings.publicUrl));
  app.addHook('onRequest', async (request, reply) => {
    const verdict = judge(request);
    // In the shape of the Board's own errors: its pages show the message.
    if (!verdict.allowed) return reply.code(403).send({ error: { key: 'ERRORS.FORBIDDEN' }, message: verdict.why });
    if (request.caller !== null) roles.set(request.headers, request.caller.role);
    return undefined;
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const verdict = judge(request);
    if (reply.statusCode < 300 && verdict.allowed && verdict.act !== null)
      await writeAudit(relay.ledger, { actor: request.caller?.name ?? '', ...verdict.act });
    return payload;
  });
  keepPageAtHome(app);
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'Not Found' }));

  await app.register(
    boardPlugin({
      basePath: prefix,
      queues,
      log: relay.log,
      judge: ({ headers, ...request }) => judgeBoardRequest(roles.get(headers) ?? null, request),
    }),
  );
}

function isPage(prefix: string) {
  return ({ method, url }: FastifyRequest): boolean =>
    method === 'GET' && !url.startsWith(`${prefix}/api/`) && !url.startsWith(`${prefix}/static/`);
}
