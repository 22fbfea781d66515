import { asObjects } from './json.js';
import { startSandbox, type Sandbox } from './sandbox.js';
import { call, control, makeOrder, pluck, sample, shopCall, textAt, until } from './test-support.js';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());

const meta = async (id: number) =>
  asObjects(pluck((await shopCall(sandbox, 'GET', `/orders/${id}`)).body, 'meta_data'));

describe('meta', () => {
  it('is updated in place without an id, also removing further rows of the key', async () => {
    const id = await makeOrder(sandbox);
    const put = (rows: Parameters<typeof shopCall>[3]) =>
      shopCall(sandbox, 'PUT', `/orders/${id}`, { meta_data: rows ?? [] });
    await put([{ key: '_erp_doc', value: 'D-1' }]);
    const [first] = await meta(id);
    await put([{ key: '_erp_doc', value: 'D-2' }]);
    expect(await meta(id)).toEqual([{ ...first, value: 'D-2' }]);
    await put([{ key: '_number', value: 12 }]);
    expect((await meta(id)).map(({ value }) => value)).toEqual(['D-2', '12']);
    await put([{ id: first?.id ?? 0, value: 'ignored' }]);
    expect((await meta(id)).map(({ value }) => value)).toEqual(['D-2', '12']);
    await put([{ key: '_erp_doc', value: null }]);
    expect((await meta(id)).map(({ key }) => key)).toEqual(['_number']);
  });

  it('of a line is updated in place and leaves the other lines alone', async () => {
    const id = await makeOrder(sandbox);
    const before = asObjects(pluck((await shopCall(sandbox, 'GET', `/orders/${id}`)).body, 'line_items'));
    const lineId = before[0]?.id ?? 0;
    const entry = { id: lineId, meta_data: [{ key: '_hft71_item_status', value: 'Closed' }] };
    const answer = await shopCall(sandbox, 'PUT', `/orders/${id}`, { line_items: [entry] });
    const after = asObjects(pluck(answer.body, 'line_items'));
    expect(after[1]).toEqual(before[1]);
    const captured = asObjects(
      pluck(sample('order_line_meta_put'), 'response', 'body', 'line_items', 0, 'meta_data'),
    ).at(-1);
    expect(Object.keys(asObjects(after[0]?.meta_data).at(-1) ?? {})).toEqual(Object.keys(captured ?? {}));
    expect(asObjects(after[0]?.meta_data).at(-1)?.value).toBe('Closed');
  });
});

describe('reading and writing orders', () => {
  it('answers an unknown id with 404 to a GET and 400 to a PUT', async () => {
    for (const [method, status] of [
      ['GET', 404],
      ['PUT', 400],
    ] as const) {
      const answer = await shopCall(sandbox, method, '/orders/99999', method === 'PUT' ? {} : undefined);
      expect([answer.status, pluck(answer.body, 'code')]).toEqual([status, 'woocommerce_rest_shop_order_invalid_id']);
    }
  });

  it('moves date_modified even by an empty PUT', async () => {
    const id = await makeOrder(sandbox, { dateCreatedGmt: '2026-01-01T00:00:00' });
    const before = (await shopCall(sandbox, 'GET', `/orders/${id}`)).body;
    expect(pluck(before, 'date_modified')).toBe('2026-01-01T01:00:00');
    await shopCall(sandbox, 'PUT', `/orders/${id}`, {});
    const after = (await shopCall(sandbox, 'GET', `/orders/${id}`)).body;
    expect(textAt(after, 'date_modified_gmt') > '2026-01-01T00:00:00').toBe(true);
  });

  it('gives fields of objects, and none of arrays', async () => {
    const id = await makeOrder(sandbox);
    const { body } = await shopCall(sandbox, 'GET', `/orders/${id}?_fields=id,billing.email,line_items.sku`);
    expect(body).toEqual({ id, billing: { email: 'customer-0@customer.example' } });
  });

  it('shows a binned order as trash, leaves it out of any, and forgets it by force', async () => {
    const id = await makeOrder(sandbox);
    expect((await shopCall(sandbox, 'DELETE', `/orders/${id}`)).status).toBe(200);
    expect(pluck((await shopCall(sandbox, 'GET', `/orders/${id}`)).body, 'status')).toBe('trash');
    const listed = asObjects((await shopCall(sandbox, 'GET', '/orders?status=any&per_page=100&_fields=id')).body);
    expect(listed.map((order) => order.id)).not.toContain(id);
    expect((await shopCall(sandbox, 'DELETE', `/orders/${id}?force=true`)).status).toBe(200);
    expect((await shopCall(sandbox, 'GET', `/orders/${id}`)).status).toBe(404);
  });

  it('lists orders of one modified second in no stable order', async () => {
    await control(sandbox, 'POST', '/orders', { count: 12, sameSecond: true });
    const seen = new Set<string>();
    await until('two different orders', async () => {
      const { body } = await shopCall(sandbox, 'GET', '/orders?orderby=modified&order=asc&per_page=100&_fields=id');
      seen.add(JSON.stringify(body));
      return seen.size > 1;
    });
  });

  it('refuses a page size over 100, a bad date and a bad body; a page past the end is empty', async () => {
    for (const path of ['/orders?per_page=101', '/orders?modified_after=yesterday', '/orders?page=0'])
      expect(pluck((await shopCall(sandbox, 'GET', path)).body, 'code')).toBe('rest_invalid_param');
    expect((await shopCall(sandbox, 'GET', '/orders?page=999')).body).toEqual([]);
    const put = await call(`${sandbox.shop}/wp-json/wc/v3/orders`, { method: 'POST', body: '{' });
    expect(put.status).toBe(401);
  });

  it('keeps notes apart: no change of the order', async () => {
    const id = await makeOrder(sandbox, { dateCreatedGmt: '2026-01-01T00:00:00' });
    const made = await shopCall(sandbox, 'POST', `/orders/${id}/notes`, { note: 'Sent to HFT71 as 1' });
    expect(made.status).toBe(201);
    expect(pluck((await shopCall(sandbox, 'GET', `/orders/${id}/notes`)).body, 0, 'note')).toBe('Sent to HFT71 as 1');
    const { body } = await shopCall(sandbox, 'GET', `/orders/${id}`);
    expect(pluck(body, 'date_modified_gmt')).toBe('2026-01-01T00:00:00');
  });
});

describe('orders made by the control face', () => {
  it('come in every kind', async () => {
    const kinds = [
      'simple',
      'variation',
      'mixed',
      'foreign',
      'summed',
      'empty-sku',
      'fractional',
      'billing-only',
      'company',
      'no-address',
    ];
    const { status, body } = await control(sandbox, 'POST', '/orders', { count: kinds.length, kinds });
    expect(status).toBe(201);
    const orders = new Map<string, Awaited<ReturnType<typeof control>>['body']>();
    for (const [at, kind] of kinds.entries())
      orders.set(kind, (await control(sandbox, 'GET', `/orders/${textAt(body, 'ids', at)}`)).body);
    const of = (kind: string, ...path: (string | number)[]) => pluck(orders.get(kind), ...path);
    expect(of('variation', 'line_items', 0, 'variation_id')).toBeGreaterThan(0);
    expect(of('mixed', 'line_items', 1, 'sku')).toMatch(/^MUG-/);
    expect(asObjects(of('foreign', 'line_items')).every((line) => textAt(line, 'sku').startsWith('MUG-'))).toBe(true);
    expect(of('summed', 'line_items', 0, 'sku')).toBe(of('summed', 'line_items', 1, 'sku'));
    expect(of('empty-sku', 'line_items', 1, 'sku')).toBe('');
    expect(of('fractional', 'line_items', 0, 'quantity')).toBe(1.5);
    expect([of('billing-only', 'shipping', 'address_1'), of('billing-only', 'billing', 'address_2')]).toEqual([
      '',
      expect.stringMatching(/^M-/),
    ]);
    expect(of('company', 'shipping', 'company')).not.toBe('');
    expect(of('no-address', 'billing', 'address_1')).toBe('');
    expect(of('simple', 'shipping', 'address_2')).toMatch(/^M-[0-9a-f-]{36}$/);
  });

  it('take overrides, ids and keys, and are edited as an admin edits', async () => {
    const id = await makeOrder(sandbox, {
      id: 77,
      orderKey: 'wc_order_first',
      overrides: { billing: { country: 'PL' } },
    });
    expect(id).toBe(77);
    const { body } = await control(sandbox, 'PATCH', '/orders/77', { status: 'cancelled' });
    expect([pluck(body, 'order_key'), pluck(body, 'billing', 'country'), pluck(body, 'status')]).toEqual([
      'wc_order_first',
      'PL',
      'cancelled',
    ]);
    expect((await control(sandbox, 'POST', '/orders', { kinds: ['nonsense'] })).status).toBe(400);
  });

  it('take the place of an order whose id they are given', async () => {
    await makeOrder(sandbox, { id: 78 });
    await makeOrder(sandbox, { id: 78 });
    const { body } = await control(sandbox, 'GET', '/record/orders');
    const statuses = asObjects(body)
      .filter(({ id }) => id === 78)
      .map(({ status }) => status);
    expect(statuses).toEqual(['restored-away', 'processing']);
  });

  it('use ids again after a restore, with other keys', async () => {
    await control(sandbox, 'POST', '/shop/snapshot');
    const id = await makeOrder(sandbox);
    const key = pluck((await control(sandbox, 'GET', `/orders/${id}`)).body, 'order_key');
    await control(sandbox, 'POST', '/shop/restore');
    expect((await control(sandbox, 'GET', `/orders/${id}`)).status).toBe(404);
    expect(await makeOrder(sandbox)).toBe(id);
    expect(pluck((await control(sandbox, 'GET', `/orders/${id}`)).body, 'order_key')).not.toBe(key);
  });
});
