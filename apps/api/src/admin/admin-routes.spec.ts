import { alone, beginReconciliation, finishReconciliation } from '@relay/ledger';
import { ENVIRONMENT_SHOP_ID } from '@relay/operations';
import { waitFor } from '@relay/testing';
import { Authenticator } from '../log-in/authenticator.js';
import { Sessions } from '../log-in/sessions.js';
import { createServer } from '../server.js';
import { ADMIN, basic, logInByForm, startTestApi, type TestApi } from '../test-support.js';
import { adminRoutes } from './admin-routes.js';

const PREFIX = '/api/v1';

let api: TestApi;
let as: Record<'viewer' | 'operator' | 'admin', Record<string, string>>;

beforeAll(async () => {
  api = await startTestApi();
  as = {
    viewer: basic(await api.addUser('vic', 'viewer')),
    operator: basic(await api.addUser('olga', 'operator')),
    admin: basic(ADMIN),
  };
});
afterAll(async () => {
  await api?.close(); // there is none where the start failed
});

async function call(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: unknown,
): Promise<{ status: number; body: unknown }> {
  const json: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  const response = await fetch(`${api.url}${PREFIX}${path}`, {
    method,
    headers: { ...json, ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

/** As the server registers them, by method and path. */
async function registered(): Promise<string[]> {
  const app = await createServer(api.relay);
  const routes: string[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    for (const verb of [method].flat()) if (verb !== 'HEAD') routes.push(`${verb} ${url}`);
  });
  const sessions = new Sessions(api.relay.settings.secretKeys, false);
  const authenticator = new Authenticator(app, api.relay, sessions);
  await app.register(adminRoutes, { relay: api.relay, authenticator, prefix: PREFIX });
  await app.ready();
  await app.close();
  return routes.toSorted();
}

const CHANGING = [
  'POST /orders/1/resolve',
  'POST /orders/1/hold',
  'POST /orders/1/release',
  'POST /orders/1/reprint',
  'POST /orders/1/reprint/drop',
  'POST /orders/1/poll',
  'POST /orders/1/updates',
  'POST /orders/1/write-back',
  'POST /reconciliation',
  'POST /shops/pause',
  'POST /shops/resume',
  'POST /orders/1/status-conflict',
  'POST /stock/runs',
  'POST /stock/verify',
  'POST /stock/boost',
  'POST /stock/safety',
  'POST /breaker/open',
  'POST /breaker/close',
  'POST /incidents/1/acknowledge',
  'POST /incidents/1/mitigate',
  'POST /incidents/1/close',
  'POST /campaigns',
  'POST /campaigns/1/start',
  'POST /campaigns/1/pause',
  'POST /campaigns/1/resume',
  'POST /campaigns/1/cancel',
];
const READING = [
  'GET /orders/held',
  'GET /orders/1',
  'GET /breaker',
  'GET /budget',
  'GET /openapi.json',
  'GET /orders/1/timeline',
  'GET /statuses',
  'GET /doctor',
  'GET /log',
  'GET /audit',
  'GET /reconciliation',
  'GET /reconciliation/runs',
  'GET /shops',
  'GET /stock',
  'GET /stock/runs/1',
  'GET /stock/drift',
  'GET /stock/report',
  'GET /alerts',
  'GET /incidents',
  'GET /incidents/1',
  'GET /incidents/1/report',
  'GET /campaigns',
  'GET /campaigns/1',
  'GET /campaigns/1/report',
];
const request = (route: string, headers?: Record<string, string>, body?: unknown) => {
  const [method = '', path = ''] = route.split(' ');
  return call(method, path, headers, body);
};

describe('the OpenAPI document', () => {
  interface Document {
    readonly openapi: string;
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  }
  interface Operation {
    readonly summary?: string;
    readonly requestBody?: unknown;
    readonly responses: Readonly<Record<string, { readonly content?: unknown }>>;
  }
  let document: Document;

  beforeAll(async () => {
    document = (await call('GET', '/openapi.json', as.viewer)).body as Document;
  });

  it('has every route that the server has, and no other', async () => {
    expect(document.openapi).toBe('3.1.0');
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    );
    expect([...described, `GET ${PREFIX}/openapi.json`].toSorted()).toEqual(await registered());
  });

  it('says of each what it is, what it takes, and what it answers, refusals too', () => {
    for (const [path, methods] of Object.entries(document.paths))
      for (const [method, operation] of Object.entries(methods)) {
        expect([path, operation.summary]).toEqual([path, expect.stringMatching(/\w/)]);
        const done = method === 'post' && path.endsWith('/reconciliation') ? '202' : '200'; // a worker does it
        expect(Object.keys(operation.responses)).toEqual([done, '400', '401', '403', '404', '409', '503']);
        const takesBody = method === 'post' && !path.endsWith('/poll'); // a reading needs no reason
        expect([path, operation.requestBody !== undefined]).toEqual([path, takesBody]);
      }
    const text = JSON.stringify(document.paths[`${PREFIX}/orders/{order}/resolve`]);
    for (const field of ['resolution', 'hft71OrderId', 'attempt', 'reason', 'toDo'])
      expect(text).toContain(`"${field}"`);
    expect(JSON.stringify(document.paths[`${PREFIX}/breaker`])).toContain('"format":"date-time"');
  });

  it('has every route that these tests judge', async () => {
    const judged = [...READING, ...CHANGING].map((route) =>
      route
        .replace(' ', ` ${PREFIX}`)
        .replace('/runs/1', '/runs/:run')
        .replace('incidents/1', 'incidents/:incident')
        .replace('/campaigns/1', '/campaigns/:campaign')
        .replace('/1/', '/:order/')
        .replace(/\/1$/, '/:order'),
    );
    expect(judged.toSorted()).toEqual(await registered());
  });
});

describe('who is let in', () => {
  it.each([...READING, ...CHANGING])('%s is answered 401 without a log-in', async (route) => {
    expect(await request(route)).toEqual({ status: 401, body: { error: 'Log in first.' } });
  });

  it('learns of no path that is not there', async () => {
    expect((await call('GET', '/nowhere')).status).toBe(401);
    expect(await call('GET', '/nowhere', as.viewer)).toEqual({ status: 404, body: { error: 'Not Found' } });
  });

  it.each(READING.filter((route) => !/(orders|incidents|campaigns)\/1\b/.test(route)))(
    'a viewer may %s',
    async (route) => {
      // Refused is let in: there may be nothing to show yet.
      expect([200, 404, 409]).toContain((await request(route, as.viewer)).status);
    },
  );

  it.each(CHANGING)('a viewer may not %s, whatever the body', async (route) => {
    for (const body of [undefined, { reason: 'x' }, '{'])
      expect(await request(route, as.viewer, body)).toEqual({
        status: 403,
        body: { error: 'A viewer may only look. Ask an operator or an admin.' },
      });
  });

  it.each(CHANGING)('another site may not %s in an operator’s name', async (route) => {
    for (const [name, value] of [
      ['origin', 'https://other.example'],
      ['sec-fetch-site', 'cross-site'],
    ] as const)
      expect((await request(route, { ...as.operator, [name]: value }, { reason: 'x' })).status).toBe(403);
  });

  it('a session of the log-in page is as good as HTTP Basic', async () => {
    const { cookie } = await logInByForm(api, ADMIN);
    expect((await call('GET', '/breaker', { cookie })).status).toBe(200);
    expect((await call('POST', '/orders/1/hold', { cookie, origin: api.url }, { reason: 'x' })).status).toBe(404);
  });
});

describe('a request that makes no sense is answered 400 with the fields', () => {
  it.each<[string, string, unknown, string[]]>([
    ['no body', '/orders/1/hold', undefined, ['body']],
    ['an empty reason', '/orders/1/hold', { reason: ' ' }, ['reason']],
    ['a misspelt field', '/orders/1/hold', { reason: 'x', resaon: 'x' }, ['body']],
    ['no resolution', '/orders/1/resolve', { reason: 'x', attempt: null }, ['resolution']],
    ['no id', '/orders/1/resolve', { resolution: 'exists', reason: 'x', attempt: null }, ['hft71OrderId']],
    ['no attempt', '/orders/1/resolve', { resolution: 'send', reason: 'x' }, ['attempt']],
    ['two faults', '/orders/1/resolve', { resolution: 'send', attempt: 'abc' }, ['attempt', 'reason']],
    ['another breaker', '/breaker/open', { which: 'queue', reason: 'x' }, ['which']],
    ['a list', '/breaker/open', ['x'], ['body']],
    ['a misspelt query', '/breaker/open?shpo=main', { reason: 'x' }, ['querystring']],
  ])('%s', async (_what, path, body, fields) => {
    const answer = await call('POST', path, as.operator, body);
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({
      error: 'Bad Request',
      faults: fields.map((field) => ({ field, problem: expect.stringMatching(/\w/) as string })),
    });
  });

  it('a limit out of bounds', async () => {
    const answer = await call('GET', '/orders/held?limit=0', as.viewer);
    expect(answer).toMatchObject({ status: 400, body: { faults: [{ field: 'limit' }] } });
  });

  it('a document that is none', async () => {
    const answer = await call('POST', '/orders/1/hold', as.operator, '{');
    expect(answer).toEqual({ status: 400, body: { error: 'Bad Request', faults: [] } });
    const form = { ...as.operator, 'content-type': 'application/x-www-form-urlencoded' };
    expect((await call('POST', '/orders/1/hold', form, 'reason=x')).status).toBe(415);
  });
});

describe('the breakers', () => {
  beforeEach(async () => {
    await api.relay.ledger.pool.query('truncate audit');
  });
  async function audit(): Promise<unknown[]> {
    const sql = 'select actor, action, subject, reason from audit order by id';
    return (await api.relay.ledger.pool.query<Record<string, unknown>>(sql)).rows;
  }

  it('are opened and closed in the name of whoever is logged in', async () => {
    const opened = await call('POST', '/breaker/open', as.operator, { reason: 'they asked us to' });
    expect(opened).toMatchObject({
      status: 200,
      body: {
        shop: ENVIRONMENT_SHOP_ID,
        account: { state: 'open', owner: 'person:olga', reason: 'they asked us to', sendWindow: { now: 0 } },
        host: { state: 'closed' },
      },
    });
    expect((await call('GET', '/breaker', as.viewer)).body).toEqual(opened.body);
    expect((await call('POST', '/breaker/close', as.admin, { reason: 'agreed' })).body).toMatchObject({
      account: { state: 'closed', owner: null },
    });
    expect(await audit()).toMatchObject([
      { actor: 'olga', action: 'breaker open', reason: 'they asked us to' },
      { actor: ADMIN.name, action: 'breaker close', reason: 'agreed' },
    ]);
  });

  it('of the host are moved by name', async () => {
    const which = { which: 'host', reason: 'update' };
    expect((await call('POST', '/breaker/open', as.operator, which)).body).toMatchObject({
      account: { state: 'closed' },
      host: { state: 'open' },
    });
    expect((await call('POST', '/breaker/close', as.operator, which)).body).toMatchObject({
      host: { state: 'closed' },
    });
  });

  it('are refused with what stands against it', async () => {
    expect(await call('POST', '/breaker/close', as.operator, { reason: 'x' })).toEqual({
      status: 409,
      body: { what: 'the breaker is closed already', toDo: expect.any(String) as string },
    });
    expect(await call('POST', '/breaker/open?shop=other', as.operator, { reason: 'x' })).toEqual({
      status: 404,
      body: { what: 'no shop other is in the settings', toDo: 'name one of these: main' },
    });
    expect(await audit()).toEqual([]);
  });
});

describe('a shop', () => {
  it('is paused and resumed in the name of whoever is logged in, once each', async () => {
    const reason = { reason: 'the prices are wrong' };
    const paused = await call('POST', '/shops/pause', as.operator, reason);
    expect(paused).toEqual({ status: 200, body: { shop: 'main', paused: true, waiting: 0 } });
    expect((await call('POST', '/shops/pause', as.admin, reason)).status).toBe(409);
    expect((await call('GET', '/shops', as.viewer)).body).toMatchObject({
      shops: [{ id: 'main', pausedBy: 'olga', pauseReason: reason.reason }],
    });
    expect((await call('POST', '/shops/resume', as.operator, reason)).body).toMatchObject({ paused: false });
    expect(await call('POST', '/shops/resume', as.operator, reason)).toMatchObject({
      status: 409,
      body: { what: 'shop main is not paused' },
    });
  });
});

describe('the last reconciliation', () => {
  it('is shown with what disagreed and what settles it; before the first there is none', async () => {
    expect((await call('GET', '/reconciliation', as.viewer)).body).toEqual({
      ...{ shop: 'main', run: null, ok: false, kinds: [] },
    });
    const { ledger } = api.relay;
    const id = await beginReconciliation(ledger, { shopId: 'main', startedBy: 'schedule', windowFrom: new Date() });
    await finishReconciliation(ledger, id, {
      ...{ shopOrders: 3, ledgerOrders: 3, hft71Reads: 2, hft71Unread: 0, received: 0, faults: [] },
      findings: [{ kind: 'other-id', orderId: 7, number: '1007', detail: 'the shop shows 1, the ledger has 2' }],
    });
    expect((await call('GET', '/reconciliation', as.viewer)).body).toMatchObject({
      run: { id, startedBy: 'schedule', counts: { 'other-id': 1 } },
      ok: false,
      kinds: [{ kind: 'other-id', count: 1, findings: [{ orderId: 7, number: '1007' }] }],
    });
    expect((await call('GET', '/reconciliation/runs', as.viewer)).body).toMatchObject({ runs: [{ id }] });
  });
});

describe('a reconciliation', () => {
  const ask = (body: unknown) => call('POST', '/reconciliation', as.operator, body);
  const sql = (text: string) => api.relay.ledger.pool.query<Record<string, unknown>>(text);

  it('of a shop that is not connected is refused', async () => {
    const { rows } = await sql('select mode from shop');
    await sql(`update shop set mode = 'connecting'`);
    expect(await ask({})).toMatchObject({ status: 409, body: { what: 'shop main is not connected yet' } });
    await sql(`update shop set mode = '${String(rows[0]?.['mode'])}'`);
  });

  it('is wanted in the name of whoever is logged in, once, and not beside one that runs', async () => {
    await sql('truncate audit');
    await alone(api.relay.ledger, `reconcile ${api.relay.shops.get('main')?.accountId}`, async () => {
      expect(await ask({})).toMatchObject({
        status: 409,
        body: { what: expect.stringContaining('running') as string },
      });
    });
    expect(await ask({ windowMs: 3_600_000, reason: 'after the outage' })).toEqual({
      status: 202,
      body: { shop: 'main', startedBy: 'olga', windowMs: 3_600_000, next: expect.stringContaining('worker') as string },
    });
    expect(await ask({})).toMatchObject({
      status: 409,
      body: { what: 'a reconciliation of shop main is wanted already, by olga' },
    });
    expect((await sql('select actor, action, subject, reason, details from audit')).rows).toEqual([
      {
        actor: 'olga',
        action: 'reconcile',
        subject: 'main',
        reason: 'after the outage',
        details: { windowMs: 3_600_000 },
      },
    ]);
    expect((await ask({ windowMs: 0 })).status).toBe(400);
  });
});

describe('the budget', () => {
  it('is told by class, and by nobody used up', async () => {
    const before = await call('GET', '/budget', as.viewer);
    expect(before).toMatchObject({
      status: 200,
      body: { shop: 'main', configured: { calls: 60, windowMs: 60_000 }, used: { send: 0 }, frozenForMs: 0 },
    });
    const { host } = before.body as { host: Record<string, unknown> };
    expect(host).toMatchObject({
      name: expect.any(String) as string,
      configured: { windowMs: 60_000 },
      frozenForMs: 0,
    });
    await api.relay.shops.get(ENVIRONMENT_SHOP_ID)?.budget.take('send');
    expect((await call('GET', '/budget', as.viewer)).body).toMatchObject({ used: { send: 1 } });
    expect((await call('GET', '/budget?shop=other', as.viewer)).status).toBe(404);
  });

  it('is in Redis: 503 while that is away', async () => {
    await api.toRedis.cut();
    const answer = await call('GET', '/budget', as.viewer);
    await api.toRedis.mend();
    expect(answer).toEqual({ status: 503, body: { error: 'Redis does not answer.' } });
    await waitFor(() => api.relay.redis.ping(), { what: 'Redis to be back' });
  });
});

it('while PostgreSQL is away nobody can be identified: 503', async () => {
  await api.toPostgres.cut();
  const answer = await call('GET', '/breaker', as.viewer);
  await api.toPostgres.mend();
  expect(answer).toEqual({ status: 503, body: { error: 'The database does not answer.' } });
});
