import { asObjects, asText, isObject, type Json } from './json.js';
import { startSandbox, type Sandbox } from './sandbox.js';
import { control, makeOrder, pluck, sample, shopCall, textAt, until } from './test-support.js';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());

/** Names and kinds of everything inside, with arrays judged by their first entry: what a client can rely on. */
function shape(value: Json | undefined): unknown {
  if (Array.isArray(value)) return value.length === 0 ? 'array' : [shape(value[0])];
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]));
  return value === null || value === undefined ? 'null' : typeof value;
}

const keys = (value: Json | undefined) => (isObject(value) ? Object.keys(value) : []);

describe('the order of the measured shop', () => {
  it('has the same fields in the same order, made over REST', async () => {
    const captured = pluck(sample('order_get'), 'response', 'body');
    const made = await shopCall(sandbox, 'POST', '/orders', {
      status: 'processing',
      payment_method: 'bacs',
      billing: { first_name: 'Ada', email: 'ada@customer.example' },
      meta_data: [{ key: '_channel_order_id', value: 'CH-1001' }],
      line_items: [
        { product_id: 30, quantity: 2, meta_data: [{ key: '_src_line', value: 'L-1' }] },
        { product_id: 46, variation_id: 47, quantity: 1 },
      ],
    });
    expect(made.status).toBe(201);
    const { status, body } = await shopCall(sandbox, 'GET', `/orders/${textAt(made.body, 'id')}`);
    expect(status).toBe(pluck(sample('order_get'), 'response', 'status'));
    expect(keys(body)).toEqual(keys(captured));
    for (const part of ['billing', 'shipping', '_links', 'meta_data'])
      expect(shape(pluck(body, part))).toEqual(shape(pluck(captured, part)));
    for (const line of [0, 1])
      expect(shape(pluck(body, 'line_items', line))).toEqual(shape(pluck(captured, 'line_items', line)));
    expect(pluck(body, 'created_via')).toBe('rest-api');
    expect(pluck(body, 'date_paid')).not.toBeNull();
  });

  it('has the same fields from a shopper’s checkout, unpaid with cash on delivery', async () => {
    const captured = pluck(sample('order_get_shopper_checkout'), 'body');
    const { body } = await control(sandbox, 'GET', `/orders/${await makeOrder(sandbox)}`);
    expect(keys(body)).toEqual(keys(captured));
    expect(pluck(body, 'created_via')).toBe(pluck(captured, 'created_via'));
    expect(pluck(body, 'date_paid')).toBe(pluck(captured, 'date_paid'));
  });

  it('refuses an unknown status in the same words', async () => {
    const id = await makeOrder(sandbox);
    const captured = pluck(sample('order_put_unknown_status'), 'response');
    for (const status of ['shipped', 'trash', 'wc-completed']) {
      const answer = await shopCall(sandbox, 'PUT', `/orders/${id}`, { status });
      expect({ status: answer.status, body: answer.body }).toEqual({
        status: pluck(captured, 'status'),
        body: pluck(captured, 'body'),
      });
    }
  });

  it('takes stock and gives it back along the captured walk', async () => {
    const productId = 20;
    const before = async () =>
      Number(pluck((await shopCall(sandbox, 'GET', `/products/${productId}`)).body, 'stock_quantity'));
    const start = await before();
    const made = await shopCall(sandbox, 'POST', '/orders', { line_items: [{ product_id: productId, quantity: 2 }] });
    const id = textAt(made.body, 'id');
    const rows = pluck(sample('order_status_walk'), 'rows');
    const walked: Json[] = [];
    const expected: Json[] = [];
    for (const row of (Array.isArray(rows) ? rows : []).slice(1)) {
      const [status, http, answered, stock, paid, completed, needsPayment, needsProcessing] = Array.isArray(row)
        ? row
        : [];
      const answer = await shopCall(sandbox, 'PUT', `/orders/${id}`, { status: status ?? '' });
      const refused = answer.status !== 200;
      walked.push([
        ...[status ?? null, answer.status, pluck(answer.body, refused ? 'code' : 'status') ?? null],
        (await before()) - start,
        ...(refused
          ? [false, false]
          : [pluck(answer.body, 'date_paid') !== null, pluck(answer.body, 'date_completed') !== null]),
        ...[pluck(answer.body, 'needs_payment') ?? null, pluck(answer.body, 'needs_processing') ?? null],
      ]);
      expected.push([
        ...[status ?? null, http ?? null, answered ?? null, Number(stock) - 522],
        ...[paid !== null, completed !== null, needsPayment ?? null, needsProcessing ?? null],
      ]);
    }
    expect(walked).toEqual(expected);
  });

  it('refunds a line in the same shape, and tells it in the order', async () => {
    const id = await makeOrder(sandbox);
    const order = (await shopCall(sandbox, 'GET', `/orders/${id}`)).body;
    const captured = pluck(sample('refund_line'), 'response');
    const answer = await shopCall(sandbox, 'POST', `/orders/${id}/refunds`, {
      line_items: [{ id: pluck(order, 'line_items', 0, 'id') ?? 0, quantity: 1, refund_total: 2.84 }],
    });
    expect(answer.status).toBe(pluck(captured, 'status'));
    expect(shape(answer.body)).toEqual(shape(pluck(captured, 'body')));
    expect(pluck(answer.body, 'amount')).toBe('2.84');
    const after = (await shopCall(sandbox, 'GET', `/orders/${id}`)).body;
    expect(pluck(after, 'refunds', 0, 'total')).toBe('-2.84');
    expect((await shopCall(sandbox, 'GET', `/orders/${id}/refunds`)).body).toHaveLength(1);
  });
});

describe('the filter table, row by row', () => {
  const statuses: Record<number, string> = { 245: 'processing', 255: 'pending', 256: 'processing', 257: 'on-hold' };
  Object.assign(statuses, { 258: 'completed', 259: 'cancelled', 260: 'failed', 261: 'processing', 262: 'completed' });
  let table: Sandbox;

  beforeAll(async () => {
    table = await startSandbox();
    for (const [id, status] of Object.entries(statuses)) {
      const second = Number(id) === 245 ? '10:54:07' : `10:55:${String(Number(id) - 250).padStart(2, '0')}`;
      await makeOrder(table, {
        ...{ id: Number(id), status, via: 'rest', dateCreatedGmt: `2026-11-23T${second}` },
        overrides: {
          billing: { email: Number(id) === 245 ? 'ada@customer.example' : 'bo@customer.example' },
          line_items: [{ product_id: Number(id) === 245 ? 30 : 40, quantity: 1 }],
        },
      });
    }
  });
  afterAll(() => table.stop());

  const rows = asObjects(sample('order_filters')).map((row): [string, typeof row] => [asText(row.name) ?? '', row]);
  // The products row speaks of one moment of the measured catalogue; it has a test of its own below.
  it.each(rows.filter(([name]) => !name.startsWith('products')))('%s', async (_name, row) => {
    const path = textAt(row, 'path').replace(/(\+|%2B)/g, '%2B');
    const answer = await shopCall(table, 'GET', path);
    expect(answer.status).toBe(row.status);
    if (!Array.isArray(row.ids)) return expect(answer.body).toEqual(row.ids);
    expect(asObjects(answer.body).map(({ id }) => id)).toEqual(row.ids);
    expect(answer.headers['x-wp-total']).toBe(row.total);
    expect(answer.headers['x-wp-totalpages']).toBe(row.pages);
    return undefined;
  });

  it('links the next page with the parameters that the shop adds', async () => {
    const captured = pluck(sample('orders_list_headers'), 'headers');
    const answer = await shopCall(table, 'GET', '/orders?per_page=3');
    expect(answer.headers['x-wp-total']).toBe(pluck(captured, 'x-wp-total'));
    const link = String(answer.headers.link)
      .replace(/oauth_[a-z_]+=[^&>]*&/g, '')
      .replace(table.shop, 'SHOP');
    expect(link).toBe(textAt(captured, 'link').replace('https://127.0.0.1:18443', 'SHOP'));
  });

  it('lists products by modification too', async () => {
    const { body } = await shopCall(table, 'GET', '/products/40');
    const madeAt = textAt(body, 'date_modified_gmt');
    await until('the next second', () => new Date().toISOString().slice(0, 19) > madeAt);
    await shopCall(table, 'PUT', '/products/40', { stock_quantity: 3 });
    const { body: found } = await shopCall(
      table,
      'GET',
      `/products?modified_after=${madeAt}&dates_are_gmt=true&_fields=id`,
    );
    expect(found).toEqual([{ id: 40 }]);
  });
});

describe('products of the measured shop', () => {
  it('have the same fields, simple, variable and variation', async () => {
    const pairs = [
      ['product_simple_get', '/products/30'],
      ['product_variable_get', '/products/46'],
      ['variation_get', '/products/46/variations/47'],
    ] as const;
    for (const [name, path] of pairs) {
      const captured = pluck(sample(name), 'response', 'body');
      const { body, status } = await shopCall(sandbox, 'GET', path);
      expect(status).toBe(200);
      expect(keys(body)).toEqual(keys(captured));
      expect(shape(pluck(body, '_links'))).toEqual(shape(pluck(captured, '_links')));
      expect(shape(pluck(body, 'attributes'))).toEqual(shape(pluck(captured, 'attributes')));
    }
  });

  it('answers a batch with errors at their places, and makes an "x" a 0', async () => {
    const captured = pluck(sample('products_batch_mixed_errors'), 'body');
    const answer = await shopCall(sandbox, 'POST', '/products/batch', {
      create: [{ name: 'dup', sku: 'MUG-001' }],
      update: [
        { id: 11, stock_quantity: 9 },
        { id: 999999, stock_quantity: 1 },
        { sku: 'MUG-003', stock_quantity: 1 },
        { id: 12, stock_quantity: 'x' },
      ],
      delete: [888888],
    });
    expect(answer.status).toBe(200);
    expect(pluck(answer.body, 'create', 0, 'error', 'code')).toBe(pluck(captured, 'create', 0, 'error', 'code'));
    expect(pluck(answer.body, 'create', 0, 'error', 'data', 'unique_sku')).toBe('MUG-001-1');
    expect(pluck(answer.body, 'update', 0, 'stock_quantity')).toBe(9);
    expect(pluck(answer.body, 'update', 1)).toEqual(pluck(captured, 'update', 1));
    expect(pluck(answer.body, 'update', 2)).toEqual(pluck(captured, 'update', 2));
    expect(pluck(answer.body, 'update', 3, 'stock_quantity')).toBe(0);
    expect(pluck(answer.body, 'update', 3, 'stock_status')).toBe('outofstock');
    expect(pluck(answer.body, 'delete', 0)).toEqual(pluck(captured, 'delete', 0));
  });

  it('answers a batch of variations the same way', async () => {
    const captured = pluck(sample('variations_batch_mixed'), 'response', 'body');
    const answer = await shopCall(sandbox, 'POST', '/products/46/variations/batch', {
      update: [
        { id: 47, stock_quantity: 5 },
        { id: 99999, stock_quantity: 1 },
      ],
      delete: [424242],
    });
    expect(keys(pluck(answer.body, 'update', 0))).toEqual(keys(pluck(captured, 'update', 0)));
    expect(pluck(answer.body, 'update', 0, 'stock_quantity')).toBe(5);
    expect(pluck(answer.body, 'update', 1)).toEqual(pluck(captured, 'update', 1));
    expect(pluck(answer.body, 'delete', 0, 'error')).toEqual(pluck(captured, 'delete', 0, 'error'));
    expect(pluck(answer.body, 'delete', 0, 'id')).toEqual({ id: 424242, product_id: 46, force: true });
  });

  it('refuses 101 items', async () => {
    const update = Array.from({ length: 101 }, () => ({ id: 11, stock_quantity: 1 }));
    const answer = await shopCall(sandbox, 'POST', '/products/batch', { update });
    expect({ status: answer.status, body: answer.body }).toEqual({
      status: 413,
      body: pluck(sample('batch_101'), 'response', 'body'),
    });
  });

  it('empties a batch’s answer when _fields is used on it', async () => {
    const answer = await shopCall(sandbox, 'POST', '/products/batch?_fields=id', {
      update: [{ id: 11, stock_quantity: 7 }],
    });
    expect(answer.body).toEqual([]);
    expect(pluck((await shopCall(sandbox, 'GET', '/products/11')).body, 'stock_quantity')).toBe(7);
  });

  it('finds by sku: whole, case-insensitive, variations too, no blank after a comma', async () => {
    const find = async (sku: string) =>
      asObjects((await shopCall(sandbox, 'GET', `/products?sku=${sku}&_fields=sku,type,parent_id`)).body);
    expect(await find('mug-001,BC03700-00007-0046')).toEqual(
      expect.arrayContaining([
        { sku: 'MUG-001', type: 'simple', parent_id: 0 },
        { sku: 'BC03700-00007-0046', type: 'variation', parent_id: 46 },
      ]),
    );
    expect(await find('MUG-001,%20MUG-002')).toHaveLength(1);
    expect(await find('MUG-00')).toEqual([]);
  });

  it('checks types in a single PUT, ignores the quantity while stock is not managed, reads "parent"', async () => {
    expect((await shopCall(sandbox, 'PUT', '/products/13', { stock_quantity: 'x' })).status).toBe(400);
    const off = await shopCall(sandbox, 'PUT', '/products/13', { manage_stock: false, stock_quantity: 99 });
    expect(pluck(off.body, 'stock_quantity')).toBeNull();
    await shopCall(sandbox, 'PUT', '/products/53', { manage_stock: true, stock_quantity: 8 });
    await shopCall(sandbox, 'PUT', '/products/53/variations/54', { manage_stock: false });
    const variation = (await shopCall(sandbox, 'GET', '/products/53/variations/54')).body;
    expect(pluck(variation, 'manage_stock')).toBe('parent');
    expect(pluck(variation, 'stock_quantity')).toBe(8);
    expect((await shopCall(sandbox, 'PUT', '/products/53/variations/54', { manage_stock: 'parent' })).status).toBe(400);
  });

  it('writes variations at their parent only', async () => {
    const answer = await shopCall(sandbox, 'PUT', '/products/47', { stock_quantity: 1 });
    expect(answer.status).toBe(404);
    expect(pluck(answer.body, 'code')).toBe('woocommerce_rest_invalid_product_id');
  });
});
