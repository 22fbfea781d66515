import type { ApiCallRecord } from '@relay/core';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHft71Client } from './client.js';
import type { Hft71ClientOptions } from './hft71-client.js';
import { createMemoryTokenStore } from './memory-token-store.js';
import type { TokenStore } from './token-store.js';

interface Asked {
  method: string;
  url: string;
  token: string | undefined;
  body: string;
}
type Reply = { status?: number; headers?: Record<string, string>; body?: unknown; text?: string };

/** HFT71 as a function from request to reply; log-ins give t1, t2, … unless the function says otherwise. */
class FakeApi {
  readonly asked: Asked[] = [];
  logIns = 0;
  lifeSeconds = 300;
  reply: (asked: Asked) => Reply = () => ({ body: [] });
  logInReply: (() => Reply) | null = null;
  readonly #server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      const url = request.url ?? '';
      const asked = { method: request.method ?? '', url, token: request.headers.authorization?.slice(7), body };
      const reply = url === '/authentication/login' ? this.#logIn() : (this.asked.push(asked), this.reply(asked));
      response.writeHead(reply.status ?? 200, reply.headers);
      response.end(reply.text ?? JSON.stringify(reply.body ?? null));
    });
  });

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #logIn(): Reply {
    this.logIns += 1;
    return (
      this.logInReply?.() ?? {
        body: { access_token: `t${this.logIns}`, expires_in: this.lifeSeconds, token_type: 'Bearer' },
      }
    );
  }
}

let api: FakeApi;
let baseUrl: string;
let store: TokenStore;
beforeEach(async () => {
  api = new FakeApi();
  baseUrl = await api.listen();
  store = createMemoryTokenStore();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await api.close();
});

const client = (change: Partial<Hft71ClientOptions> = {}) =>
  createHft71Client({ baseUrl, username: 'user', password: 'pass', tokenStore: store, ...change });

describe('the log-in token', () => {
  test('is fetched once for all workers', async () => {
    const tokens = await Promise.all(Array.from({ length: 20 }, () => client().logInToken()));
    expect(new Set(tokens)).toEqual(new Set(['t1']));
    expect(api.logIns).toBe(1);
  });

  test('is renewed when less than min(60 s, a fifth) of its life is left, by the monotonic clock', async () => {
    const one = client();
    const startedAt = performance.now();
    expect(await one.logInToken()).toBe('t1');
    const now = jest.spyOn(performance, 'now');
    now.mockReturnValue(startedAt + 239_000);
    expect(await one.logInToken()).toBe('t1');
    jest.spyOn(Date, 'now').mockReturnValue(0); // a clock that is set does not matter to the worker that received it
    expect(await one.logInToken()).toBe('t1');
    now.mockReturnValue(startedAt + 241_000);
    expect(await one.logInToken()).toBe('t2');
  });

  test('of another worker is judged by the wall clock', async () => {
    await store.write({ token: 'old', receivedAtMs: Date.now() - 250_000, lifeMs: 300_000 });
    expect(await client().logInToken()).toBe('t1');
    await store.write({ token: 'young', receivedAtMs: Date.now() - 100_000, lifeMs: 300_000 });
    expect(await client().logInToken()).toBe('young');
    expect(await client().logInToken({ minLifeShare: 0.9 })).toBe('t2');
  });

  test('that was refused is compared first: another one that is shared by now is used', async () => {
    const one = client();
    expect(await one.logInToken()).toBe('t1');
    expect(await one.refusedToken('stale')).toBe('t1');
    expect(api.logIns).toBe(1);
    const [a, b] = await Promise.all([one.refusedToken('t1'), client().refusedToken('t1')]);
    expect([a, b]).toEqual(['t2', 't2']);
    expect(api.logIns).toBe(2);
  });

  test.each([400, 401])('is not asked for more than three times with refused credentials (%i)', async (status) => {
    api.logInReply = () => ({ status });
    const one = client();
    for (let attempt = 0; attempt < 5; attempt++)
      await expect(one.logInToken()).rejects.toMatchObject({ failure: 'unauthorized', action: 'login' });
    expect(api.logIns).toBe(3);
  });

  test('is asked again through a firewall that answers 403 for a while: that says nothing of the password', async () => {
    api.logInReply = () => ({ status: 403 });
    const one = client();
    for (let attempt = 0; attempt < 5; attempt++)
      await expect(one.logInToken()).rejects.toMatchObject({ failure: 'unauthorized' });
    expect(api.logIns).toBe(5);
  });

  test.each<[string, Reply, string]>([
    ['an outage', { status: 503 }, 'unavailable'],
    ['a limit', { status: 429, headers: { 'retry-after': '7' } }, 'throttled'],
    ['a wrong address', { status: 404 }, 'misconfigured'],
    ['HTML', { text: '<html>' }, 'unavailable'],
    ['an answer without expires_in', { body: { access_token: 'x' } }, 'unavailable'],
  ])('%s is no refusal', async (_what, reply, failure) => {
    api.logInReply = () => reply;
    const one = client();
    for (let attempt = 0; attempt < 4; attempt++) await expect(one.logInToken()).rejects.toMatchObject({ failure });
    expect(api.logIns).toBe(4);
  });

  test('a store that is away is told as such, without its own words', async () => {
    store.read = () => Promise.reject(new Error('redis://:secret@host'));
    await expect(client().logInToken()).rejects.toMatchObject({
      failure: 'retry-later',
      code: 'token-store',
      message: expect.not.stringContaining('secret'),
    });
  });

  test('is known to have worked once a call was accepted with it', async () => {
    const one = client();
    expect(await one.tokenWasAccepted(await one.logInToken())).toBe(false);
    await one.stockPage(1, 1);
    expect(await client().tokenWasAccepted('t1')).toBe(true);
  });

  test('what the budget throws comes through unchanged', async () => {
    const full = new Error('budget');
    await expect(client({ beforeCall: () => Promise.reject(full) }).logInToken()).rejects.toBe(full);
    expect(api.logIns).toBe(0);
  });
});

describe('a read', () => {
  test('answers statuses by SKU, ids as text', async () => {
    api.reply = () => ({ body: [{ sku: 'A-1', status: 'In Production', more: 1 }] });
    expect(await client().orderStatus('17')).toEqual([{ sku: 'A-1', status: 'In Production' }]);
    expect(await client().customerStatus('17')).toHaveLength(1);
    expect(api.asked.map((asked) => [asked.url, asked.token])).toEqual([
      ['/order/17/status', 't1'],
      ['/order/17/customer-status', 't1'],
    ]);
  });

  test('goes on with another token after a 401, once', async () => {
    api.reply = ({ token }) => (token === 't1' ? { status: 401 } : { body: [] });
    expect(await client().orderStatus('17')).toEqual([]);
    expect(api.asked.map((asked) => asked.token)).toEqual(['t1', 't2']);
    api.reply = () => ({ status: 401 });
    await expect(client().orderStatus('17')).rejects.toMatchObject({ failure: 'unauthorized', status: 401 });
    expect(api.asked).toHaveLength(4);
  });

  test('is tried three times at most, each within the budget', async () => {
    const budget = jest.fn(async () => undefined);
    const calls: ApiCallRecord[] = [];
    api.reply = () => ({ status: 500, text: 'Ada Example' });
    const failed = client({ beforeCall: budget, onCall: (call) => calls.push(call) }).orderStatus('17');
    await expect(failed).rejects.toMatchObject({ failure: 'unavailable', status: 500 });
    await expect(failed).rejects.not.toHaveProperty('cause');
    await expect(failed).rejects.toMatchObject({ message: expect.not.stringContaining('Ada') });
    expect(api.asked).toHaveLength(3);
    expect(budget).toHaveBeenCalledTimes(4);
    expect(calls.map(({ action, status }) => [action, status])).toEqual([
      ['login', 200],
      ['get_status', 500],
      ['get_status', 500],
      ['get_status', 500],
    ]);
  });

  test('does not wait for a Retry-After beyond its own time', async () => {
    api.reply = () => ({ status: 429, headers: { 'retry-after': '60' } });
    await expect(client().orderStatus('17')).rejects.toMatchObject({ failure: 'throttled', retryAfterMs: 60_000 });
    expect(api.asked).toHaveLength(1);
  });

  test('of one order knows absence from a wrong address', async () => {
    api.reply = () => ({ status: 404 });
    expect(await client().order('17')).toBe('not-found');
    await expect(client().orderStatus('17')).rejects.toMatchObject({ failure: 'not-found' });
    await expect(client().stockPage(1, 1)).rejects.toMatchObject({ failure: 'misconfigured' });
  });

  test('of one order gives reference and shipping', async () => {
    api.reply = () => ({ body: { orderId: 17, referenceId: 5, shipping: { carrier: 'DPD', tracking: 12 } } });
    expect(await client().order('17')).toEqual({
      orderId: '17',
      referenceId: '5',
      shipping: { carrier: 'DPD', tracking: '12', trackingRet: null },
    });
    await expect(client().order('18')).rejects.toMatchObject({ code: 'unexpected-shape' });
  });

  test('does not follow a redirect, and names its origin alone', async () => {
    api.reply = () => ({ status: 302, headers: { location: 'https://other.example/x?secret=1' } });
    const failed = client().orderStatus('17');
    await expect(failed).rejects.toMatchObject({ failure: 'misconfigured' });
    await expect(failed).rejects.toThrow(/https:\/\/other\.example$/);
  });
});

describe('a look-up by reference', () => {
  const lookUp = (body: unknown, fullPage?: number) => {
    api.reply = () => ({ body });
    return client().lookUpByReference('/order?referenceId={referenceId}', 'A 1', { ...(fullPage ? { fullPage } : {}) });
  };

  test('answers one order or a list', async () => {
    expect(await lookUp({ orderId: 1, referenceId: 'A 1' })).toEqual({
      kind: 'orders',
      orders: [{ orderId: '1', referenceId: 'A 1' }],
    });
    expect(await lookUp([])).toEqual({ kind: 'orders', orders: [] });
    expect(api.asked[0]?.url).toBe('/order?referenceId=A%201');
  });

  test('is unreadable where it proves nothing', async () => {
    expect(await lookUp({})).toMatchObject({ kind: 'unreadable' });
    expect(await lookUp([{ orderId: 1 }])).toMatchObject({ kind: 'unreadable' });
    expect(await lookUp(null)).toMatchObject({ kind: 'unreadable' });
    const two = [1, 2].map((orderId) => ({ orderId, referenceId: 'A' }));
    expect(await lookUp(two, 2)).toEqual({ kind: 'unreadable', reason: 'full-page' });
    api.reply = () => ({ text: '<html>' });
    expect(await client().lookUpByReference('/x', 'A')).toEqual({ kind: 'unreadable', reason: 'not-json' });
  });

  test('tells a 404 as such, and an outage as a failure', async () => {
    api.reply = () => ({ status: 404 });
    expect(await client().lookUpByReference('/x', 'A')).toEqual({ kind: 'not-found' });
    api.reply = () => ({ status: 500 });
    await expect(client().lookUpByReference('/x', 'A')).rejects.toMatchObject({ failure: 'unavailable' });
  });
});

describe('the stock feed', () => {
  const pages = (all: unknown[][]) => {
    api.reply = ({ url }) => ({ body: all[Number(new URL(url, baseUrl).searchParams.get('page')) - 1] ?? [] });
  };
  const rows = (page: number) => [1, 2].map((n) => ({ sku: `P${page}-${n}`, stock: n }));

  test('goes on after a page that is shorter than asked for, until nothing more comes', async () => {
    pages([rows(1), rows(2), [{ sku: 'last', stock: 0 }]]);
    const found = [];
    for await (const page of client().stockFeed({ count: 2 })) found.push(...page.rows);
    expect(found.map((row) => row.sku)).toEqual(['P1-1', 'P1-2', 'P2-1', 'P2-2', 'last']);
    expect(api.asked).toHaveLength(4);
  });

  test('throws when a page fails', async () => {
    api.reply = ({ url }) => (url.includes('page=1') ? { body: rows(1) } : { status: 500 });
    const seen: number[] = [];
    const read = async () => {
      for await (const page of client().stockFeed({ count: 2 })) seen.push(page.entries);
    };
    await expect(read()).rejects.toMatchObject({ failure: 'unavailable' });
    expect(seen).toEqual([2]);
  });

  test('is given up when the same page comes again', async () => {
    api.reply = () => ({ body: rows(1) });
    const read = async () => {
      for await (const page of client().stockFeed({ count: 2 })) expect(page.entries).toBe(2);
    };
    await expect(read()).rejects.toMatchObject({ code: 'page-repeats' });
  });

  test('reports what cannot be believed', async () => {
    pages([
      [
        { sku: 'A', stock: '5' },
        { sku: 'B', stock: -1 },
        { sku: 'C', stock: 1.5 },
        { sku: 'D' },
        {},
        7,
        { sku: 'E', stock: 3 },
      ],
    ]);
    const page = await client().stockPage(1, 200);
    expect(page.rows).toEqual([{ sku: 'E', stock: 3 }]);
    expect(page.faults.map((fault) => fault.sku)).toEqual(['A', 'B', 'C', 'D', null, null]);
    expect(page.entries).toBe(7);
  });
});

test('updates are tried once', async () => {
  await client().putOrderStatus('17', 'Closed');
  await client().putOrderAddress('17', { zip: '1' });
  expect(api.asked.map(({ method, url, body }) => [method, url, body])).toEqual([
    ['PUT', '/order/17', '{"orderStatus":"Closed"}'],
    ['PUT', '/order/17', '{"address":{"zip":"1"}}'],
  ]);
  api.reply = () => ({ status: 500 });
  await expect(client().putOrderStatus('17', 'Closed')).rejects.toMatchObject({ failure: 'unavailable' });
  expect(api.asked).toHaveLength(3);
});
