import rateLimit from '@fastify/rate-limit';
import type { Settings } from '@relay/config';
import type { Relay } from '@relay/operations';
import Fastify, { type FastifyInstance } from 'fastify';
import { answerErrors, answerFrameworkError } from './errors.js';
import { logRequests } from './request-log.js';
import { setSecurityHeaders } from './security-headers.js';

/** Nothing that a form or the Board sends is larger; webhooks have their own limit. */
const BODY_LIMIT_BYTES = 64 * 1024;
/** For a whole request, so that a client that drips cannot hold its connection for ever. */
const REQUEST_TIMEOUT_MS = 60_000;

/** A server with what every route has: the log line, the headers, the answers to errors, a rate limit to use. */
export async function createServer(relay: Relay): Promise<FastifyInstance> {
  const app = Fastify({
    logger: false,
    trustProxy: trusted(relay.settings.trustProxy),
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

/**
 * `on` believes whoever connects, and no further: what a client writes before its proxy's own entry counts for nothing.
 * Fastify's own `true` would believe it.
 */
function trusted(setting: Settings['trustProxy']): boolean | string[] | ((address: string, hop: number) => boolean) {
  if (typeof setting === 'object') return [...setting];
  return setting && ((_address, hop) => hop === 0);
}
