import rateLimit from '@fastify/rate-limit';
import type { Relay } from '@relay/operations';
import Fastify, { type FastifyInstance } from 'fastify';
import { answerErrors, answerFrameworkError } from './errors.js';
import { logRequests } from './request-log.js';
import { setSecurityHeaders } from './security-headers.js';

export interface ServerOptions {
  /** Believe `X-Forwarded-For`. Off: whoever reaches the port directly could name any address. */
  readonly trustProxy?: boolean;
}

/** Nothing that a form or the Board sends is larger; webhooks have their own limit. */
const BODY_LIMIT_BYTES = 64 * 1024;
/** For a whole request, so that a client that drips cannot hold its connection for ever. */
const REQUEST_TIMEOUT_MS = 60_000;

/** A server with what every route has: the log line, the headers, the answers to errors, a rate limit to use. */
export async function createServer(relay: Relay, { trustProxy = false }: ServerOptions): Promise<FastifyInstance> {
  const app = Fastify({
    logger: false,
    trustProxy,
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    frameworkErrors: answerFrameworkError,
  });
  logRequests(app, relay.log);
  setSecurityHeaders(app);
  answerErrors(app, relay.log);
  await app.register(rateLimit, { global: false });
  return app;
}
