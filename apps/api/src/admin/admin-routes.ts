import type { Relay } from '@relay/operations';
import type { FastifyError, FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { answerStatus, statusOf } from '../errors.js';
import type { Authenticator } from '../log-in/authenticator.js';
import { requireSession } from '../log-in/require-session.js';
import { refuseOtherSites } from '../same-origin.js';
import { refuseViewers } from './admin-access.js';
import { RefusedRequest } from './answers.js';
import { breakerRoutes } from './breaker-routes.js';
import { budgetRoutes } from './budget-routes.js';
import { incidentRoutes } from './incident-routes.js';
import { campaignRoutes } from './campaign-routes.js';
import { describeRoutes } from './openapi.js';
import { doctorRoutes } from './doctor-routes.js';
import { orderRoutes } from './order-routes.js';
import { recordRoutes } from './record-routes.js';
import { reconciliationRoutes } from './reconciliation-routes.js';
import { shopRoutes } from './shop-routes.js';
import { stockRoutes } from './stock-routes.js';
import { statusRoutes } from './status-routes.js';

/**
 * The admin API. Whatever lies in this scope is behind its hooks, which run before anything of a request is read: a
 * session, a request from this site, a role that may change things.
 */
export async function adminRoutes(
  app: FastifyInstance,
  { relay, authenticator }: { relay: Relay; authenticator: Authenticator },
): Promise<void> {
  app.decorateRequest('caller', null);
  app.addHook(
    'onRequest',
    requireSession(authenticator, () => false),
  );
  app.addHook('onRequest', refuseOtherSites(relay.settings.publicUrl));
  app.addHook('onRequest', refuseViewers);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setNotFoundHandler((_request, reply) => answerStatus(reply, 404));
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (error instanceof RefusedRequest) {
      const { what, toDo } = error.refusal;
      return reply.code(error.status).send({ what, toDo });
    }
    const status = statusOf(error);
    if (status === 400) return reply.code(400).send({ error: 'Bad Request', faults: faultsOf(error) });
    if (status === 500) relay.log.error('a request failed', { route: request.routeOptions.url, error });
    return answerStatus(reply, status);
  });

  await describeRoutes(app);
  await app.register(orderRoutes, { relay });
  await app.register(breakerRoutes, { relay });
  await app.register(budgetRoutes, { relay });
  await app.register(statusRoutes, { relay });
  await app.register(doctorRoutes, { relay });
  await app.register(recordRoutes, { relay });
  await app.register(reconciliationRoutes, { relay });
  await app.register(shopRoutes, { relay });
  await app.register(stockRoutes, { relay });
  await app.register(incidentRoutes, { relay });
  await app.register(campaignRoutes, { relay });
}

/** A JSON document that cannot be read has no field to name. */
function faultsOf({ validation = [], validationContext = 'body' }: FastifyError) {
  return validation.map(({ instancePath, message }) => ({
    field: instancePath.slice(1).replaceAll('/', '.') || validationContext,
    problem: message ?? 'wrong',
  }));
}
