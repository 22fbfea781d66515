import type { FastifyInstance } from 'fastify';

/** Styles may stand inline, as the Board's page has them; scripts may not, and nothing comes from elsewhere. */
const BOARD_SECURITY_POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** The Board asks for its fonts at another host: a browser would tell that host who works here, and where. */
const OUTSIDE_LINK = /<link\b[^>]*\bhref="https?:[^>]*>/g;

export function keepPageAtHome(app: FastifyInstance): void {
  app.addHook('onSend', async (_request, reply, payload) => {
    reply.header('content-security-policy', BOARD_SECURITY_POLICY);
    const isPage = String(reply.getHeader('content-type')).startsWith('text/html');
    return isPage && typeof payload === 'string' ? payload.replace(OUTSIDE_LINK, '') : payload;
  });
}
