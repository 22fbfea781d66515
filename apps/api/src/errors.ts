import { STATUS_CODES } from 'node:http';
import type { Logger } from '@relay/observability';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** What went wrong in the client's request has a status of 4xx; everything else is ours, and 500. */
export function statusOf(error: { statusCode?: number }): number {
  const status = error.statusCode ?? 500;
  return status >= 400 && status < 500 ? status : 500;
}

/** Small bodies without internals: the name of the status, never an error's own message. */
export function answerErrors(app: FastifyInstance, log: Logger): void {
  app.setNotFoundHandler((_request, reply) => answerStatus(reply, 404));
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const status = statusOf(error);
    if (status === 500) log.error('a request failed', { route: request.routeOptions.url, error });
    return answerStatus(reply, status);
  });
}

/** For requests that reach no route, as one with a broken URL. */
export function answerFrameworkError(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  void answerStatus(reply, statusOf(error));
}

export function answerStatus(reply: FastifyReply, status: number): FastifyReply {
  return reply.code(status).send({ error: STATUS_CODES[status] ?? 'Error' });
}
