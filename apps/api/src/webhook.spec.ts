import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { ENVIRONMENT_SHOP_ID } from '@relay/operations';
import { waitFor } from '@relay/testing';
import { Redis } from 'ioredis';
import { nudgeChannel } from '@relay/queues';
import { HOME_URL, startTestApi, WEBHOOK_SECRET, type TestApi } from './test-support.js';

const fixture = (name: string) => readFileSync(join(__dirname, '../fixtures', name), 'utf8');
const ORDER = fixture('order-created.body');
const PATH = `/webhooks/woocommerce/${ENVIRONMENT_SHOP_ID}`;

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
});

beforeEach(async () => {
  await api.relay.ledger.pool.query('truncate delivery, delivery_count, attempt, intent, shop_order cascade');
  await api.relay.ledger.pool.query('update shop set sweep_wanted = false');
  api.relay.metrics.webhookDeliveries.reset();
});

afterAll(async () => {
  await api?.close(); // there is none where the start failed
});

const sign = (body: string, secret = WEBHOOK_SECRET) => createHmac('sha256', secret).update(body).digest('base64');

async function deliver(body: string, headers: Record<string, string | null> = {}, path = PATH) {
  const all: Record<string, string | null> = {
    'content-type': 'application/json',
    'x-wc-webhook-source': HOME_URL,
    'x-wc-webhook-topic': 'order.updated',
    'x-wc-webhook-delivery-id': 'd1',
    'x-wc-webhook-signature': sign(body),
    ...headers,
  };
  const sent = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null);
  const response = await fetch(api.url + path, { method: 'POST', body, headers: Object.fromEntries(sent) });
  return { status: response.status, body: await response.json() };
}

async function rows(sql: string): Promise<Record<string, unknown>[]> {
  return (await api.relay.ledger.pool.query<Record<string, unknown>>(sql)).rows;
}
const stored = () => rows('select order_id from shop_order');
const deliveries = () => rows('select delivery_id, topic, result, order_id from delivery');
const counts = () => rows('select result, count from delivery_count');

describe('a signed delivery', () => {
  it('of an order is stored without its customer, and nudges the workers', async () => {
    const listener = new Redis(api.redisUrl);
    let nudges = 0;
    listener.on('message', () => nudges++);
    await listener.subscribe(nudgeChannel(api.relay.installation.id));

    expect(await deliver(ORDER)).toEqual({ status: 200, body: { result: 'order' } });

    expect(await rows('select state from intent')).toEqual([{ state: 'ready' }]);
    expect(await deliveries()).toEqual([
      { delivery_id: 'd1', topic: 'order.updated', result: 'order', order_id: '265' },
    ]);
    const everything = JSON.stringify([await rows('select * from shop_order'), await rows('select * from delivery')]);
    expect(everything).not.toMatch(/Sample|customer\.example|Way 2|12345|wc_order_/);
    await waitFor(() => nudges === 1, { what: 'a nudge' });
    listener.disconnect();
  });

  it('is judged by the bytes as they came, whatever the content type says', async () => {
    const spaced = `${ORDER}\n  `;
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=UTF-8'])
      expect(await deliver(spaced, { 'content-type': type })).toMatchObject({ status: 200, body: { result: 'order' } });
  });

  it('without an id (the order vanished before it was sent) is recorded without its body', async () => {
    expect(await deliver(fixture('vanished-order.body'))).toEqual({ status: 200, body: { result: 'no-id' } });
    expect(await deliveries()).toEqual([
      { delivery_id: 'd1', topic: 'order.updated', result: 'no-id', order_id: null },
    ]);
    expect(await stored()).toEqual([]);
  });

  it('of order.deleted, which has nothing but an id, wants the order read', async () => {
    const headers = { 'x-wc-webhook-topic': 'order.deleted' };
    expect(await deliver(fixture('order-deleted.body'), headers)).toEqual({
      status: 200,
      body: { result: 'read-wanted' },
    });
    expect(await rows('select sweep_wanted from shop')).toEqual([{ sweep_wanted: true }]);
  });

  it('of another topic is recorded without its body', async () => {
    const headers = { 'x-wc-webhook-topic': 'action.something' };
    expect(await deliver('{"id":7,"email":"cy@customer.example"}', headers)).toEqual({
      status: 200,
      body: { result: 'other-topic' },
    });
    expect(JSON.stringify(await deliveries())).not.toContain('cy@');
    expect(await stored()).toEqual([]);
  });

  it('of HTML instead of JSON is recorded without its body', async () => {
    expect(await deliver('<html>Fatal error for Cy Sample</html>')).toEqual({
      status: 200,
      body: { result: 'unreadable' },
    });
    expect(JSON.stringify(await deliveries())).not.toContain('Sample');
  });

  it('with an empty body is recorded', async () => {
    expect(await deliver('')).toEqual({ status: 200, body: { result: 'unreadable' } });
  });

  it('of a cloned shop is counted as foreign and ignored', async () => {
    const headers = { 'x-wc-webhook-source': 'https://staging.shop.example/' };
    expect(await deliver(ORDER, headers)).toEqual({ status: 200, body: { result: 'foreign' } });
    expect(await counts()).toEqual([{ result: 'foreign', count: 1 }]);
    expect(await stored()).toEqual([]);
    expect(await deliveries()).toEqual([]);
  });

  it('is counted by what became of it', async () => {
    await deliver(ORDER);
    const text = await (await fetch(`${api.url}/metrics`)).text();
    expect(text).toContain('relay_webhook_deliveries_total{result="order"} 1');
  });
});

describe('a delivery that is not the shop’s', () => {
  it.each([
    ['a wrong signature', sign(ORDER, 'another secret')],
    ['an unreadable signature', 'not base64 at all'],
    ['an empty signature', ''],
    ['no signature', null],
  ])('with %s is answered 401, and leaves a count', async (_what, signature) => {
    expect(await deliver(ORDER, { 'x-wc-webhook-signature': signature })).toEqual({
      status: 401,
      body: { result: 'bad-signature' },
    });
    expect(await stored()).toEqual([]);
    expect(await deliveries()).toEqual([]);
    expect(await counts()).toEqual([{ result: 'bad-signature', count: 1 }]);
  });

  it('for an unknown shop is answered 404', async () => {
    expect(await deliver(ORDER, {}, '/webhooks/woocommerce/nobody')).toEqual({
      status: 404,
      body: { error: 'Not Found' },
    });
  });

  it('of more than 1 MB is answered 413, and counted', async () => {
    const large = JSON.stringify({ id: 1, note: 'x'.repeat(1024 * 1024) });
    expect(await deliver(large)).toEqual({ status: 413, body: { error: 'Payload Too Large' } });
    expect(await deliveries()).toEqual([]);
    const text = await (await fetch(`${api.url}/metrics`)).text();
    expect(text).toContain('relay_webhook_deliveries_total{result="too-large"} 1');
  });

  it('that breaks off disturbs nobody', async () => {
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
    socket.write(`POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"id":`);
    socket.destroySoon();
    expect(await deliver(ORDER)).toMatchObject({ status: 200 });
  });
});

describe('the unsigned ping at a webhook’s creation', () => {
  it('is answered 200 and counted', async () => {
    const response = await fetch(api.url + PATH, { method: 'POST', body: new URLSearchParams({ webhook_id: '1' }) });
    expect(response.status).toBe(200);
    expect(await counts()).toEqual([{ result: 'ping', count: 1 }]);
  });
});

describe('while PostgreSQL is away', () => {
  it('a signed delivery is answered 200, and a sweep is wanted afterwards', async () => {
    await api.toPostgres.cut();
    try {
      expect(await deliver(ORDER)).toEqual({ status: 200, body: { result: 'kept-for-later' } });
      const forged = await deliver(ORDER, { 'x-wc-webhook-signature': sign(ORDER, 'another secret') });
      expect(forged).toEqual({ status: 401, body: { result: 'bad-signature' } });
    } finally {
      await api.toPostgres.mend();
    }
    await waitFor(async () => (await rows('select 1 from shop where sweep_wanted')).length === 1, {
      what: 'a sweep over the gap',
    });
  });
});

describe('while Redis is away', () => {
  it('a delivery is stored all the same', async () => {
    await api.toRedis.cut();
    try {
      expect(await deliver(ORDER)).toEqual({ status: 200, body: { result: 'order' } });
      expect(await stored()).toHaveLength(1);
    } finally {
      await api.toRedis.mend();
      await waitFor(() => api.relay.redis.ping(), { what: 'Redis to be back' });
    }
  });
});

/** Last: it uses up what this address may send unsigned. */
describe('an address that sends many that are not signed', () => {
  it('is answered 429, while signed ones and the ping pass', async () => {
    const headers = { 'x-wc-webhook-signature': sign(ORDER, 'another secret') };
    const statuses: number[] = [];
    for (let round = 0; round < 12; round++) {
      const sent = Array.from({ length: 12 }, () => deliver(ORDER, headers));
      statuses.push(...(await Promise.all(sent)).map(({ status }) => status));
    }
    expect(statuses.at(0)).toBe(401);
    expect(statuses.at(-1)).toBe(429);
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(120);

    const refused = await fetch(api.url + PATH, { method: 'POST', body: 'unsigned' });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toEqual({ result: 'bad-signature' });
    expect(await deliver(ORDER)).toEqual({ status: 200, body: { result: 'order' } });
    const ping = await fetch(api.url + PATH, { method: 'POST', body: new URLSearchParams({ webhook_id: '1' }) });
    expect(ping.status).toBe(200);
  });
});
