import { contentHash, makeReference } from './order-content.js';
import type { ShopOrder } from './shop-order.js';

const order = (over: Partial<ShopOrder> = {}) =>
  ({
    id: 7,
    number: '1007',
    status: 'processing',
    dateCreated: '2026-11-23T10:00:00',
    dateModifiedGmt: '2026-11-23T10:00:00',
    billing: {},
    shipping: {},
    customerNote: '',
    lines: [{ id: 1, sku: 'A', quantity: 1, name: 'Shirt', productId: 1, variationId: 0 }],
    refundIds: [],
    meta: [],
    ...over,
  }) as unknown as ShopOrder;
const same = (over: Partial<ShopOrder>, template = {}) =>
  contentHash('k', order(), template) === contentHash('k', order(over), template);

test.each<[string, Partial<ShopOrder>]>([
  ['its status', { status: 'on-hold' }],
  ['its date of change', { dateModifiedGmt: '2026-11-24T10:00:00' }],
  ['meta that no template reads', { meta: [{ key: '_other', value: 'x' }] }],
  ['a note that no template reads', { customerNote: 'Ring twice' }],
])('%s is not its content', (_name, over) => expect(same(over)).toBe(true));

test.each<[string, Partial<ShopOrder>, object]>([
  ['an address', { billing: { city: 'X' } as ShopOrder['billing'] }, {}],
  ['a line', { lines: [] }, {}],
  ['a refund', { refundIds: [3] }, {}],
  ['a note that the template reads', { customerNote: 'Ring twice' }, { note: '$order.customerNote' }],
  ['meta that the template reads', { meta: [{ key: '_gift', value: 'x' }] }, { a: { b: '$meta._gift' } }],
])('%s is its content', (_name, over, template) => expect(same(over, template)).toBe(false));

test('the reference is the id or the number, with the prefix', () => {
  expect(makeReference(order(), { source: 'id', prefix: '' })).toBe('7');
  expect(makeReference(order(), { source: 'number', prefix: 'B-' })).toBe('B-1007');
});
