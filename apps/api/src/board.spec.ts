import { appRoutes } from '@bull-board/api/dist/routes.js';
import { createQueues, queuePrefix, type Queues } from '@relay/queues';
import { waitFor } from '@relay/testing';
import { UnrecoverableError, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { ADMIN, basic, startTestApi, type TestApi } from './test-support.js';

let api: TestApi;
let redis: Redis;
let queues: Queues;
let as: Record<'viewer' | 'operator' | 'admin', Record<string, string>>;

beforeAll(async () => {
  api = await startTestApi();
  redis = new Redis(api.redisUrl, { maxRetriesPerRequest: null });
  queues = createQueues({
    connection: redis,
    installationId: api.relay.installation.id,
    onError: () => undefined,
  });
  as = {
    viewer: basic(await api.addUser('vic', 'viewer')),
    operator: basic(await api.addUser('olga', 'operator')),
    admin: basic(ADMIN),
  };
});
afterAll(async () => {
  await queues.close();
  redis.disconnect();
  await api.close();
});

const call = (method: string, path: string, headers: Record<string, string> = {}) =>
  fetch(`${api.url}/board${path}`, { method, headers, redirect: 'manual' });

/** Everything that the installed Board registers, as `PUT /api/…`. */
const installed = appRoutes.api.flatMap(({ method, route }) =>
  [method].flat().flatMap((verb) => [route].flat().map((path) => `${verb.toUpperCase()} ${path}`)),
);

const READING = [
  '/api/redis/stats',
  '/api/queues',
  '/api/job-schedulers',
  '/api/queues/:queueName/metrics',
  '/api/queues/:queueName/default-job-options',
  '/api/queues/:queueName/workers',
  '/api/queues/:queueName/rate-limit',
  '/api/queues/:queueName/job-data-schema',
  '/api/queues/:queueName/:jobId/logs',
  '/api/queues/:queueName/:jobId/flow',
  '/api/queues/:queueName/:jobId',
].map((route) => `GET ${route}`);
const FOR_OPERATORS = [
  'PUT /api/queues/:queueName/:jobId/retry',
  'PUT /api/queues/:queueName/:jobId/promote',
  'PUT /api/queues/:queueName/retry/:queueStatus',
];
const FOR_NOBODY = [
  'PUT /api/queues/pause',
  'PUT /api/queues/resume',
  'POST /api/queues/:queueName/add',
  'PUT /api/queues/:queueName/promote',
  'PUT /api/queues/:queueName/clean/:queueStatus',
  'PUT /api/queues/:queueName/pause',
  'PUT /api/queues/:queueName/resume',
  'PUT /api/queues/:queueName/concurrency',
  'PUT /api/queues/:queueName/rate-limit',
  'PUT /api/queues/:queueName/rate-limit/release',
  'PUT /api/queues/:queueName/empty',
  'PUT /api/queues/:queueName/obliterate',
  'PUT /api/queues/:queueName/job-schedulers/:schedulerId/remove',
  'PATCH /api/queues/:queueName/job-schedulers/:schedulerId',
  'PUT /api/queues/:queueName/job-schedulers/:schedulerId/run',
  'PUT /api/queues/:queueName/:jobId/clean',
  'PATCH /api/queues/:queueName/:jobId/update-data',
  'PATCH /api/queues/:queueName/:jobId/delay',
  'PATCH /api/queues/:queueName/:jobId/priority',
  'PUT /api/queues/:queueName/:jobId/remove-unprocessed-children',
];

function request(route: string, headers: Record<string, string> = {}): Promise<Response> {
  const [method = '', pattern = ''] = route.split(' ');
  const path = pattern.replace(':queueName', 'send-order').replace(':queueStatus', 'failed').replace(/:\w+/, 'no-such');
  return call(method, path, headers);
}

it('the installed Board has the routes that were judged here, and no others', () => {
  expect(installed.toSorted()).toEqual([...READING, ...FOR_OPERATORS, ...FOR_NOBODY].toSorted());
});

describe('someone without a session', () => {
  it('is led from a page to the log-in, and back', async () => {
    const response = await call('GET', '/queue/send-order?status=failed');
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toBe('/login?next=%2Fboard%2Fqueue%2Fsend-order%3Fstatus%3Dfailed');
  });

  it.each([...READING, ...FOR_OPERATORS, ...FOR_NOBODY])('is answered 401 by %s', async (route) => {
    expect((await request(route)).status).toBe(401);
  });

  it('gets no static file, no spelling of a path, and learns of no path that is not there', async () => {
    for (const path of ['/static/favicon.ico', '/static/', '/%61pi/queues', '/api//queues', '/api/queues/', '/x'])
      expect([path, [401, 302].includes((await call('GET', path)).status)]).toEqual([path, true]);
    expect((await call('DELETE', '/api/queues')).status).toBe(401);
  });
});

describe('a viewer', () => {
  it.each(READING.filter((route) => !route.includes(':jobId')))('may read %s', async (route) => {
    expect((await request(route, as.viewer)).status).toBe(200);
  });

  it.each(FOR_OPERATORS)('may not %s', async (route) => {
    const response = await request(route, as.viewer);
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ message: 'A viewer may only look. Ask an operator or an admin.' });
  });
});

describe.each(['viewer', 'operator', 'admin'] as const)('%s', (role) => {
  it.each([
    ...FOR_NOBODY,
    'PUT /api/queues/:queueName/retry/completed',
    'PUT /api/queues/:queueName/retry/failed/',
    'PUT /api/queues/send-order%2fpause',
    'DELETE /api/queues/:queueName',
    'PUT /api/queues/:queueName/something-new',
    'POST /api/metrics/history/purge',
  ])('is refused %s', async (route) => {
    const response = await request(route, as[role]);
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ message: expect.stringContaining('the ledger decides') });
  });
});

describe('an operator', () => {
  const job = {
    version: 1,
    intentId: '6f1c1a52-6a1c-4a0e-9a53-6f2f5a2c8a11',
    dispatchNo: 1,
    shopId: 'main',
    orderId: 265,
  };

  afterEach(async () => {
    await queues.byName['send-order'].obliterate({ force: true });
    await api.relay.ledger.pool.query('truncate audit');
  });

  async function failedJobs(count: number): Promise<void> {
    const worker = new Worker('send-order', () => Promise.reject(new UnrecoverableError('in-doubt')), {
      connection: redis,
      prefix: queuePrefix(api.relay.installation.id),
    });
    for (let number = 1; number <= count; number++)
      await queues.byName['send-order'].add('send-order', job, { jobId: `failed-${number}` });
    await waitFor(async () => (await queues.byName['send-order'].getFailedCount()) === count, { what: 'failed jobs' });
    await worker.close();
  }
  async function audit(): Promise<unknown[]> {
    const sql = `select actor, action, subject from audit where action like 'board %'`;
    return (await api.relay.ledger.pool.query<Record<string, unknown>>(sql)).rows;
  }

  it('may retry a failed job, which the audit tells', async () => {
    await failedJobs(1);
    expect((await call('PUT', '/api/queues/send-order/failed-1/retry', as.operator)).status).toBe(204);
    expect(await queues.byName['send-order'].getWaitingCount()).toBe(1);
    expect(await audit()).toEqual([{ actor: 'olga', action: 'board retry', subject: 'send-order/failed-1' }]);
  });

  it('may retry all failed jobs', async () => {
    await failedJobs(2);
    const response = await call('PUT', '/api/queues/send-order/retry/failed', as.operator);
    expect(await response.json()).toEqual({ retried: 2, skipped: 0 });
    expect(await audit()).toEqual([{ actor: 'olga', action: 'board retry all failed', subject: 'send-order' }]);
  });

  it('may promote a delayed job, also while the queue’s others wait', async () => {
    await queues.byName['send-order'].add('send-order', job, { jobId: 'later', delay: 3_600_000 });
    expect((await call('PUT', '/api/queues/send-order/later/promote', as.operator)).status).toBe(204);
    expect(await queues.byName['send-order'].getDelayedCount()).toBe(0);
    expect(await audit()).toEqual([{ actor: 'olga', action: 'board promote', subject: 'send-order/later' }]);
  });

  it('leaves no row in the audit where nothing was done', async () => {
    expect((await call('PUT', '/api/queues/send-order/unknown/retry', as.operator)).status).toBe(404);
    await call('PUT', '/api/queues/send-order/unknown/retry', as.viewer);
    expect(await audit()).toEqual([]);
  });

  it('is refused what another site asks in its name', async () => {
    const url = new URL(api.url);
    const from = (headers: Record<string, string>) =>
      call('PUT', '/api/queues/send-order/retry/failed', { ...as.operator, ...headers });
    expect((await from({ origin: 'https://other.example' })).status).toBe(403);
    expect((await from({ origin: 'null' })).status).toBe(403);
    expect((await from({ 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await from({ 'sec-fetch-site': 'same-site', origin: url.origin })).status).toBe(403);
    expect((await from({ origin: url.origin })).status).toBe(200);
    expect((await from({ 'sec-fetch-site': 'same-origin' })).status).toBe(200);
  });
});

describe('while Redis is away', () => {
  it('the Board says no more than that it failed', async () => {
    await api.toRedis.cut();
    const response = await call('GET', '/api/queues', as.viewer);
    await api.toRedis.mend();
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({ error: { key: 'ERRORS.INTERNAL_SERVER_ERROR' } });
    await waitFor(() => api.relay.redis.ping(), { what: 'Redis to be back' });
  });
});
