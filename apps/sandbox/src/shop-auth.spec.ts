import { startSandbox, type Sandbox } from './sandbox.js';
import { call, control, makeOrder, pluck, shopCall } from './test-support.js';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());

const code = (answer: { status: number; body: Parameters<typeof pluck>[0] }) => [
  answer.status,
  pluck(answer.body, 'code'),
];
const refused = [401, 'woocommerce_rest_authentication_error'];

describe('signing in over plain http', () => {
  it('takes OAuth, with arrays and odd characters signed', async () => {
    const id = await makeOrder(sandbox);
    const path = `/orders?include[]=${id}&include[]=1&search=${encodeURIComponent("Sample (0)~*'!")}&_fields=id`;
    expect((await shopCall(sandbox, 'GET', path)).status).toBe(200);
  });

  it('refuses a wrong secret, a used nonce and an old or early clock', async () => {
    expect(code(await shopCall(sandbox, 'GET', '/orders', undefined, { secret: 'cs_wrong' }))).toEqual(refused);
    expect(code(await shopCall(sandbox, 'GET', '/orders', undefined, { key: 'ck_unknown' }))).toEqual(refused);
    expect((await shopCall(sandbox, 'GET', '/orders', undefined, { nonce: 'once' })).status).toBe(200);
    expect(code(await shopCall(sandbox, 'GET', '/orders', undefined, { nonce: 'once' }))).toEqual(refused);
    const nowS = Math.floor(Date.now() / 1000);
    for (const offByS of [-16 * 60, 16 * 60])
      expect(code(await shopCall(sandbox, 'GET', '/orders', undefined, { timestampS: nowS + offByS }))).toEqual(
        refused,
      );
    expect((await shopCall(sandbox, 'GET', '/orders', undefined, { timestampS: nowS - 14 * 60 })).status).toBe(200);
  });

  it('judges by the shop’s own clock, and stamps its answers with it', async () => {
    const hourMs = 3_600_000;
    await control(sandbox, 'PUT', '/shop', { clockOffsetMs: hourMs });
    expect(code(await shopCall(sandbox, 'GET', '/orders'))).toEqual(refused);
    const timestampS = Math.floor((Date.now() + hourMs) / 1000);
    const { status, headers } = await shopCall(sandbox, 'GET', '/orders', undefined, { timestampS });
    await control(sandbox, 'PUT', '/shop', { clockOffsetMs: 0 });
    expect(status).toBe(200);
    expect(Math.abs(Date.parse(headers.date ?? '') - Date.now() - hourMs)).toBeLessThan(60_000);
  });

  it('sends whatever comes on to https where the shop demands that', async () => {
    await control(sandbox, 'PUT', '/shop', { forceHttps: true });
    const { status, headers } = await call(`${sandbox.shop}/wp-json/?a=b`);
    await control(sandbox, 'PUT', '/shop', { forceHttps: false });
    expect([status, headers.location]).toEqual([301, `${sandbox.shop.replace('http:', 'https:')}/wp-json/?a=b`]);
  });

  it('takes Basic and the key in the query for nothing', async () => {
    const basic = Buffer.from(`${sandbox.consumerKey}:${sandbox.consumerSecret}`).toString('base64');
    const url = `${sandbox.shop}/wp-json/wc/v3/orders`;
    const visitor = [401, 'woocommerce_rest_cannot_view'];
    expect(code(await call(url, { headers: { authorization: `Basic ${basic}` } }))).toEqual(visitor);
    const query = `consumer_key=${sandbox.consumerKey}&consumer_secret=${sandbox.consumerSecret}`;
    expect(code(await call(`${url}?${query}`))).toEqual(visitor);
  });

  it('lets a read-only key read, and refuses its writing with 401', async () => {
    const choice = { key: sandbox.readOnlyKey, secret: sandbox.readOnlySecret };
    const id = await makeOrder(sandbox);
    expect((await shopCall(sandbox, 'GET', `/orders/${id}`, undefined, choice)).status).toBe(200);
    expect(code(await shopCall(sandbox, 'PUT', `/orders/${id}`, {}, choice))).toEqual(refused);
  });
});

describe('the index', () => {
  it('needs no key, names the shop, and lists the plugin while it is active', async () => {
    const index = () => call(`${sandbox.shop}/wp-json/`);
    expect(pluck((await index()).body, 'home')).toBe(sandbox.shop);
    expect(pluck((await index()).body, 'gmt_offset')).toBe('1');
    expect(pluck((await index()).body, 'namespaces')).not.toContain('hft71/v1');
    await control(sandbox, 'PUT', '/shop', { pluginActive: true, homeUrl: 'https://copy.example/' });
    expect(pluck((await index()).body, 'namespaces')).toContain('hft71/v1');
    expect(pluck((await index()).body, 'home')).toBe('https://copy.example');
    await control(sandbox, 'PUT', '/shop', { pluginActive: false, homeUrl: sandbox.shop });
  });

  it('is found by rest_route only while permalinks are plain', async () => {
    await control(sandbox, 'PUT', '/shop', { plainPermalinks: true });
    const pretty = await call(`${sandbox.shop}/wp-json/wc/v3/orders`);
    expect([pretty.status, pretty.headers['content-type']]).toEqual([404, 'text/html; charset=UTF-8']);
    expect((await call(`${sandbox.shop}/?rest_route=/`)).status).toBe(200);
    expect(code(await call(`${sandbox.shop}/?rest_route=/wc/v3/orders`))).toEqual([
      401,
      'woocommerce_rest_cannot_view',
    ]);
    await control(sandbox, 'PUT', '/shop', { plainPermalinks: false });
  });

  it('knows no other route', async () => {
    expect(code(await shopCall(sandbox, 'GET', '/nothing'))).toEqual([404, 'rest_no_route']);
  });
});
