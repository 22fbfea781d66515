import { hkdfSync } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { addUser, findUser, removeUser } from '@relay/ledger';
import { createUser, ensureAdmin } from '@relay/operations';
import cookie from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Sessions, type Session } from './log-in/sessions.js';
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

  it('is limited by name: whoever guesses at one locks out no other, who may share the address behind a proxy', async () => {
    for (let guess = 0; guess < 70; guess++) await logInByForm(api, { name: 'eve', password: 'wrong' });
    expect((await logInByForm(api, { name: 'eve', password: 'wrong' })).response.status).toBe(429);
    expect((await logInByForm(api, ADMIN)).response.status).toBe(303);
  });

  it('is limited by address too, more widely: whoever guesses at names is stopped', async () => {
    const guesses = Array.from({ length: 60 }, (_, guess) =>
      logInByForm(api, { name: `name ${guess}`, password: 'wrong' }),
    );
    expect(new Set((await Promise.all(guesses)).map(({ response }) => response.status))).toEqual(new Set([401]));
    expect((await logInByForm(api, { name: 'another', password: 'wrong' })).response.status).toBe(429);
    expect((await logInByForm(api, ADMIN)).response.status).toBe(429);
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

describe('behind a proxy', () => {
  async function statusesFrom(trustProxy: string, forwardedFor: (guess: number) => string): Promise<number[]> {
    const behind = await startTestApi({ RELAY_TRUST_PROXY: trustProxy });
    const statuses: number[] = [];
    for (let guess = 0; guess < 12; guess++) {
      const headers = { ...basic({ name: ADMIN.name, password: 'wrong' }), 'x-forwarded-for': forwardedFor(guess) };
      statuses.push((await fetch(`${behind.url}/board/api/queues`, { headers })).status);
    }
    await behind.close();
    return statuses;
  }

  it.each(['on', '127.0.0.0/8, ::1'])(
    'that is named (%s), log-ins are limited by the client’s address',
    async (setting) => {
      expect(await statusesFrom(setting, (guess) => `203.0.113.${guess}`)).not.toContain(429);
      expect(await statusesFrom(setting, () => '203.0.113.1')).toContain(429);
    },
  );

  it.each([
    ['off', (guess: number) => `203.0.113.${guess}`],
    ['10.0.0.0/8', (guess: number) => `203.0.113.${guess}`],
    // What stands before the proxy's own entry is the client's word.
    ['on', (guess: number) => `198.51.100.${guess}, 203.0.113.1`],
  ])('a made-up address helps nobody (%s)', async (setting, forwardedFor) => {
    expect(await statusesFrom(setting, forwardedFor)).toContain(429);
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

  it('of an account that was removed and added again is out', async () => {
    const { cookie: session } = await logInByForm(api, await api.addUser('eve', 'operator'));
    await removeUser(api.relay.ledger, 'eve');
    await createUser(api.relay, { name: 'eve', role: 'operator', password: 'password of eve', actor: 'test' });
    expect((await board({ cookie: session })).status).toBe(401);
  });

  it('ends with the password, and outlives a restart that changes nothing', async () => {
    const { cookie: session } = await logInByForm(api, ADMIN);
    await ensureAdmin(api.relay);
    expect((await board({ cookie: session })).status).toBe(200);
    await changePassword(ADMIN.name, 'another long password');
    expect((await board({ cookie: session })).status).toBe(401);
    expect((await board({ cookie: session }, '/board')).status).toBe(302);
  });

  it('from before sessions named their password is none', async () => {
    const key = Buffer.from(hkdfSync('sha256', 'k'.repeat(32), 'hft71-relay', 'session-cookie', 32));
    const content = Buffer.from(JSON.stringify([ADMIN.name, Date.now() + 1e6])).toString('base64url');
    const value = new cookie.Signer([key]).sign(content);
    expect((await board({ cookie: `relay_session=${value}` })).status).toBe(401);
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
    expect(session.readBy(new Sessions([after, before], false))).toEqual(ANN);
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

  it('ends with the password, at once', async () => {
    const credentials = basic(await api.addUser('bot', 'viewer'));
    expect((await board(credentials)).status).toBe(200);
    await changePassword('bot', 'another long password');
    expect((await board(credentials)).status).toBe(401);
    expect((await board(basic({ name: 'bot', password: 'another long password' }))).status).toBe(200);
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

async function changePassword(name: string, password: string): Promise<void> {
  const { ledger } = api.relay;
  const { role } = (await findUser(ledger, name)) ?? { role: 'viewer' };
  await createUser(api.relay, { name: 'lender', role, password, actor: 'test' });
  const passwordHash = (await findUser(ledger, 'lender'))?.passwordHash ?? '';
  await removeUser(ledger, name);
  await addUser(ledger, { name, role, passwordHash });
}

const ANN: Session = { name: 'ann', passwordMark: 'mark' };

/** The cookie that these sessions set for ANN, and what others read from it. */
function opened(sessions: Sessions): { cookie: string; readBy: (other: Sessions) => Session | null } {
  const headers: Record<string, string> = {};
  const reply = { header: (name: string, value: string) => (headers[name] = value) };
  sessions.open(reply as unknown as FastifyReply, ANN);
  const set = headers['set-cookie'] ?? '';
  const request = { headers: { cookie: `other=1; ${set.split(';')[0]}` } } as FastifyRequest;
  return { cookie: set, readBy: (other) => other.read(request) };
}
