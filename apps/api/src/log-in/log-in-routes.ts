import formbody from '@fastify/formbody';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { refuseOtherSites } from '../same-origin.js';
import type { Authenticator, LogInResult } from './authenticator.js';
import { localPath } from './local-path.js';
import { logInPage, logOutPage, PAGE_SECURITY_POLICY } from './pages.js';
import type { Sessions } from './sessions.js';

const AFTER_LOG_IN = '/board';

/** What is missing or repeated counts as empty, and is refused as a wrong log-in. */
const field = (longest: number) => z.string().max(longest).catch('');
const formSchema = z.object({ name: field(200), password: field(1_000), next: field(2_000) }).catch({
  name: '',
  password: '',
  next: '',
});
const querySchema = z.object({ next: field(2_000) });

export async function logInRoutes(
  app: FastifyInstance,
  {
    publicUrl,
    authenticator,
    sessions,
  }: { publicUrl: string | null; authenticator: Authenticator; sessions: Sessions },
): Promise<void> {
  await app.register(formbody);
  app.addHook('onRequest', refuseOtherSites(publicUrl));

  app.get('/login', async (request, reply) => {
    const { next } = querySchema.parse(request.query);
    return sendPage(reply, 200, logInPage({ next: localPath(next) ?? AFTER_LOG_IN }));
  });

  app.post('/login', async (request, reply) => {
    const { name, password, next: wanted } = formSchema.parse(request.body);
    const next = localPath(wanted) ?? AFTER_LOG_IN;
    const result = await authenticator.logIn(request, { name, password });
    if (result.kind !== 'caller') {
      const { status, fault } = refusal(result);
      return sendPage(reply, status, logInPage({ next, name, fault }));
    }
    sessions.open(reply, result.session);
    return reply.redirect(next, 303);
  });

  app.get('/logout', async (_request, reply) => sendPage(reply, 200, logOutPage()));

  app.post('/logout', async (_request, reply) => {
    sessions.end(reply);
    return reply.redirect('/login', 303);
  });
}

function refusal(result: Exclude<LogInResult, { kind: 'caller' }>): { status: number; fault: string } {
  switch (result.kind) {
    case 'wrong':
      return { status: 401, fault: 'The name or the password is wrong.' };
    case 'too-often':
      return { status: 429, fault: `Too many log-ins. Try again in ${result.retryAfterSeconds} seconds.` };
    case 'away':
      return { status: 503, fault: 'The database does not answer. Try again in a minute.' };
  }
}

function sendPage(reply: FastifyReply, status: number, html: string): FastifyReply {
  return reply
    .code(status)
    .header('content-security-policy', PAGE_SECURITY_POLICY)
    .type('text/html; charset=utf-8')
    .send(html);
}
