import { writeAudit } from '@relay/ledger';
import { basic, startTestApi, type TestApi } from '../test-support.js';

let api: TestApi;
let headers: Record<string, string>;

beforeAll(async () => {
  api = await startTestApi();
  headers = basic(await api.addUser('vic', 'viewer'));
  const { ledger } = api.relay;
  await ledger.pool.query(
    `insert into api_call (shop_id, target, action, method, path, status, code, duration_ms, order_id, request_id) values
       ('main', 'shop', 'get_order', 'GET', '/wp-json/wc/v3/orders/7', 200, null, 50, 7, null),
       ('main', 'hft71', 'send_order', 'POST', '/order', null, 'deadline', 20000, 7, 'r-1')`,
  );
  await writeAudit(ledger, { actor: 'eve', action: 'orders hold', subject: 'main/7', reason: 'the customer calls' });
});
afterAll(async () => {
  await api?.close();
});

const get = async (path: string) => {
  const response = await fetch(`${api.url}/api/v1${path}`, { headers });
  return { status: response.status, body: (await response.json()) as Record<string, readonly unknown[]> };
};

it('GET /log has the calls that fit', async () => {
  expect((await get('/log?class=none&target=hft71')).body['calls']).toMatchObject([
    { action: 'send_order', status: null, code: 'deadline', orderId: 7, requestId: 'r-1' },
  ]);
  expect((await get('/log?until=2000-01-01T00:00:00Z')).body['calls']).toEqual([]);
  expect((await get('/log?since=2100-01-01T00:00:00Z')).status).toBe(409);
  expect((await get('/log?class=6xx')).status).toBe(400);
  expect((await get('/log?shop=other')).status).toBe(404);
  expect((await get('/log?order=4711')).status).toBe(404);
});

it('GET /audit has what people did', async () => {
  expect((await get('/audit?by=eve&action=orders')).body['lines']).toMatchObject([
    { actor: 'eve', action: 'orders hold', subject: 'main/7', reason: 'the customer calls' },
  ]);
  expect((await get('/audit?by=nobody')).body['lines']).toEqual([]);
});

it('GET /doctor says what is wrong, and is not made anew for each who asks', async () => {
  const [first, second] = await Promise.all([get('/doctor'), get('/doctor')]);
  // Neither the shop nor HFT71 of these settings is there.
  expect(first.body['findings']).toContainEqual(expect.objectContaining({ cause: 'no-worker', state: 'failed' }));
  expect(first.body['findings']?.[0]).toMatchObject({ cause: expect.stringMatching(/^shop-|^hft71-/) as string });
  expect(second.body['at']).toBe(first.body['at']);
  expect((await get('/doctor?shop=other')).status).toBe(404);
});
