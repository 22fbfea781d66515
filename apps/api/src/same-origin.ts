import type { FastifyReply, FastifyRequest } from 'fastify';

const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

/** An `onRequest` hook: a page of another site may not change anything here in the name of whoever looks at it. */
export function refuseOtherSites(publicUrl: string | null) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (READING.has(request.method) || isSameOrigin(request, publicUrl)) return;
    await reply.code(403).send({ error: 'This request came from another site and was refused.' });
  };
}

/**
 * `Sec-Fetch-Site` says it where the browser sends it (over https and on localhost); else `Origin` does. A client that
 * sends neither is no browser, and nobody's cookies ride on it.
 */
function isSameOrigin(request: FastifyRequest, publicUrl: string | null): boolean {
  const { host, origin, 'sec-fetch-site': site } = request.headers;
  if (typeof site === 'string') return site === 'same-origin' || site === 'none';
  if (origin === undefined) return true;
  const originHost = hostOf(origin);
  return originHost !== null && (originHost === host || originHost === hostOf(publicUrl ?? ''));
}

function hostOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).host : null;
}
