import { createServer, type Server } from 'node:http';
import { createShopClient } from './client.js';
import type { ShopClient } from './shop-client.js';

let server: Server;
let asked: { method: string; url: URL; body: unknown }[] = [];
let reply: (url: URL) => unknown = () => [];
let shop: ShopClient;

beforeAll(async () => {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://shop.example');
      asked.push({ method: request.method ?? '', url, body: text === '' ? null : JSON.parse(text) });
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(reply(url)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  shop = createShopClient({ baseUrl: `http://127.0.0.1:${port}`, consumerKey: 'ck', consumerSecret: 'cs' });
});
beforeEach(() => {
  asked = [];
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const row = (id: number, sku: string, over: Record<string, unknown> = {}) => ({
  ...{ id, sku, parent_id: 0, type: 'simple', manage_stock: true, stock_quantity: 5 },
  ...over,
});

test('SKUs are asked for in one list without blanks, and taken to the letter', async () => {
  reply = () => [row(1, 'A-1'), row(2, 'a-2'), row(3, 'B', { manage_stock: 'parent', stock_quantity: null })];
  const found = await shop.productsBySku(['A-1', 'A-2', 'B', 'with,comma', '']);
  expect(found.map(({ sku, manages, stock }) => [sku, manages, stock])).toEqual([
    ['A-1', 'yes', 5],
    ['B', 'parent', null],
  ]);
  expect(asked[0]?.url.searchParams.get('sku')).toBe('A-1,A-2,B');
  expect(asked[0]?.url.search).toContain('sku=A-1,A-2,B');
});

test('more products than SKUs (a plugin for languages) come on further pages', async () => {
  reply = (url) =>
    url.searchParams.get('page') === '1' ? Array.from({ length: 100 }, (_, n) => row(n + 1, 'A')) : [row(101, 'A')];
  expect(await shop.productsBySku(['A'])).toHaveLength(101);
});

test.each([-1, 1.5, Number.NaN, 3_000_000_000])('nothing of a batch leaves with a quantity of %d', async (quantity) => {
  await expect(shop.writeStock(null, [{ id: 1, quantity, available: null }])).rejects.toThrow(/no whole number/);
  expect(asked).toHaveLength(0);
});

test('a batch tells of each item by itself, though the answer is 200', async () => {
  reply = () => ({
    update: [
      row(1, 'A', { stock_quantity: 7 }),
      { id: 2, error: { code: 'woocommerce_rest_product_invalid_id', message: 'Invalid ID.', data: { status: 400 } } },
      row(3, 'C', { manage_stock: false, stock_quantity: null }),
    ],
  });
  const items = [1, 2, 3].map((id) => ({ id, quantity: 7, available: 9 }));
  expect(await shop.writeStock(44, items)).toEqual([
    { id: 1, stock: 7, error: null },
    { id: 2, stock: null, error: 'woocommerce_rest_product_invalid_id' },
    { id: 3, stock: null, error: 'stock-not-managed' },
  ]);
  expect(asked[0]).toMatchObject({ method: 'POST', url: { pathname: '/wp-json/wc/v3/products/44/variations/batch' } });
  const meta = [{ key: '_hft71_stock_available', value: '9' }];
  expect(asked[0]?.body).toEqual({ update: items.map(({ id }) => ({ id, stock_quantity: 7, meta_data: meta })) });
});

test('an answer without an item for each that was sent is none', async () => {
  reply = () => ({ update: [] });
  await expect(shop.writeStock(null, [{ id: 1, quantity: 1, available: null }])).rejects.toMatchObject({
    code: 'unexpected-shape',
  });
});
