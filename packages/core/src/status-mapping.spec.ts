import {
  furthestOf,
  isNews,
  isTerminal,
  judgeShopStatus,
  leastAdvanced,
  rankOf,
  readStatusMapping,
  shownStatus,
} from './status-mapping.js';

const mapping = readStatusMapping({
  'In Production': 'processing',
  'Item Finished': 'leave',
  Closed: 'wc-completed',
});

test('a status is found without regard to case and blanks, and its rank is its place in the table', () => {
  expect([rankOf(mapping, ' in  PRODUCTION '), rankOf(mapping, 'Closed'), rankOf(mapping, 'Lost')]).toEqual([
    0,
    2,
    null,
  ]);
  expect(mapping.rows.map(({ shopStatus }) => shopStatus)).toEqual(['processing', null, 'completed']);
});

test('an order is as far as its least advanced line; with an unknown status among them nobody can say', () => {
  expect(leastAdvanced(mapping, ['Closed', 'In Production', 'Item Finished'])).toMatchObject({
    status: 'In Production',
  });
  expect(leastAdvanced(mapping, ['Closed', 'Lost'])).toEqual({ kind: 'unknown', statuses: ['Lost'] });
  expect(leastAdvanced(mapping, [])).toEqual({ kind: 'unknown', statuses: [] });
  expect(shownStatus(mapping, ['Closed', 'Lost'])).toBe('Closed, Lost');
});

test('an order is done with at HFT71 when every line is', () => {
  expect([isTerminal(['closed'], ['Closed', 'CLOSED']), isTerminal(['Closed'], ['Closed', 'Item Finished'])]).toEqual([
    true,
    false,
  ]);
  expect(isTerminal(['Closed'], [])).toBe(false);
});

describe('the shop’s status', () => {
  const rules = { mixedOrders: false, backwards: false };
  const order = { statuses: ['Closed'], shown: 'processing', own: [], furthest: null, isMixed: false };
  const judge = (over: Partial<Parameters<typeof judgeShopStatus>[1]>, how = rules) =>
    judgeShopStatus(mapping, { ...order, ...over }, how);

  test('follows the table', () => {
    expect(judge({})).toEqual({ kind: 'write', status: 'completed' });
    expect(judge({ shown: 'completed' })).toEqual({ kind: 'nothing', why: 'is-so' });
    expect(judge({ statuses: ['Item Finished'] })).toEqual({ kind: 'nothing', why: 'leave' });
    expect(judge({ statuses: ['Lost'] })).toEqual({ kind: 'nothing', why: 'unknown-status' });
  });

  test.each(['cancelled', 'refunded', 'trash'])('%s by hand is not overwritten, and said', (shown) => {
    expect(judge({ shown })).toEqual({ kind: 'conflict', wanted: 'completed', shown });
  });

  test('completed by hand is not set back, and is no conflict with itself', () => {
    expect(judge({ shown: 'completed', statuses: ['In Production'] })).toMatchObject({ kind: 'conflict' });
    expect(judge({ shown: 'completed' })).toMatchObject({ kind: 'nothing' });
  });

  test('what the relay wrote itself is not a person’s, and goes back only where that is allowed', () => {
    const back = { shown: 'completed', statuses: ['In Production'], own: ['completed'], furthest: 'Closed' };
    expect(judge(back)).toEqual({ kind: 'nothing', why: 'backwards' });
    expect(judge(back, { ...rules, backwards: true })).toEqual({ kind: 'write', status: 'processing' });
  });

  test('it goes back neither from a status that the table left to the shop', () => {
    const left = { shown: 'shipped', statuses: ['In Production'], furthest: 'Item Finished' };
    expect(judge(left)).toEqual({ kind: 'nothing', why: 'backwards' });
    expect(furthestOf(mapping, null, ['In Production', 'Closed'])).toBe('In Production');
    expect(furthestOf(mapping, 'Item Finished', ['In Production'])).toBe('Item Finished');
    expect(furthestOf(mapping, 'Item Finished', ['Lost'])).toBe('Item Finished');
  });

  test('an order with lines that are not HFT71’s keeps its status unless the merchant says otherwise', () => {
    expect(judge({ isMixed: true })).toEqual({ kind: 'nothing', why: 'mixed-order' });
    expect(judge({ isMixed: true }, { ...rules, mixedOrders: true })).toEqual({ kind: 'write', status: 'completed' });
  });
});

describe('a delivery is worth a reading', () => {
  const known = { statuses: ['Item Finished'], seen: ['In Production', 'Item Finished'] };

  test.each([
    ['further than what is known', 'Closed', true],
    ['a status that nobody knows', 'Lost', true],
    ['repeated', 'item finished', false],
    ['old after new', 'In Production', false],
  ])('%s', (_what, told, expected) => {
    expect(isNews(mapping, told, known)).toBe(expected);
  });

  test('old after new also where the relay has skipped the old one', () => {
    expect(isNews(mapping, 'In Production', { statuses: ['Closed'], seen: ['Closed'] })).toBe(false);
  });

  test('anything before the first reading, and what another line may follow to', () => {
    expect(isNews(mapping, 'In Production', { statuses: [], seen: [] })).toBe(true);
    expect(
      isNews(mapping, 'Closed', { statuses: ['Closed', 'In Production'], seen: ['Closed', 'In Production'] }),
    ).toBe(true);
  });
});
