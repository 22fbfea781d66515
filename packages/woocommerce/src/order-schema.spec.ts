import { parseRefundLines, parseShopOrder } from './order-schema.js';

const address = { first_name: 'Ada', last_name: 'Example', address_1: 'Sample Road 5', postcode: 12345, country: 'DE' };

/** Reduced from an answer of WooCommerce 10.0.2. */
const ORDER = {
  id: 245,
  parent_id: 0,
  status: 'processing',
  date_created: '2026-11-23T11:54:07',
  date_modified: '2026-11-23T11:54:07',
  order_key: 'wc_order_agjvGZ6ekPYlQ',
  billing: { ...address, email: 'ada@customer.example' },
  shipping: address,
  customer_note: 'Please ring twice',
  number: '245',
  meta_data: [{ id: 1, key: '_channel', value: { any: ['thing'] } }],
  line_items: [
    { id: 2, name: 'Shirt', product_id: 210, variation_id: 211, quantity: 1, sku: 'BV-1', price: 19.9, meta_data: [] },
  ],
  refunds: [{ id: 253, reason: '', total: '-2.84' }],
  date_created_gmt: '2026-11-23T10:54:07',
  date_modified_gmt: '2026-11-23T10:54:08',
};

test('an order is reduced to what the relay reads', () => {
  expect(parseShopOrder(ORDER)).toMatchObject({
    id: 245,
    number: '245',
    orderKey: 'wc_order_agjvGZ6ekPYlQ',
    status: 'processing',
    dateCreated: '2026-11-23T11:54:07',
    dateCreatedGmt: '2026-11-23T10:54:07',
    dateModifiedGmt: '2026-11-23T10:54:08',
    billing: { firstName: 'Ada', email: 'ada@customer.example', postcode: '12345', city: '' },
    shipping: { address1: 'Sample Road 5', email: '' },
    customerNote: 'Please ring twice',
    lines: [{ id: 2, productId: 210, variationId: 211, sku: 'BV-1', name: 'Shirt', quantity: 1 }],
    refundIds: [253],
    meta: [{ key: '_channel', value: { any: ['thing'] } }],
  });
});

test.each([
  ['numbers as text', { id: '245', line_items: [{ id: '2', quantity: '3', sku: null }] }],
  ['no meta, no refunds, no note', { meta_data: undefined, refunds: null, customer_note: null }],
  ['no date of creation', { date_created: null, date_created_gmt: null }],
  ['no number', { number: undefined }],
  ['fields that no one knows', { foo: { bar: 1 } }],
])('tolerates %s', (_what, change) => {
  expect(parseShopOrder({ ...ORDER, ...change })).toMatchObject({ id: 245, number: '245' });
});

test.each<[string, unknown]>([
  ['the ping', { webhook_id: 7 }],
  ['a deletion', { id: 245 }],
  [
    'a vanished order',
    { code: 'woocommerce_rest_shop_order_invalid_id', message: 'Invalid ID.', data: { status: 404 } },
  ],
  ['no status', { ...ORDER, status: undefined }],
  ['no date at all', { ...ORDER, date_created_gmt: null, date_modified_gmt: null }],
  ['no lines', { ...ORDER, line_items: undefined }],
  ['a quantity that is none', { ...ORDER, line_items: [{ id: 2, quantity: '' }] }],
  ['an id that is none', { ...ORDER, id: 0 }],
  ['null', null],
  ['text', 'order'],
])('takes %s for no order', (_what, body) => {
  expect(parseShopOrder(body)).toBeNull();
});

test('refunded quantities are summed by the order’s line', () => {
  const refundLine = (lineId: string, quantity: number) => ({
    id: 99,
    quantity,
    meta_data: [{ key: '_refunded_item_id', value: lineId }],
  });
  const refunds = [
    { id: 1, line_items: [refundLine('1', -1), refundLine('2', -2)] },
    { id: 2, line_items: [refundLine('1', -3)] },
    { id: 3, line_items: [] },
    { id: 4, line_items: [{ quantity: -1, meta_data: [] }] },
  ];
  expect(parseRefundLines(refunds)).toEqual([
    { lineId: 1, quantity: 4 },
    { lineId: 2, quantity: 2 },
  ]);
  expect(parseRefundLines({ code: 'x' })).toBeNull();
});
