import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Authenticator, Caller } from './authenticator.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whoever was identified; null outside the routes that need a session. */
    caller: Caller | null;
  }
}

/**
 * An `onRequest` hook that lets only callers with an account through. @param isPage where a person is led to the log-in
 * instead of being answered 401.
 */
export function requireSession(authenticator: Authenticator, isPage: (request: FastifyRequest) => boolean) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const result = await authenticator.identify(request);
    switch (result.kind) {
      case 'caller':
        request.caller = result.caller;
        return undefined;
      case 'nobody':
        return isPage(request)
          ? reply.redirect(`/login?next=${encodeURIComponent(request.url)}`)
          : reply.code(401).send({ error: 'Log in first.' });
      case 'wrong':
        return reply
          .code(401)
          .header('www-authenticate', 'Basic realm="HFT71 Relay", charset="UTF-8"')
          .send({ error: 'The name or the password is wrong.' });
      case 'too-often':
        return reply
          .code(429)
          .header('retry-after', result.retryAfterSeconds)
          .send({ error: 'Too many log-ins. Try again later.' });
      case 'away':
        return reply.code(503).send({ error: 'The database does not answer.' });
    }
  };
}
