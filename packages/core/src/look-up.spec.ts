import { readLookUp, whyNotSure, type LookUpControls, type LookUpReading } from './look-up.js';

const orders = (...found: [orderId: string, referenceId: string][]) => ({
  kind: 'orders' as const,
  orders: found.map(([orderId, referenceId]) => ({ orderId, referenceId })),
});

describe('what a look-up says', () => {
  test('one order of this very reference is found', () =>
    expect(readLookUp(orders(['9', '17']), '17')).toEqual({ kind: 'found', hft71OrderId: '9' }));
  test('a reference that only begins alike is another one', () =>
    expect(readLookUp(orders(['9', '1700'], ['8', '17-R2']), '17')).toEqual({
      kind: 'none',
      by404: false,
      others: true,
    }));
  test('the same order twice is one; two orders are several', () => {
    expect(readLookUp(orders(['9', '17'], ['9', '17']), '17')).toEqual({ kind: 'found', hft71OrderId: '9' });
    expect(readLookUp(orders(['9', '17'], ['10', '17']), '17')).toEqual({
      kind: 'several',
      hft71OrderIds: ['9', '10'],
    });
  });
  test('it is found among others too, since the filter may be loose or ignored', () =>
    expect(readLookUp(orders(['8', '16'], ['9', '17']), '17')).toEqual({ kind: 'found', hft71OrderId: '9' }));
  test('404 is told apart from an empty list', () =>
    expect(readLookUp({ kind: 'not-found' }, '17')).toEqual({ kind: 'none', by404: true, others: false }));
  test('what cannot be read proves nothing', () => {
    const unreadable = { kind: 'unreadable', reason: 'not-json' } as const;
    expect(readLookUp(unreadable, '17')).toEqual(unreadable);
  });
});

/** Protocol, "Surely absent"; model, R4 and A2. */
describe('an absence is sure only', () => {
  const none = (over: Partial<Extract<LookUpReading, { kind: 'none' }>> = {}) =>
    ({ kind: 'none', by404: false, others: false, ...over }) as const;
  const good: LookUpControls = {
    positive: { hft71OrderId: '5', reading: { kind: 'found', hft71OrderId: '5' } },
    madeUp: none(),
  };
  test('beside a control that is found and a made-up reference that is not', () =>
    expect(whyNotSure(none(), good)).toBeNull());

  const LACKS: [string, ReturnType<typeof none>, Partial<LookUpControls>][] = [
    ['there is no control yet', none(), { positive: null }],
    ['the control is not found', none(), { positive: { hft71OrderId: '5', reading: none() } }],
    [
      'the control is found with another id',
      none(),
      { positive: { hft71OrderId: '5', reading: { kind: 'found', hft71OrderId: '6' } } },
    ],
    [
      'the control is unreadable',
      none(),
      { positive: { hft71OrderId: '5', reading: { kind: 'unreadable', reason: 'full-page' } } },
    ],
    [
      'the made-up reference gets orders: the filter is ignored',
      none({ others: true }),
      { madeUp: none({ others: true }) },
    ],
    ['the made-up reference is even found', none(), { madeUp: { kind: 'found', hft71OrderId: '1' } }],
    ['the made-up reference is unreadable', none(), { madeUp: { kind: 'unreadable', reason: 'not-json' } }],
    ['404 came, and the made-up one got a list', none({ by404: true }), {}],
  ];
  test.each(LACKS)('not when %s', (_what, own, controls) =>
    expect(whyNotSure(own, { ...good, ...controls })).toEqual(expect.any(String)),
  );
  test('404 counts where the made-up one gets it too', () =>
    expect(whyNotSure(none({ by404: true }), { ...good, madeUp: none({ by404: true }) })).toBeNull());
});
