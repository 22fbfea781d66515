import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countRecord } from './count-record.js';
import { asText, type Json } from './json.js';
import { startSandbox, type Sandbox } from './sandbox.js';
import { control, hft71Call, logIn, makeOrder, orderPayload, pluck, shopCall, textAt } from './test-support.js';

let dir: string;
let sandbox: Sandbox;
let token: string;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sandbox-record-'));
  sandbox = await startSandbox({ recordDir: dir, rateLimit: null });
  token = await logIn(sandbox);
});
afterEach(async () => {
  await sandbox.stop();
  rmSync(dir, { recursive: true });
});

const none = {
  orders: 0,
  sent: 0,
  writtenBack: 0,
  duplicates: 0,
  lost: 0,
  unmarked: 0,
  notHft71sButSent: 0,
  sentOutsideProcessing: 0,
};
const lines = (file: string) =>
  readFileSync(join(dir, file), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Json);

async function send(orderId: number, reference = String(orderId)): Promise<string> {
  const { body } = await control(sandbox, 'GET', `/orders/${orderId}`);
  const marker = asText(pluck(body, 'shipping', 'address_2')) ?? '';
  const answer = await hft71Call(sandbox, token, 'POST', '/order', orderPayload(reference, marker));
  return textAt(answer.body, 'orderId');
}
const writeBack = (orderId: number, value: string) =>
  shopCall(sandbox, 'PUT', `/orders/${orderId}`, { meta_data: [{ key: '_hft71_order_id', value }] });

describe('counting', () => {
  it('counts an order on its way: lost, sent, written back', async () => {
    const id = await makeOrder(sandbox);
    expect(countRecord(dir)).toEqual({ ...none, orders: 1, lost: 1 });
    const hft71OrderId = await send(id);
    expect(countRecord(dir)).toEqual({ ...none, orders: 1, sent: 1 });
    await writeBack(id, '1');
    expect(countRecord(dir).writtenBack).toBe(0);
    await writeBack(id, hft71OrderId);
    expect(countRecord(dir)).toEqual({ ...none, orders: 1, sent: 1, writtenBack: 1 });
    expect((await control(sandbox, 'GET', '/count')).body).toEqual({ ...countRecord(dir) });
  });

  it('counts a duplicate, under whatever reference it came', async () => {
    const id = await makeOrder(sandbox);
    await send(id);
    await send(id, 'another');
    expect(countRecord(dir)).toEqual({ ...none, orders: 1, sent: 1, duplicates: 1 });
    expect(pluck((await control(sandbox, 'GET', '/summary')).body, 'duplicates')).toBe(1);
  });

  it('counts what is not HFT71’s, and what nobody knows', async () => {
    const foreign = await makeOrder(sandbox, { kinds: ['foreign'] });
    expect(countRecord(dir)).toEqual(none);
    await send(foreign);
    await hft71Call(sandbox, token, 'POST', '/order', orderPayload('x', 'no marker'));
    expect(countRecord(dir)).toEqual({ ...none, notHft71sButSent: 1, unmarked: 1 });
  });

  it('counts what was sent before its time, and no loss where HFT71’s lines were taken out', async () => {
    await send(await makeOrder(sandbox, { status: 'pending' }));
    expect(countRecord(dir)).toEqual({ ...none, sentOutsideProcessing: 1 });
    const id = await makeOrder(sandbox, { kinds: ['variation'] });
    const { body } = await control(sandbox, 'GET', `/orders/${id}`);
    const lineId = pluck(body, 'line_items', 0, 'id') ?? 0;
    await control(sandbox, 'PATCH', `/orders/${id}`, { line_items: [{ id: lineId, quantity: 0 }] });
    expect(countRecord(dir)).toEqual({ ...none, orders: 1, sentOutsideProcessing: 1 });
  });

  it('counts no loss for an order that left processing, was never in it, or is gone', async () => {
    await makeOrder(sandbox, { status: 'pending' });
    const [cancelled, gone] = [await makeOrder(sandbox), await makeOrder(sandbox)];
    await control(sandbox, 'PATCH', `/orders/${cancelled}`, { status: 'cancelled' });
    await control(sandbox, 'DELETE', `/orders/${gone}?force=true`);
    expect(countRecord(dir)).toEqual({ ...none, orders: 2 });
  });

  it('counts by marker, not by id, when a restored shop uses ids again', async () => {
    await control(sandbox, 'POST', '/shop/snapshot');
    const before = await makeOrder(sandbox);
    await send(before);
    await control(sandbox, 'POST', '/shop/restore');
    expect(await makeOrder(sandbox)).toBe(before);
    expect(countRecord(dir)).toEqual({ ...none, orders: 2, sent: 1, lost: 1 });
  });

  it('survives a last line that a kill cut off', async () => {
    await makeOrder(sandbox);
    appendFileSync(join(dir, 'accepted.ndjson'), '{"at":1,"hft71Or');
    expect(countRecord(dir)).toEqual({ ...none, orders: 1, lost: 1 });
  });
});

describe('the record', () => {
  it('keeps every request with its end, the body only of what is written about an order', async () => {
    await shopCall(sandbox, 'GET', '/orders');
    await control(sandbox, 'POST', '/faults', { target: 'hft71', kind: 'reset-after', times: 1 });
    const id = await makeOrder(sandbox);
    await send(id).catch(() => {});
    const [login, list, order] = lines('requests.ndjson');
    expect(login).toMatchObject({
      target: 'hft71',
      method: 'POST',
      path: '/authentication/login',
      status: 200,
      auth: 'none',
    });
    expect(pluck(login, 'body')).toBeUndefined();
    expect(list).toMatchObject({ target: 'shop', method: 'GET', status: 200, auth: 'oauth', ended: 'answered' });
    expect(order).toMatchObject({
      target: 'hft71',
      status: null,
      auth: 'bearer',
      ended: 'processed, then reset',
      fault: 'f1',
    });
    expect(pluck(order, 'body', 'referenceId')).toBe(String(id));
  });

  it('keeps an order’s making and each change', async () => {
    const id = await makeOrder(sandbox);
    await shopCall(sandbox, 'PUT', `/orders/${id}`, { meta_data: [{ key: '_hft71_relay_send', value: 'inst-token' }] });
    expect(lines('shop-orders.ndjson')).toMatchObject([
      { id, status: 'processing', hft71: true, hft71OrderId: null, relayMarker: null },
      { id, status: 'processing', relayMarker: 'inst-token' },
    ]);
    expect((await control(sandbox, 'GET', '/record/orders')).body).toMatchObject([{ id, relayMarker: 'inst-token' }]);
  });
});
