import { judgeOrder, makeMarker, parseMarker, type JudgedOrder } from './judge-order.js';
import type { ShopOrder } from './shop-order.js';

const OWN = '11111111-1111-4111-8111-111111111111';
const OTHER = '22222222-2222-4222-8222-222222222222';
const TOKEN = '33333333-3333-4333-8333-333333333333';

const judge = (
  over: { status?: string; meta?: Record<string, unknown> } & Partial<Omit<JudgedOrder, 'order'>> = {},
) => {
  const { status = 'processing', meta = {}, ...rest } = over;
  const order = {
    id: 1,
    status,
    meta: Object.entries(meta).map(([key, value]) => ({ key, value })),
  } as unknown as ShopOrder;
  return judgeOrder({
    order,
    isReprint: false,
    sendableStatuses: ['processing'],
    sameIdentity: true,
    hasDoubt: false,
    beforeLive: false,
    mayHaveForeignId: false,
    installationId: OWN,
    settledMarker: null,
    outcomeOf: () => null,
    knownReprintIds: [],
    ...rest,
  });
};
const marked = (marker: string) => ({ _hft71_relay_send: marker });

test('a sendable order without id and marker is sent', () => {
  expect(judge()).toEqual({ kind: 'send', marker: null });
});

describe('the shop shows an id', () => {
  const meta = { _hft71_order_id: '99' };
  test('after a doubt it is adopted', () =>
    expect(judge({ meta, hasDoubt: true })).toEqual({ kind: 'adopt', hft71OrderId: '99' }));
  test('on an order from before going live it is adopted', () =>
    expect(judge({ meta, mayHaveForeignId: true })).toEqual({ kind: 'adopt', hft71OrderId: '99' }));
  test('on any other order somebody else sends', () =>
    expect(judge({ meta })).toEqual({ kind: 'another-sender', hft71OrderId: '99' }));
  test('an empty one is none', () => expect(judge({ meta: { _hft71_order_id: ' ' } })).toMatchObject({ kind: 'send' }));
});

describe('an order from before going live', () => {
  const beforeLive = true;
  test('does not go by itself, whatever cleared its doubt', () =>
    expect(judge({ beforeLive })).toEqual({ kind: 'hold', reason: 'before-go-live' }));
  test('is not sent again by policy either, and keeps its doubt', () =>
    expect(judge({ beforeLive, hasDoubt: true })).toEqual({ kind: 'hold', reason: 'in-doubt' }));
  test('is printed again when a person says so', () =>
    expect(judge({ beforeLive, isReprint: true })).toMatchObject({ kind: 'send' }));
});

describe('the marker', () => {
  const marker = makeMarker(OWN, TOKEN);
  test('of an attempt that ended not processed: sent', () =>
    expect(judge({ meta: marked(marker), outcomeOf: (token) => (token === TOKEN ? 'not_processed' : null) })).toEqual({
      kind: 'send',
      marker,
    }));
  test('of an attempt that HFT71 refused: sent', () =>
    expect(judge({ meta: marked(marker), outcomeOf: () => 'rejected' })).toMatchObject({ kind: 'send' }));
  test.each(['abandoned', 'in_doubt', 'accepted', null])('of an attempt that is %s: in doubt, never sent', (outcome) =>
    expect(judge({ meta: marked(marker), outcomeOf: () => outcome })).toEqual({
      kind: 'doubt',
      cause: 'unknown-marker',
      marker,
    }),
  );
  test('named by a settlement: sent', () =>
    expect(judge({ meta: marked(marker), settledMarker: marker })).toEqual({ kind: 'send', marker }));
  test('another one than the settlement named: in doubt', () =>
    expect(judge({ meta: marked(marker), settledMarker: makeMarker(OWN, OTHER) })).toMatchObject({ kind: 'doubt' }));
  test('of another installation: in doubt, and the account stops', () =>
    expect(judge({ meta: marked(makeMarker(OTHER, TOKEN)) })).toMatchObject({
      kind: 'doubt',
      cause: 'another-installation',
    }));
  test('that nobody can read: in doubt', () =>
    expect(judge({ meta: marked('garbage') })).toMatchObject({ kind: 'doubt', cause: 'unknown-marker' }));
  test('is read back as it was made', () => expect(parseMarker(marker)).toEqual({ installationId: OWN, token: TOKEN }));
});

describe('a reprint of an order whose shop shows ids of reprints (protocol, "The ids of reprints"; R9)', () => {
  const isReprint = true;
  const meta = { _hft71_order_id: '99', _hft71_reprint_ids: '100, 101' };
  test('that the ledger knows: sent', () =>
    expect(judge({ isReprint, meta, knownReprintIds: ['101', '100', '102'] })).toEqual({ kind: 'send', marker: null }));
  test('one of which the ledger does not know: in doubt, never sent', () =>
    expect(judge({ isReprint, meta, knownReprintIds: ['100'] })).toEqual({
      kind: 'doubt',
      cause: 'unknown-reprint-id',
      marker: null,
      reprintIds: ['101'],
    }));
  test('whatever its marker says, and although the order was cancelled', () => {
    const marker = makeMarker(OWN, TOKEN);
    expect(
      judge({ isReprint, meta: { ...meta, ...marked(marker) }, settledMarker: marker, status: 'cancelled' }),
    ).toMatchObject({ kind: 'doubt', cause: 'unknown-reprint-id', reprintIds: ['100', '101'] });
  });
  test('they say nothing of the order itself', () =>
    expect(judge({ meta: { _hft71_reprint_ids: '100' } })).toMatchObject({ kind: 'send' }));
});

describe('the status', () => {
  test.each(['cancelled', 'trash'])('%s without doubt: cancelled', (status) =>
    expect(judge({ status })).toEqual({ kind: 'leave', state: 'cancelled', status }),
  );
  test('cancelled with a doubt: in doubt, a cancellation clears nothing (R2, R7)', () =>
    expect(judge({ status: 'cancelled', hasDoubt: true })).toMatchObject({ kind: 'doubt', cause: 'cancelled' }));
  test('not sendable any more without doubt: skipped', () =>
    expect(judge({ status: 'completed' })).toEqual({ kind: 'leave', state: 'skipped', status: 'completed' }));
  test('not sendable any more with a doubt: held, the doubt kept', () =>
    expect(judge({ status: 'completed', hasDoubt: true })).toEqual({ kind: 'hold', reason: 'in-doubt' }));
});

test('another order under the same id is held, before anything else is looked at', () => {
  expect(judge({ sameIdentity: false, meta: { _hft71_order_id: '99' } })).toEqual({
    kind: 'hold',
    reason: 'order-identity-changed',
  });
});
