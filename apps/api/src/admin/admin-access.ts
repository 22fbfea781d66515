import type { Role } from '@relay/operations';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../log-in/authenticator.js';

const READING = new Set(['GET', 'HEAD']);
const ACTING_ROLES: readonly Role[] = ['operator', 'admin'];

/** An `onRequest` hook after that of the session: who may only look changes nothing, whatever the route. */
export async function refuseViewers(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const role = request.caller?.role;
  if (READING.has(request.method) || (role !== undefined && ACTING_ROLES.includes(role))) return undefined;
  return reply.code(403).send({ error: 'A viewer may only look. Ask an operator or an admin.' });
}

/** For the audit. */
export function callerName(caller: Pick<Caller, 'name'> | null): string {
  if (caller === null) throw new Error('a request without a caller reached a route that changes something');
  return caller.name;
}
