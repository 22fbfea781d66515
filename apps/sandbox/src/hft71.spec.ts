import { asObjects, parseJson, type Json } from './json.js';
import { startSandbox, type Sandbox } from './sandbox.js';
import { call, control, hft71Call, logIn, openReceiver, orderPayload, pluck, until } from './test-support.js';

let sandbox: Sandbox;
let token: string;
beforeEach(async () => {
  sandbox = await startSandbox({ rateLimit: null, statusStepMs: 60_000 });
  token = await logIn(sandbox);
});
afterEach(() => sandbox.stop());

const set = (settings: Record<string, Json>) => control(sandbox, 'PUT', '/hft71', settings);
const post = (body: Json) => hft71Call(sandbox, token, 'POST', '/order', body);
const get = (path: string) => hft71Call(sandbox, token, 'GET', path);
const acceptedCount = async () => pluck((await control(sandbox, 'GET', '/summary')).body, 'accepted');

describe('logging in', () => {
  it('answers a token, and refuses a wrong password', async () => {
    const url = `${sandbox.hft71}/authentication/login`;
    const good = { username: sandbox.hft71Username, password: sandbox.hft71Password };
    const answer = await call(url, { body: good });
    expect(answer.body).toEqual({ access_token: expect.any(String), expires_in: 300, token_type: 'Bearer' });
    expect((await call(url, { body: { ...good, password: 'wrong' } })).status).toBe(401);
    await set({ password: 'rotated' });
    expect((await call(url, { body: good })).status).toBe(401);
  });

  it('refuses unknown tokens, and its own when their life is over', async () => {
    expect((await hft71Call(sandbox, 'eyJunknown', 'GET', '/stock/available')).status).toBe(401);
    await set({ tokenLifeS: 0.2 });
    const short = await logIn(sandbox);
    expect((await hft71Call(sandbox, short, 'GET', '/stock/available')).status).toBe(200);
    await until('its end', async () => (await hft71Call(sandbox, short, 'GET', '/stock/available')).status === 401);
    expect((await get('/stock/available')).status).toBe(200);
  });
});

describe('orders', () => {
  it('are accepted with a number and recorded', async () => {
    const answer = await post(orderPayload('72774', 'M-00000000-0000-4000-8000-000000000001'));
    expect(answer.body).toEqual({ orderId: 500001, sendDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}Z$/) });
    expect((await control(sandbox, 'GET', '/record/accepted')).body).toEqual([
      {
        at: expect.any(Number),
        hft71OrderId: 500001,
        referenceId: '72774',
        marker: 'M-00000000-0000-4000-8000-000000000001',
        items: [{ sku: 'GL64000-00007-0046', quantity: 2 }],
      },
    ]);
  });

  it.each<[string, Record<string, Json>]>([
    ['an unknown sku', { items: [{ sku: 'MUG-001', quantity: 1 }] }],
    ['a fractional quantity', { items: [{ sku: 'GL64000-00007-0046', quantity: 1.5 }] }],
    ['no items', { items: [] }],
    ['a missing address', { address: null }],
    ['a missing address field', { address: { address1: 'Way 4' } }],
    ['a number as reference', { referenceId: 1 }],
    ['a bad date', { orderDate: 'today' }],
  ])('are refused with 422 for %s', async (_what, over) => {
    expect((await post(orderPayload('1', '', over))).status).toBe(422);
    expect(await acceptedCount()).toBe(0);
  });

  it('are made twice for a repeated reference when nothing is promised', async () => {
    await post(orderPayload('1'));
    expect(pluck((await post(orderPayload('1'))).body, 'orderId')).toBe(500002);
    expect(await acceptedCount()).toBe(2);
  });

  it('are refused or replayed when that is the account’s way', async () => {
    await post(orderPayload('1'));
    await set({ duplicateReference: 'rejects' });
    const rejected = await post(orderPayload('1'));
    expect([rejected.status, pluck(rejected.body, 'orderId')]).toEqual([409, 500001]);
    await set({ duplicateReference: 'rejects-without-id' });
    const nameless = await post(orderPayload('1'));
    expect([nameless.status, pluck(nameless.body, 'orderId')]).toEqual([409, undefined]);
    await set({ duplicateReference: 'replays' });
    const replayed = await post(orderPayload('1'));
    expect([replayed.status, pluck(replayed.body, 'orderId')]).toEqual([200, 500001]);
    expect(await acceptedCount()).toBe(1);
  });

  it('take a status or an address by PUT', async () => {
    await post(orderPayload('1'));
    const put = (body: Json) => hft71Call(sandbox, token, 'PUT', '/order/500001', body);
    expect((await put({ orderStatus: 'Closed' })).status).toBe(200);
    expect((await get('/order/500001/status')).body).toEqual([{ sku: 'GL64000-00007-0046', status: 'Closed' }]);
    expect((await put({ address: pluck(orderPayload('1', 'new'), 'address') ?? null })).status).toBe(200);
    expect((await put({ address: {} })).status).toBe(422);
    expect((await put({})).status).toBe(422);
    const { body } = await control(sandbox, 'GET', '/hft71/orders/500001');
    expect([pluck(body, 'address', 'address2'), asObjects(pluck(body, 'updates')).length]).toEqual(['new', 2]);
    expect((await hft71Call(sandbox, token, 'PUT', '/order/9', { orderStatus: 'Closed' })).status).toBe(404);
  });
});

describe('production', () => {
  it('moves each sku on its own clock, ships, and calls the webhook', async () => {
    const receiver = await openReceiver();
    await set({ statusStepMs: 150, webhook: { url: receiver.url, secret: 's3cret', in: 'header' } });
    const items = ['GL64000-00007-0046', 'GL64000-00007-0048'].map((sku) => ({ sku, quantity: 1 }));
    await post(orderPayload('1', '', { items: [...items, ...items] }));
    const statuses = async () => asObjects((await get('/order/500001/status')).body).map(({ status }) => status);
    expect(await statuses()).toEqual(['In Production', 'In Production']);
    expect(pluck((await get('/order/500001')).body, 'shipping')).toEqual({});
    await until('the end', async () => (await statuses()).every((status) => status === 'Closed'));
    expect(asObjects((await get('/order/500001/customer-status')).body)[0]?.status).toBe('Item Finished');
    expect(pluck((await get('/order/500001')).body, 'shipping', 'carrier')).toBe('DPD');
    await until('two calls', () => receiver.received.length === 2);
    expect(receiver.received.map(({ body }) => parseJson(body))).toEqual([
      { external_id: '500001', status: 'Item Finished' },
      { external_id: '500001', status: 'Closed' },
    ]);
    expect(receiver.received[0]?.headers['x-hft71-webhook-secret']).toBe('s3cret');
    await set({ webhook: { in: 'body', repeat: 2 } });
    await control(sandbox, 'POST', '/hft71/webhook', { externalId: '7', status: 'Closed' });
    expect(receiver.received).toHaveLength(4);
    expect(parseJson(receiver.received[3]?.body ?? '')).toEqual({
      ...{ external_id: '7', status: 'Closed', webhook_secret: 's3cret' },
    });
    receiver.stop();
  });
});

describe('an order moved by hand', () => {
  it('shows any status, of the order or of one sku, and calls the webhook', async () => {
    const receiver = await openReceiver();
    await set({ webhook: { url: receiver.url, secret: 's3cret' } });
    const items = ['GL64000-00007-0046', 'GL64000-00007-0048'].map((sku) => ({ sku, quantity: 1 }));
    await post(orderPayload('1', '', { items }));
    const patch = { status: 'Lost at sea', items: { 'GL64000-00007-0048': 'Closed' } };
    await control(sandbox, 'PATCH', '/hft71/orders/500001', patch);
    expect(asObjects((await get('/order/500001/status')).body).map(({ status }) => status)).toEqual([
      'Lost at sea',
      'Closed',
    ]);
    expect(parseJson(receiver.received[0]?.body ?? '')).toEqual({ external_id: '500001', status: 'Lost at sea' });
    receiver.stop();
  });
});

describe('stock', () => {
  it('is a bare array in pages, falls when an order is accepted, and can be changed', async () => {
    const first = asObjects((await get('/stock/available?page=1&count=200')).body);
    const second = asObjects((await get('/stock/available?page=2&count=200')).body);
    expect([first.length, second.length > 0 && second.length < 200]).toEqual([200, true]);
    const stockOf = async (sku: string) =>
      [1, 2]
        .map(async (page) => asObjects((await get(`/stock/available?page=${page}&count=200`)).body))
        .reduce(
          async (found, rows) => (await found) ?? (await rows).find((row) => row.sku === sku)?.stock,
          Promise.resolve<Json | undefined>(undefined),
        );
    await set({ skus: { 'GL64000-00007-0046': 18, 'XX00000-00001-0001': 3 } });
    await post(orderPayload('1'));
    expect(await stockOf('GL64000-00007-0046')).toBe(16);
    expect(await stockOf('XX00000-00001-0001')).toBe(3);
    await set({ skus: { 'XX00000-00001-0001': null } });
    expect(await stockOf('XX00000-00001-0001')).toBeUndefined();
  });
});

describe('the look-up', () => {
  const lookUp = () => get('/order?referenceId=2');

  it('is off at first, then finds exactly, with its lag', async () => {
    await post(orderPayload('2'));
    expect((await lookUp()).status).toBe(404);
    await set({ lookup: { enabled: true } });
    expect(asObjects((await lookUp()).body).map(({ orderId }) => orderId)).toEqual([500001]);
    expect((await get('/order?referenceId=22')).body).toEqual([]);
    await set({ lookup: { lagMs: 60_000 } });
    expect((await lookUp()).body).toEqual([]);
    await set({ lookup: { lagMs: 0, shape: 'order' } });
    expect(pluck((await lookUp()).body, 'referenceId')).toBe('2');
    expect((await get('/order?referenceId=22')).status).toBe(404);
  });

  it('lies in every way it is told to', async () => {
    await set({ lookup: { enabled: true, lie: 'filter-ignored' } });
    for (const reference of ['1', '2', '3']) await post(orderPayload(reference));
    expect(asObjects((await lookUp()).body)).toHaveLength(3);
    await set({ lookup: { lie: 'cut-page' } });
    expect(asObjects((await lookUp()).body).map(({ referenceId }) => referenceId)).toEqual(['1', '3']);
    await set({ lookup: { lie: 'html-200' } });
    expect((await lookUp()).headers['content-type']).toContain('text/html');
    await set({ lookup: { lie: '404' } });
    expect((await lookUp()).status).toBe(404);
    await set({ lookup: { lie: null } });
    expect(asObjects((await lookUp()).body)).toHaveLength(1);
  });
});

describe('the rate limit', () => {
  it('slides: a window refuses what does not fit into any stretch of its length', async () => {
    await set({ rateLimit: '3/600ms' });
    const statuses: number[] = [];
    for (let n = 0; n < 5; n += 1) statuses.push((await get('/stock/available?count=1')).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    await until('room', async () => {
      await new Promise((resolve) => setTimeout(resolve, 650));
      return (await get('/stock/available?count=1')).status === 200;
    });
    const { body } = await control(sandbox, 'GET', '/summary');
    expect([pluck(body, 'rateLimited'), pluck(body, 'overLimit')]).toEqual([2, 2]);
  });

  it('keeps out who keeps asking, unless refused requests are told not to count', async () => {
    const statusesOver = async (forMs: number) => {
      const seen = new Set<number>();
      for (const endMs = Date.now() + forMs; Date.now() < endMs;)
        seen.add((await get('/stock/available?count=1')).status);
      return [...seen];
    };
    await set({ rateLimit: '1/300ms' });
    await get('/stock/available?count=1');
    expect(await statusesOver(500)).toEqual([429]);
    await set({ countRefused: false });
    await until('the only grant', async () => (await get('/stock/available?count=1')).status === 200);
    expect(await statusesOver(500)).toEqual([429, 200]);
  });

  it.each<[string, string, RegExp | undefined]>([
    ['seconds', 'retry-after', /^60$/],
    ['http-date', 'retry-after', /GMT$/],
    ['absent', 'retry-after', undefined],
    ['negative', 'retry-after', /^-5$/],
    ['ten-years', 'retry-after', /^315360000$/],
    ['x-retry-after', 'x-retry-after', /^60$/],
    ['ratelimit-reset', 'ratelimit-reset', /^60$/],
    ['x-ratelimit-reset', 'x-ratelimit-reset', /^\d{10}$/],
  ])('says when to come back: %s', async (form, header, value) => {
    await set({ rateLimit: '1/min', retryAfterForm: form });
    await get('/stock/available?count=1');
    const refused = await post(orderPayload('1'));
    expect(refused.status).toBe(429);
    if (value) expect(String(refused.headers[header])).toMatch(value);
    else expect(refused.headers[header]).toBeUndefined();
    expect(await acceptedCount()).toBe(0);
  });
});
