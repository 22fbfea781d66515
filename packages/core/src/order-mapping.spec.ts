import { mapOrder, type LineRule } from './order-mapping.js';
import type { ShopAddress, ShopLine, ShopOrder } from './shop-order.js';

const nobody: ShopAddress = {
  firstName: '',
  lastName: '',
  company: '',
  address1: '',
  address2: '',
  city: '',
  state: '',
  postcode: '',
  country: '',
  email: '',
  phone: '',
};
const billing: ShopAddress = {
  ...nobody,
  firstName: 'Ada',
  lastName: 'Example',
  address1: 'Sample Road 5',
  city: 'Sampletown',
  state: 'DS',
  postcode: '50-001',
  country: 'PL',
  email: 'ada@customer.example',
  phone: '+48 000 000 000',
};
const line = (over: Partial<ShopLine> = {}): ShopLine => ({
  id: 1,
  productId: 10,
  variationId: 0,
  sku: 'GL64000-00007-0046',
  name: 'Shirt',
  quantity: 2,
  meta: [],
  ...over,
});
const order = (over: Partial<ShopOrder> = {}): ShopOrder => ({
  id: 245,
  number: '245',
  orderKey: 'wc_order_x',
  status: 'processing',
  dateCreated: '2026-11-24T00:30:07',
  dateCreatedGmt: '2026-11-23T23:30:07',
  dateModifiedGmt: '2026-11-23T23:30:07',
  billing,
  shipping: nobody,
  customerNote: '',
  lines: [line()],
  refundIds: [],
  meta: [],
  ...over,
});
const map = (
  over: Partial<ShopOrder> = {},
  lines: LineRule = { kind: 'all' },
  refunds: { lineId: number; quantity: number }[] = [],
) => mapOrder({ order: order(over), refunds, lines, reference: '245' });
const payload = (...args: Parameters<typeof map>) => {
  const mapped = map(...args);
  if (mapped.kind !== 'payload') throw new Error(`not mapped: ${JSON.stringify(mapped)}`);
  return mapped.payload;
};

test('an order that ships to the billing address is the documented minimal payload', () => {
  expect(payload()).toEqual({
    referenceId: '245',
    orderDate: '2026-11-24', // the shop's local date, not GMT's
    address: {
      address1: 'Sample Road 5',
      address2: '',
      city: 'Sampletown',
      zip: '50-001',
      state: 'DS',
      country: 'PL',
      customerName: 'Ada Example',
      email: 'ada@customer.example',
      mobile: '+48 000 000 000',
    },
    items: [{ sku: 'GL64000-00007-0046', quantity: 2 }],
  });
});

describe('address fields', () => {
  test.each(['address1', 'city', 'postcode', 'country', 'state', 'address2'] as const)(
    'an empty shipping %s comes from billing at the same place',
    (field) => {
      const full = { ...billing, address2: 'Flat 7' };
      const { address } = payload({ billing: full, shipping: { ...full, email: '', [field]: '' } });
      expect(address).toMatchObject({
        address1: 'Sample Road 5',
        address2: 'Flat 7',
        city: 'Sampletown',
        zip: '50-001',
        country: 'PL',
        state: 'DS',
      });
    },
  );

  test('shipping wins where it is filled', () => {
    const shipping = {
      ...nobody,
      firstName: 'Bo',
      lastName: 'Else',
      address1: 'Way 2',
      city: 'Elsewhere',
      postcode: '1',
      country: 'DE',
    };
    expect(payload({ shipping }).address).toMatchObject({
      customerName: 'Bo Else',
      address1: 'Way 2',
      city: 'Elsewhere',
      country: 'DE',
    });
  });

  test('a flat number, a state or a company of the billing address never goes with another street', () => {
    const shipping = {
      ...nobody,
      firstName: 'Bo',
      lastName: 'Else',
      address1: 'Way 2',
      city: 'Elsewhere',
      postcode: '1',
      country: 'DE',
    };
    const { address } = payload({ shipping, billing: { ...billing, address2: 'Flat 7', company: 'ACME' } });
    expect(address).toMatchObject({ address2: '', state: '', customerName: 'Bo Else' });
  });

  test('the company stands in the customer name', () => {
    expect(payload({ billing: { ...billing, company: 'ACME GmbH' } }).address.customerName).toBe(
      'Ada Example, ACME GmbH',
    );
  });

  test.each([
    ['address1', 'address1'],
    ['city', 'city'],
    ['postcode', 'zip'],
    ['country', 'country'],
  ] as const)('without %s anywhere the order is held with the field named', (field, named) => {
    expect(map({ billing: { ...billing, [field]: '' } })).toEqual({
      kind: 'fault',
      detail: `address without ${named}`,
    });
  });

  test('an empty address names every missing field', () => {
    expect(map({ billing: nobody })).toEqual({
      kind: 'fault',
      detail: 'address without address1, city, country, customerName, zip',
    });
  });

  test('a country without postcodes needs none', () => {
    expect(payload({ billing: { ...billing, country: 'HK', postcode: '' } }).address.zip).toBe('');
  });
});

describe('items', () => {
  test('lines of one SKU are summed', () => {
    expect(payload({ lines: [line(), line({ id: 2, quantity: 3 })] }).items).toEqual([
      { sku: 'GL64000-00007-0046', quantity: 5 },
    ]);
  });

  test('refunded quantities are subtracted, and a line refunded whole is left out', () => {
    const lines = [line({ quantity: 3 }), line({ id: 2, sku: 'B', quantity: 1 })];
    const refunds = [
      { lineId: 1, quantity: 1 },
      { lineId: 2, quantity: 1 },
    ];
    expect(payload({ lines }, { kind: 'all' }, refunds).items).toEqual([{ sku: 'GL64000-00007-0046', quantity: 2 }]);
  });

  test('an order refunded whole is held, never sent without items', () => {
    expect(map({}, { kind: 'all' }, [{ lineId: 1, quantity: 2 }])).toMatchObject({ kind: 'fault' });
  });

  test('a line without SKU that counts as HFT71’s is held with the line named', () => {
    expect(map({ lines: [line({ id: 7, sku: '' })] })).toEqual({ kind: 'fault', detail: 'line 7 has no SKU' });
  });

  test('a fractional quantity is held with the line named', () => {
    expect(map({ lines: [line({ id: 7, quantity: 0.5 })] })).toEqual({
      kind: 'fault',
      detail: 'line 7 (GL64000-00007-0046) has quantity 0.5',
    });
  });
});

describe('which lines are HFT71’s', () => {
  const lines = [line(), line({ id: 2, sku: 'MUG-1' }), line({ id: 3, sku: '' })];
  const feed: LineRule = { kind: 'feed', skus: new Set(['GL64000-00007-0046']) };

  test('feed: a mixed order sends the lines of the feed and tells what it left out', () => {
    const mapped = map({ lines }, feed);
    expect(mapped).toMatchObject({ kind: 'payload', payload: { items: [{ sku: 'GL64000-00007-0046', quantity: 2 }] } });
    expect(mapped.kind === 'payload' && mapped.leftOut.map(({ id }) => id)).toEqual([2, 3]);
  });

  test('pattern: the SKU decides', () => {
    expect(payload({ lines }, { kind: 'pattern', pattern: /^MUG-/ }).items).toEqual([{ sku: 'MUG-1', quantity: 2 }]);
  });

  test('an order without such a line is not for HFT71, whatever else is wrong with it', () => {
    expect(map({ lines: [line({ sku: 'MUG-1', quantity: 0.5 })], billing: nobody }, feed)).toEqual({
      kind: 'not-for-hft71',
    });
  });
});

test('a template adds constants and order meta, leaves out what is empty, and replaces no documented field', () => {
  const mapped = mapOrder({
    order: order({ meta: [{ key: '_gift', value: 'Happy birthday' }], customerNote: 'Ring twice' }),
    refunds: [],
    lines: { kind: 'all' },
    reference: '245',
    template: {
      shippingMethod: 'DPD',
      note: '$order.customerNote',
      extra: { gift: '$meta._gift', nothing: '$meta._none' },
      referenceId: 'mine',
    },
  });
  expect(mapped).toMatchObject({
    payload: { shippingMethod: 'DPD', note: 'Ring twice', extra: { gift: 'Happy birthday' }, referenceId: '245' },
  });
  expect(mapped.kind === 'payload' && mapped.payload['extra']).not.toHaveProperty('nothing');
});
