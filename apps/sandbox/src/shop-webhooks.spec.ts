import { createHmac } from 'node:crypto';
import { asObjects, parseJson, type Json } from './json.js';
import { startSandbox, type Sandbox } from './sandbox.js';
import { control, makeOrder, openReceiver, pluck, sample, shopCall, until, type Received } from './test-support.js';

let sandbox: Sandbox;
let receiver: Awaited<ReturnType<typeof openReceiver>>;
beforeEach(async () => {
  sandbox = await startSandbox({ webhookDelayMs: 20 });
  receiver = await openReceiver();
});
afterEach(async () => {
  receiver.stop();
  await sandbox.stop();
});

const SECRET = 'a-webhook-secret';
const subscribe = (topic: string, over: Record<string, Json> = {}) =>
  shopCall(sandbox, 'POST', '/webhooks', { topic, delivery_url: `${receiver.url}?${topic}`, secret: SECRET, ...over });
const deliveries = () => receiver.received.filter(({ headers }) => headers['x-wc-webhook-topic'] !== undefined);
const topics = () => deliveries().map(({ headers }) => headers['x-wc-webhook-topic']);
const id = (delivery: Received | undefined) => pluck(parseJson(delivery?.body ?? ''), 'id');
const webhook = async (n = 1) => (await shopCall(sandbox, 'GET', `/webhooks/${n}`)).body;

describe('making a webhook', () => {
  it('pings first, form-encoded and unsigned, and shows the captured fields', async () => {
    const answer = await subscribe('order.created', { name: 'Bench created' });
    const captured = pluck(sample('webhook_create'), 'response');
    expect(answer.status).toBe(pluck(captured, 'status'));
    expect(Object.keys(answer.body as object)).toEqual(Object.keys(pluck(captured, 'body') as object));
    expect(pluck(answer.body, 'hooks')).toEqual(pluck(captured, 'body', 'hooks'));
    const ping = sample('webhook_ping_delivery');
    expect(receiver.received[0]?.body).toBe(pluck(ping, 'body'));
    expect(Object.keys(receiver.received[0]?.headers ?? {}).sort()).toEqual(
      Object.keys(pluck(ping, 'headers') as object).sort(),
    );
  });

  it('refuses a bad topic and a bad address, and deletes by force only', async () => {
    expect((await subscribe('order.nonsense')).status).toBe(400);
    expect((await subscribe('order.created', { delivery_url: 'ftp://x' })).status).toBe(400);
    await subscribe('order.created');
    expect((await shopCall(sandbox, 'DELETE', '/webhooks/1')).status).toBe(501);
    expect((await shopCall(sandbox, 'DELETE', '/webhooks/1?force=true')).status).toBe(200);
    expect((await shopCall(sandbox, 'GET', '/webhooks/1')).status).toBe(404);
  });
});

describe('delivering', () => {
  it('signs the raw body of GET /orders/{id}, with the captured headers', async () => {
    await subscribe('order.updated');
    const orderId = await makeOrder(sandbox);
    const delivery = await until('a delivery', () => deliveries()[0]);
    const captured = pluck(sample('webhook_delivery_order_created'), 'headers');
    expect(Object.keys(delivery.headers).sort()).toEqual(Object.keys(captured as object).sort());
    expect(delivery.headers['x-wc-webhook-signature']).toBe(
      createHmac('sha256', SECRET).update(delivery.body).digest('base64'),
    );
    expect(delivery.headers['x-wc-webhook-source']).toBe(`${sandbox.shop}/`);
    expect(delivery.body).toContain('\\/wp-json\\/');
    expect(delivery.body).toContain('\\u20ac');
    expect(parseJson(delivery.body)).toEqual((await shopCall(sandbox, 'GET', `/orders/${orderId}`)).body);
  });

  it('tells created before updated for REST, updated first for a checkout', async () => {
    for (const topic of ['order.created', 'order.updated']) await subscribe(topic);
    await makeOrder(sandbox, { via: 'rest' });
    await until('both', () => topics().length === 2);
    await makeOrder(sandbox, { via: 'checkout' });
    await until('four', () => topics().length === 4);
    expect(topics()).toEqual(['order.created', 'order.updated', 'order.updated', 'order.created']);
  });

  it('merges what changes before the queue runs, and echoes own writes', async () => {
    await subscribe('order.updated');
    await control(sandbox, 'PUT', '/webhooks', { mode: 'hold' });
    const orderId = await makeOrder(sandbox);
    await shopCall(sandbox, 'PUT', `/orders/${orderId}`, { customer_note: 'last' });
    expect(pluck((await control(sandbox, 'POST', '/webhooks/run', {})).body, 'delivered')).toBe(1);
    expect(pluck(parseJson(deliveries()[0]?.body ?? ''), 'customer_note')).toBe('last');
    await shopCall(sandbox, 'PUT', `/orders/${orderId}`, {});
    expect(pluck((await control(sandbox, 'POST', '/webhooks/run', {})).body, 'delivered')).toBe(1);
  });

  it('signs an error for an order that vanished', async () => {
    await subscribe('order.updated');
    await control(sandbox, 'PUT', '/webhooks', { mode: 'hold' });
    const orderId = await makeOrder(sandbox);
    await control(sandbox, 'DELETE', `/orders/${orderId}?force=true`);
    await control(sandbox, 'POST', '/webhooks/run', {});
    const delivery = deliveries()[0];
    expect(delivery?.body).toBe(pluck(sample('webhook_delivery_of_vanished_order'), 'body'));
    expect(delivery?.headers['x-wc-webhook-signature']).toBe(
      createHmac('sha256', SECRET)
        .update(delivery?.body ?? '')
        .digest('base64'),
    );
  });

  it('tells a binned order by its id alone, and nothing of a force delete', async () => {
    await subscribe('order.deleted');
    const [binned, gone] = [await makeOrder(sandbox), await makeOrder(sandbox)];
    await control(sandbox, 'DELETE', `/orders/${gone}?force=true`);
    await control(sandbox, 'DELETE', `/orders/${binned}`);
    const delivery = await until('a delivery', () => deliveries()[0]);
    expect(delivery.body).toBe(`{"id":${binned}}`);
  });

  it('tells a variation’s sale as product.updated with its own id and its parent', async () => {
    await subscribe('product.updated');
    await control(sandbox, 'POST', '/products/47/sell', { quantity: 2 });
    const delivery = await until('a delivery', () => deliveries()[0]);
    const body = parseJson(delivery.body);
    const captured = pluck(sample('webhook_delivery_variation_updated'), 'bodyParsed');
    expect(Object.keys(body as object)).toEqual(Object.keys(captured as object));
    expect([pluck(body, 'id'), pluck(body, 'parent_id'), pluck(body, 'stock_quantity')]).toEqual([47, 46, 18]);
  });

  it('disables at the sixth failure in a row, and revives by status alone', async () => {
    await subscribe('order.updated');
    receiver.settings.status = 500;
    await control(sandbox, 'POST', '/orders', { count: 5 });
    await until('five failures', () => deliveries().length === 5);
    expect(pluck(await webhook(), 'status')).toBe('active');
    await control(sandbox, 'POST', '/orders', { count: 2 });
    await until('the end', async () => pluck(await webhook(), 'status') === 'disabled');
    expect(deliveries()).toHaveLength(6);
    receiver.settings.status = 200;
    await makeOrder(sandbox);
    expect(pluck((await shopCall(sandbox, 'PUT', '/webhooks/1', { status: 'active' })).body, 'status')).toBe('active');
    const after = await makeOrder(sandbox);
    await until('a delivery', () => deliveries().length === 7);
    expect(id(deliveries()[6])).toBe(after);
  });

  it('counts 302 as success, does not follow it, and pings again until exactly 200', async () => {
    receiver.settings.status = 302;
    receiver.settings.headers = { location: `${receiver.url}/elsewhere` };
    await subscribe('order.updated');
    await makeOrder(sandbox);
    await until('a delivery', () => deliveries().length === 1);
    await until('the count', async () => pluck((await control(sandbox, 'GET', '/webhooks')).body, 'delivered') === 1);
    expect(pluck((await control(sandbox, 'GET', '/webhooks')).body, 'failed')).toBe(0);
    expect(receiver.received.filter(({ body }) => body === 'webhook_id=1')).toHaveLength(2);
    expect(receiver.received.some(({ url }) => url.includes('elsewhere'))).toBe(false);
  });

  it('drops, repeats and shuffles when told to', async () => {
    await subscribe('order.updated');
    await control(sandbox, 'PUT', '/webhooks', { mode: 'drop' });
    await makeOrder(sandbox);
    await control(sandbox, 'PUT', '/webhooks', { mode: 'hold', repeat: 2 });
    const { body } = await control(sandbox, 'POST', '/orders', { count: 8 });
    const ids = pluck(body, 'ids');
    expect(pluck((await control(sandbox, 'POST', '/webhooks/run', { shuffle: true })).body, 'delivered')).toBe(8);
    const seen = deliveries().map(id);
    expect(seen).toHaveLength(16);
    expect(new Set(seen)).toEqual(new Set(Array.isArray(ids) ? ids : []));
    expect(seen.filter((_, at) => at % 2 === 0)).not.toEqual(ids);
  });

  it('delivers what was held when it returns to normal', async () => {
    await subscribe('order.updated');
    await control(sandbox, 'PUT', '/webhooks', { mode: 'hold' });
    const orderId = await makeOrder(sandbox);
    expect(pluck((await control(sandbox, 'GET', '/webhooks')).body, 'waiting')).toBe(1);
    await control(sandbox, 'PUT', '/webhooks', { mode: 'normal' });
    expect(id(await until('a delivery', () => deliveries()[0]))).toBe(orderId);
  });

  it('never comes before its delay, and calls no other machine', async () => {
    await control(sandbox, 'PUT', '/webhooks', { delayMs: 150 });
    await subscribe('order.updated');
    await shopCall(sandbox, 'POST', '/webhooks', { topic: 'order.updated', delivery_url: 'http://other.example/hook' });
    const madeMs = Date.now();
    await makeOrder(sandbox);
    await until('a delivery', () => deliveries().length === 1);
    expect(Date.now() - madeMs).toBeGreaterThanOrEqual(150);
    await until('the failure', async () => pluck((await control(sandbox, 'GET', '/webhooks')).body, 'failed') === 1);
    expect(asObjects((await shopCall(sandbox, 'GET', '/webhooks')).body)).toHaveLength(2);
  });
});

it('a webhook is edited as in the shop’s own pages', async () => {
  await subscribe('order.created');
  expect(
    (await control(sandbox, 'PATCH', '/webhooks/1', { secret: 'another secret', status: 'paused' })).body,
  ).toMatchObject({
    ...{ id: 1, status: 'paused' },
  });
  await control(sandbox, 'PATCH', '/webhooks/1', { status: 'active' });
  await makeOrder(sandbox);
  await until('the delivery', () => deliveries().length === 1);
  const [delivery] = deliveries();
  const signature = createHmac('sha256', 'another secret')
    .update(delivery?.body ?? '')
    .digest('base64');
  expect(delivery?.headers['x-wc-webhook-signature']).toBe(signature);
  expect((await control(sandbox, 'PATCH', '/webhooks/9', {})).status).toBe(404);
});
