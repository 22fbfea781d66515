import type { ShopOrder } from './shop-order.js';
import { progressNote, progressToShow, type ToldProgress } from './shown-progress.js';
import { readStatusMapping } from './status-mapping.js';

const address = {
  ...{ firstName: '', lastName: '', company: '', address1: '', address2: '', city: '', state: '' },
  ...{ postcode: '', country: '', email: '', phone: '' },
};
const line = (id: number, sku: string, status?: string) => ({
  ...{ id, productId: 1, variationId: 0, sku, name: sku, quantity: 1 },
  meta: status === undefined ? [] : [{ key: '_hft71_item_status', value: status }],
});
const order: ShopOrder = {
  ...{ id: 7, number: '7', orderKey: 'k', status: 'processing', customerNote: '', refundIds: [] },
  ...{ dateCreated: '', dateCreatedGmt: '', dateModifiedGmt: '', billing: address, shipping: address },
  lines: [line(1, 'A'), line(2, 'B'), line(3, 'A')],
  meta: [],
};
const told: ToldProgress = {
  statuses: [
    { sku: 'A', status: 'Closed' },
    { sku: 'B', status: 'Closed' },
  ],
  customerStatuses: null,
  shipping: { carrier: 'DPD', tracking: '1', trackingRet: null },
};
const mapping = readStatusMapping({ 'In Production': 'leave', Closed: 'completed' });
const rules = { mapping, mixedOrders: false, backwards: false, lines: true };

test('one change holds everything: status, meta, and each line of a SKU', () => {
  expect(progressToShow(order, { ...told, own: [], furthest: null }, rules)).toMatchObject({
    status: 'completed',
    meta: { _hft71_last_status: 'Closed', _hft71_shipping_carrier: 'DPD', _hft71_shipping_tracking: '1' },
    lines: [1, 2, 3].map((id) => ({ id, meta: { _hft71_item_status: 'Closed' } })),
  });
});

test('what the shop shows already is not written again', () => {
  const shown: ShopOrder = {
    ...order,
    status: 'completed',
    lines: [line(1, 'A', 'Closed'), line(2, 'B', 'In Production'), line(3, 'A', 'Closed')],
    meta: [
      { key: '_hft71_last_status', value: 'Closed' },
      { key: '_hft71_shipping_carrier', value: 'DPD' },
      { key: '_hft71_shipping_tracking', value: '1' },
    ],
  };
  expect(progressToShow(shown, { ...told, own: [], furthest: null }, rules)).toMatchObject({
    ...{ status: null, meta: {} },
    lines: [{ id: 2, meta: { _hft71_item_status: 'Closed' } }],
  });
});

test('an order with a line that HFT71 does not tell of is mixed; lines are left out where that is asked for', () => {
  const mixed = { ...order, lines: [...order.lines, line(4, 'C')] };
  const change = progressToShow(mixed, { ...told, own: [], furthest: null }, { ...rules, lines: false });
  expect(change).toMatchObject({ status: null, lines: [], meta: { _hft71_last_status: 'Closed' } });
});

test('a note says what a customer would ask for, and nothing of the customer', () => {
  expect(progressNote(mapping, '500001', told)).toBe('HFT71 order 500001: Closed. Parcel: DPD 1.');
  expect(progressNote(mapping, '500001', { ...told, shipping: null })).toBe('HFT71 order 500001: Closed.');
  expect(progressNote(mapping, '500001', { ...told, statuses: null })).toBeNull();
});
