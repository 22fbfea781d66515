import type { ApiCallRecord } from '@relay/core';
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { createShopClient } from './client.js';
import { signQuery } from './oauth1.js';
import type { ShopClientOptions } from './shop-client.js';

const KEYS = { consumerKey: 'ck_1', consumerSecret: 'cs_1' };
const address = { first_name: 'Ada' };
const ORDER = {
  id: 245,
  status: 'processing',
  order_key: 'wc_order_x',
  billing: address,
  shipping: address,
  line_items: [],
  date_created_gmt: '2026-11-23T10:54:07',
  date_modified_gmt: '2026-11-23T10:54:08',
};
const INDEX = { name: 'Shop', home: 'http://shop.example/', namespaces: ['wc/v3'], gmt_offset: '5.5' };

interface Asked {
  method: string;
  url: URL;
  authorization: string | undefined;
  body: unknown;
}
type Reply = { status?: number; headers?: Record<string, string>; body?: unknown; text?: string };

let asked: Asked[];
let reply: (asked: Asked) => Reply;
let server: http.Server;
let origin: string;

beforeEach(async () => {
  asked = [];
  reply = () => ({ body: ORDER });
  server = http.createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += String(chunk)));
    request.on('end', () => {
      const now: Asked = {
        method: request.method ?? '',
        url: new URL(request.url ?? '', origin),
        authorization: request.headers.authorization,
        body: text === '' ? undefined : JSON.parse(text),
      };
      asked.push(now);
      const answer = reply(now);
      response.writeHead(answer.status ?? 200, answer.headers);
      response.end(answer.text ?? JSON.stringify(answer.body));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const client = (change: Partial<ShopClientOptions> = {}) => createShopClient({ baseUrl: origin, ...KEYS, ...change });
const wooError = (code: string, status: number, message = 'x'): Reply => ({
  status,
  body: { code, message, data: { status } },
});
const parameters = (index = 0) => Object.fromEntries(asked[index]?.url.searchParams ?? []);

describe('over plain http', () => {
  test('every try is signed anew by OAuth, over what is really sent', async () => {
    reply = () => (asked.length < 3 ? { status: 503, text: '' } : { body: [] });
    await client().listOrders({ status: ['processing', 'on-hold'], modifiedAfterGmt: '2026-11-23T10:00:00Z' });
    expect(asked).toHaveLength(3);
    for (const { method, url, authorization } of asked) {
      expect(authorization).toBeUndefined();
      const { oauth_signature, ...rest } = Object.fromEntries(url.searchParams);
      const moment = { nonce: rest['oauth_nonce'] ?? '', epochSeconds: Number(rest['oauth_timestamp']) };
      const query = Object.fromEntries(Object.entries(rest).filter(([name]) => !name.startsWith('oauth_')));
      expect(oauth_signature).toBe(
        signQuery(method, `${origin}${url.pathname}`, query, KEYS, moment)['oauth_signature'],
      );
    }
    expect(new Set(asked.map(({ url }) => url.searchParams.get('oauth_nonce'))).size).toBe(3);
  });
});

describe('over plain http, on a machine whose clock is wrong', () => {
  const timeOf = ({ url }: Asked) => Number(url.searchParams.get('oauth_timestamp')) * 1000;

  test('the shop’s date is signed once it differs by more than a cache explains', async () => {
    const anHourAgo = new Date(Date.now() - 3_600_000);
    reply = ({ url }) =>
      timeOf({ url } as Asked) > anHourAgo.getTime() + 15 * 60_000
        ? { status: 401, headers: { date: anHourAgo.toUTCString() }, body: { code: 'x' } }
        : { body: ORDER, headers: { date: anHourAgo.toUTCString() } };
    const shop = client();
    await expect(shop.getOrder(245)).rejects.toMatchObject({ failure: 'unauthorized' });
    expect((await shop.getOrder(245)).id).toBe(245);
    expect(Math.abs(timeOf(asked.at(-1) as Asked) - anHourAgo.getTime())).toBeLessThan(10_000);
  });

  test('a date of three minutes ago is a cache’s', async () => {
    reply = () => ({ body: ORDER, headers: { date: new Date(Date.now() - 180_000).toUTCString() } });
    const shop = client();
    await shop.getOrder(245);
    await shop.getOrder(245);
    expect(Math.abs(timeOf(asked.at(-1) as Asked) - Date.now())).toBeLessThan(10_000);
  });
});

describe('a list', () => {
  test('asks in the form that the shop understands', async () => {
    reply = () => ({ body: [ORDER], headers: { 'x-wp-total': '9', date: 'Mon, 23 Nov 2026 10:55:16 GMT' } });
    const page = await client().listOrders({
      status: ['processing', 'on-hold'],
      modifiedAfterGmt: '2026-11-23T10:00:00.500Z',
      createdAfterGmt: '2026-11-23T09:00:00',
      exclude: [1, 2],
      include: [],
      orderBy: 'modified',
      order: 'asc',
      perPage: 100,
      offset: 3,
    });
    expect(parameters()).toMatchObject({
      status: 'processing,on-hold',
      modified_after: '2026-11-23T10:00:00',
      after: '2026-11-23T09:00:00',
      dates_are_gmt: 'true',
      exclude: '1,2',
      orderby: 'modified',
      order: 'asc',
      per_page: '100',
      offset: '3',
    });
    expect(parameters()).not.toHaveProperty('include');
    expect(asked[0]?.url.search).toContain('exclude=1,2');
    expect(page).toMatchObject({ total: 9, serverDate: new Date('2026-11-23T10:55:16Z') });
    expect(page.orders).toHaveLength(1);
  });

  test('with an order that cannot be read tells its id, and shows the others', async () => {
    reply = () => ({ body: [ORDER, { id: 3 }] });
    const { orders, unreadableIds, entries } = await client().listOrders();
    expect([orders.length, unreadableIds, entries]).toEqual([1, [3], 2]);
  });

  test('with an entry that is no order at all fails as a whole', async () => {
    reply = () => ({ body: [ORDER, 'nonsense'] });
    await expect(client().listOrders()).rejects.toMatchObject({ code: 'unexpected-shape' });
  });

  test('of the latest 200 is read without counting pages', async () => {
    reply = ({ url }) => ({
      body: Array.from({ length: 100 }, (_, n) => ({
        ...ORDER,
        id: url.searchParams.has('exclude') ? n + 1 : n + 101,
      })),
    });
    expect((await client().latestOrders(150)).map((order) => order.id)).toHaveLength(150);
    expect(parameters(1)).toMatchObject({ orderby: 'date', order: 'desc' });
    expect(parameters(1)).not.toHaveProperty('page');
  });
});

describe('writing', () => {
  test('sets and deletes meta by key', async () => {
    expect(await client().putOrderMeta(245, { _a: '1', _b: null })).toMatchObject({ id: 245 });
    expect(asked[0]).toMatchObject({
      method: 'PUT',
      body: {
        meta_data: [
          { key: '_a', value: '1' },
          { key: '_b', value: null },
        ],
      },
    });
  });

  test.each([500, 429, 503])('is tried once, whatever the answer (%i)', async (status) => {
    reply = () => ({ status, text: '' });
    await expect(client().putOrderMeta(245, {})).rejects.toMatchObject({ status });
    await expect(client().addOrderNote(245, 'x')).rejects.toMatchObject({ status });
    expect(asked.map(({ method }) => method)).toEqual(['PUT', 'POST']);
  });

  test('webhooks: created, listed, activated, deleted', async () => {
    const hook = { id: 1, name: 'n', status: 'active', topic: 'order.updated', delivery_url: 'http://r/' };
    reply = ({ method, url }) => ({ body: method === 'GET' && url.pathname.endsWith('webhooks') ? [hook] : hook });
    const mine = { id: 1, name: 'n', status: 'active', topic: 'order.updated', deliveryUrl: 'http://r/' };
    const shop = client();
    expect(
      await shop.createWebhook({ name: 'n', topic: 'order.updated', deliveryUrl: 'http://r/', secret: 's' }),
    ).toEqual(mine);
    expect(await shop.listWebhooks()).toEqual([mine]);
    expect(await shop.activateWebhook(1)).toEqual(mine);
    await shop.deleteWebhook(1);
    expect(asked.map(({ method, body }) => [method, body])).toEqual([
      ['POST', { name: 'n', topic: 'order.updated', delivery_url: 'http://r/', secret: 's' }],
      ['GET', undefined],
      ['PUT', { status: 'active' }],
      ['DELETE', undefined],
    ]);
    expect(parameters(3)).toMatchObject({ force: 'true' });
  });

  test('is checked on an order that cannot exist', async () => {
    const write = (answer: Reply) => {
      reply = ({ method }) => (method === 'GET' ? { body: [] } : answer);
      return client().checkWriteAccess();
    };
    await expect(write(wooError('woocommerce_rest_shop_order_invalid_id', 400))).resolves.toBeUndefined();
    await expect(write(wooError('woocommerce_rest_authentication_error', 401))).rejects.toMatchObject({
      failure: 'read-only',
    });
    reply = () => wooError('woocommerce_rest_authentication_error', 401);
    await expect(client().checkWriteAccess()).rejects.toMatchObject({ failure: 'unauthorized' });
  });
});

test('refunds are summed by line', async () => {
  const line = { quantity: -1, meta_data: [{ key: '_refunded_item_id', value: '7' }] };
  reply = () => ({ body: [{ line_items: [line] }, { line_items: [line] }] });
  expect(await client().getRefundLines(245)).toEqual([{ lineId: 7, quantity: 2 }]);
  expect(asked[0]?.url.pathname).toBe('/wp-json/wc/v3/orders/245/refunds');
});

describe('a failure', () => {
  test.each<[string, Reply, object]>([
    ['an order that is not there', wooError('woocommerce_rest_shop_order_invalid_id', 404), { failure: 'not-found' }],
    ['no such route', wooError('rest_no_route', 404), { failure: 'misconfigured', code: 'rest_no_route' }],
    ['a 404 page', { status: 404, text: '<html>' }, { failure: 'misconfigured' }],
    ['wrong keys', wooError('woocommerce_rest_authentication_error', 401), { failure: 'unauthorized' }],
    ['an unseen key', wooError('woocommerce_rest_cannot_view', 401), { failure: 'unauthorized' }],
    [
      'a firewall',
      { status: 403, text: '<html>' },
      { failure: 'misconfigured', message: expect.stringContaining('firewall') },
    ],
    ['a bad parameter', wooError('rest_invalid_param', 400), { failure: 'rejected', code: 'rest_invalid_param' }],
    [
      'a limit',
      { status: 429, text: '', headers: { 'retry-after': '60' } },
      { failure: 'throttled', retryAfterMs: 60_000 },
    ],
    ['maintenance', { status: 503, text: '', headers: { 'retry-after': '60' } }, { failure: 'throttled' }],
    ['an outage', { status: 500, text: '' }, { failure: 'unavailable', retryAfterMs: null }],
    ['HTML where JSON belongs', { text: '<html>Ada</html>' }, { failure: 'unavailable', code: 'not-json' }],
    [
      'another order than asked for',
      { body: { ...ORDER, id: 3 } },
      { failure: 'unavailable', code: 'unexpected-shape' },
    ],
    [
      'a redirect to https',
      { status: 301, text: '', headers: { location: 'https://shop.example/x?secret=1' } },
      {
        failure: 'misconfigured',
        code: 'redirects-to-https',
        message: expect.stringMatching(/https: set WC_BASE_URL to https:\/\/shop\.example$/),
      },
    ],
  ])('%s', async (_what, answer, expected) => {
    reply = () => answer;
    await expect(client().getOrder(245)).rejects.toMatchObject({ name: 'CallFailure', target: 'shop', ...expected });
  });

  test.each<[string, Reply]>([
    ['a password before the whole site', { status: 401, text: '<html>' }],
    ['a plugin that refuses guests', wooError('rest_login_required', 401)],
    ['the same with 403', wooError('rest_forbidden', 403)],
  ])('on the index is not the key’s: %s', async (_what, answer) => {
    reply = () => answer;
    await expect(client().index()).rejects.toMatchObject({
      failure: 'unauthorized',
      message: expect.stringContaining('before any key is shown'),
    });
  });

  test('carries neither body nor address nor cause', async () => {
    reply = () => ({ status: 500, text: 'Ada Example, Sample Road 5' });
    const error: unknown = await client()
      .getOrder(245)
      .catch((caught: unknown) => caught);
    const told = JSON.stringify(error, Object.getOwnPropertyNames(error)) + String((error as Error).stack);
    expect(told).not.toMatch(/Ada|127\.0\.0\.1:\d+|cs_1|ck_1|oauth/);
    expect(error).not.toHaveProperty('cause');
    expect(error).not.toHaveProperty('config');
  });

  test('a host that is away, and one that does not speak', async () => {
    const sockets: net.Socket[] = [];
    const silent = net.createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const hang = client({ baseUrl: `http://127.0.0.1:${port}`, answerTimeoutMs: 100 }).getOrder(1);
    await expect(hang).rejects.toMatchObject({ failure: 'unavailable', code: 'deadline' });
    const noTls = client({
      baseUrl: `https://127.0.0.1:${port}`,
      connectTimeoutMs: 50,
      answerTimeoutMs: 1000,
    }).getOrder(1);
    await expect(noTls).rejects.toMatchObject({ failure: 'unavailable', code: 'connect-timeout' });
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
    const gone = client({ baseUrl: `http://127.0.0.1:${port}` }).getOrder(1);
    await expect(gone).rejects.toMatchObject({ failure: 'unavailable', code: 'ECONNREFUSED' });
  });

  test('an answer that drips ends with the call’s time', async () => {
    const dripping = http.createServer((_request, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write(' '), 20);
      response.once('close', () => clearInterval(drip));
    });
    dripping.listen(0, '127.0.0.1');
    await once(dripping, 'listening');
    const baseUrl = `http://127.0.0.1:${(dripping.address() as AddressInfo).port}`;
    await expect(client({ baseUrl, answerTimeoutMs: 150 }).getOrder(1)).rejects.toMatchObject({ code: 'deadline' });
    dripping.closeAllConnections();
    await new Promise((resolve) => dripping.close(resolve));
  });
});

describe('reads', () => {
  test('are tried three times, each asking the budget and told to the log', async () => {
    const beforeCall = jest.fn(async () => undefined);
    const calls: ApiCallRecord[] = [];
    reply = () => (asked.length < 3 ? { status: 502, text: '' } : { body: ORDER });
    await client({ beforeCall, onCall: (call) => calls.push(call) }).getOrder(245);
    expect(beforeCall).toHaveBeenCalledTimes(3);
    expect(calls.map(({ status }) => status)).toEqual([502, 502, 200]);
    expect(calls[2]).toMatchObject({
      target: 'shop',
      action: 'get_order',
      method: 'GET',
      path: '/wp-json/wc/v3/orders/245',
      orderId: 245,
      code: null,
    });
  });

  test('wait as long as a Retry-After asks when that fits, and not at all when it does not', async () => {
    reply = () => (asked.length < 2 ? { status: 429, text: '', headers: { 'retry-after': '1' } } : { body: ORDER });
    const startedAt = performance.now();
    await client().getOrder(245);
    expect(performance.now() - startedAt).toBeGreaterThan(990);
    asked = [];
    await expect(client({ answerTimeoutMs: 900 }).getOrder(245)).rejects.toMatchObject({ failure: 'throttled' });
    expect(asked).toHaveLength(1);
  });

  test('what the budget throws comes through unchanged', async () => {
    const full = new Error('budget');
    await expect(client({ beforeCall: () => Promise.reject(full) }).getOrder(1)).rejects.toBe(full);
    expect(asked).toEqual([]);
  });
});

describe('the index', () => {
  test('tells who answers, and by which clock', async () => {
    reply = () => ({ body: INDEX, headers: { date: 'Mon, 23 Nov 2026 10:55:16 GMT' } });
    expect(await client().index()).toEqual({
      name: 'Shop',
      homeUrl: 'http://shop.example',
      namespaces: ['wc/v3'],
      gmtOffsetMinutes: 330,
      serverDate: new Date('2026-11-23T10:55:16Z'),
    });
    expect(Object.keys(parameters())).not.toContain('oauth_nonce');
  });

  test('knows plain permalinks', async () => {
    reply = ({ url }) => (url.searchParams.has('rest_route') ? { body: INDEX } : { status: 404, text: '<html>' });
    await expect(client().index()).rejects.toMatchObject({
      failure: 'misconfigured',
      code: 'plain-permalinks',
      message: expect.stringContaining('Post name'),
    });
  });

  test('tells a wrong folder from them: WordPress answers so below every path of its host', async () => {
    reply = ({ url }) => (url.searchParams.has('rest_route') ? { body: INDEX } : { status: 404, text: '<html>' });
    await expect(client({ baseUrl: `${origin}/old-folder` }).index()).rejects.toMatchObject({
      code: 'wrong-path',
      message: expect.stringContaining('http://shop.example'),
    });
  });

  test('takes no firewall for them', async () => {
    reply = ({ url }) => (url.searchParams.has('rest_route') ? { body: INDEX } : { status: 403, text: '<html>' });
    await expect(client().index()).rejects.toMatchObject({ failure: 'misconfigured', status: 403, code: null });
    expect(asked).toHaveLength(1);
  });

  test('of another site is no shop', async () => {
    reply = () => ({ text: '<html>' });
    await expect(client().index()).rejects.toMatchObject({ failure: 'unavailable', code: 'not-json' });
  });

  test('lies in the shop’s own folder', async () => {
    reply = () => ({ body: INDEX });
    await client({ baseUrl: `${origin}/shop/` }).index();
    expect(asked[0]?.url.pathname).toBe('/shop/wp-json/');
  });
});
