import { PassThrough } from 'node:stream';
import { removeUser } from '@relay/ledger';
import cookie from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Sessions } from './log-in/sessions.js';
import { ADMIN, basic, logInByForm, startTestApi, type TestApi } from './test-support.js';

let api: TestApi;
const log = new PassThrough();

/** Log-ins are limited by address: each test has an api of its own. */
beforeEach(async () => {
  api = await startTestApi({}, log);
});
afterEach(async () => {
  await api.close();
});

const board = (headers: Record<string, string> = {}, path = '/board/api/queues') =>
  fetch(api.url + path, { headers, redirect: 'manual' });

describe('the log-in by form', () => {
  it('is a page that loads nothing and runs nothing', async () => {
    const response = await fetch(`${api.url}/login`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-[^']+';/);
    expect(await response.text()).not.toMatch(/<script|https?:/);
  });

  it('opens a session that only this browser sends, only to this site', async () => {
    const { response, cookie: session, attributes } = await logInByForm(api, ADMIN);
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe('/board');
    expect(attributes).toMatch(/; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/);
    expect((await board({ cookie: session })).status).toBe(200);
  });

  it('leads to the page that was asked for, and never to another site', async () => {
    const wanted = '/board/queue/send-order?status=failed';
    expect((await logInByForm(api, ADMIN, wanted)).response.headers.get('location')).toBe(wanted);
    expect((await logInByForm(api, ADMIN, '//other.example')).response.headers.get('location')).toBe('/board');
  });

  it.each([
    ['a wrong password', { name: ADMIN.name, password: 'wrong' }],
    ['an unknown name', { name: '<nobody>', password: 'wrong' }],
    ['nothing at all', { name: '', password: '' }],
  ])('with %s is the same page again, with 401 and a sentence', async (_what, credentials) => {
    const { response, cookie: session } = await logInByForm(api, credentials);
    expect(response.status).toBe(401);
    expect(session).toBe('');
    const page = await response.text();
    expect(page).toContain('<p class="fault" role="alert">The name or the password is wrong.</p>');
    expect(page).not.toContain('<nobody>');
  });

  it('says nothing of the names and passwords in the log', async () => {
    await logInByForm(api, { name: 'typed-name', password: 'typed-password' }, '/board/typed-next');
    const lines = String(log.read());
    expect(lines).toContain('"route":"/login"');
    expect(lines).not.toMatch(/typed-/);
  });

  it('takes a body of any shape for a wrong log-in', async () => {
    const send = (body: string) =>
      fetch(`${api.url}/login`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
    expect((await send('name=a&name=b&password[]=c')).status).toBe(401);
    expect((await send('')).status).toBe(401);
  });

  it('is limited, together with HTTP Basic', async () => {
    for (let guess = 0; guess < 5; guess++) {
      await logInByForm(api, { name: ADMIN.name, password: `guess ${guess}` });
      expect((await board(basic({ name: ADMIN.name, password: `guess ${guess}` }))).status).toBe(401);
    }
    const { response } = await logInByForm(api, ADMIN);
    expect(response.status).toBe(429);
    expect(await response.text()).toContain('Too many log-ins.');
    const byScript = await board(basic(ADMIN));
    expect(byScript.status).toBe(429);
    expect(Number(byScript.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('of another site is refused', async () => {
    const response = await fetch(`${api.url}/login`, {
      method: 'POST',
      body: new URLSearchParams(ADMIN),
      headers: { origin: 'https://other.example' },
    });
    expect(response.status).toBe(403);
    expect(response.headers.get('set-cookie')).toBeNull();
  });

  it('says so when the database is away', async () => {
    const { cookie: session } = await logInByForm(api, ADMIN);
    await api.toPostgres.cut();
    const { response } = await logInByForm(api, ADMIN);
    expect(response.status).toBe(503);
    expect(await response.text()).toContain('The database does not answer.');
    expect((await board({ cookie: session })).status).toBe(503);
    await api.toPostgres.mend();
    expect((await board({ cookie: session })).status).toBe(200);
  });
});

describe('a session', () => {
  it('ends by logging out, in this browser', async () => {
    const page = await fetch(`${api.url}/logout`);
    expect(await page.text()).toContain('method="post" action="/logout"');
    const response = await fetch(`${api.url}/logout`, { method: 'POST', redirect: 'manual' });
    expect(response.status).toBe(303);
    expect(response.headers.get('set-cookie')).toMatch(/^relay_session=; Max-Age=0; /);
  });

  it('of a removed account is out at its next request', async () => {
    const { cookie: session } = await logInByForm(api, await api.addUser('eve', 'operator'));
    expect((await board({ cookie: session })).status).toBe(200);
    await removeUser(api.relay.ledger, 'eve');
    expect((await board({ cookie: session })).status).toBe(401);
  });

  it('that was altered, or signed by something else, is none', async () => {
    const { cookie: session } = await logInByForm(api, ADMIN);
    const forged = new cookie.Signer('k'.repeat(32)).sign(
      Buffer.from(JSON.stringify([ADMIN.name, Date.now() + 1e6])).toString('base64url'),
    );
    for (const value of [session.replace('=', '=A'), `relay_session=${forged}`, 'relay_session=', 'relay_session'])
      expect((await board({ cookie: value })).status).toBe(401);
  });

  it('is over after 12 hours', async () => {
    const { cookie: session } = await logInByForm(api, ADMIN);
    const now = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 12 * 3_600_000);
    expect((await board({ cookie: session })).status).toBe(401);
    now.mockRestore();
  });

  it('outlives a rotation of the secret key, and not the end of the rotation', () => {
    const [before, after] = ['a'.repeat(32), 'b'.repeat(32)];
    const session = opened(new Sessions([before], false));
    expect(session.readBy(new Sessions([after, before], false))).toBe('ann');
    expect(session.readBy(new Sessions([after], false))).toBeNull();
  });

  it('goes over https only where the public URL is one', () => {
    expect(opened(new Sessions(['a'.repeat(32)], true)).cookie).toMatch(/; Secure$/);
  });
});

describe('HTTP Basic', () => {
  it('serves scripts, as often as they like, and not for a removed account', async () => {
    const credentials = basic(await api.addUser('bot', 'viewer'));
    for (let request = 0; request < 15; request++) expect((await board(credentials)).status).toBe(200);
    await removeUser(api.relay.ledger, 'bot');
    expect((await board(credentials)).status).toBe(401);
  });

  it('that is wrong is answered 401 even where a person would be led to the log-in', async () => {
    const response = await board(basic({ name: ADMIN.name, password: 'wrong' }), '/board');
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('Basic');
  });

  it.each(['Basic', 'Basic !!!', 'Basic bm9jb2xvbg==', 'Bearer abc'])('of %j is nobody', async (authorization) => {
    expect((await board({ authorization })).status).toBe(401);
  });
});

/** The cookie that these sessions set for `ann`, and the name that others read from it. */
function opened(sessions: Sessions): { cookie: string; readBy: (other: Sessions) => string | null } {
  const headers: Record<string, string> = {};
  const reply = { header: (name: string, value: string) => (headers[name] = value) };
  sessions.open(reply as unknown as FastifyReply, 'ann');
  const set = headers['set-cookie'] ?? '';
  const request = { headers: { cookie: `other=1; ${set.split(';')[0]}` } } as FastifyRequest;
  return { cookie: set, readBy: (other) => other.read(request) };
}
