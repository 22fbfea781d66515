import { readSelection, type AskedSelection } from './selection.js';

const NOW = new Date('2026-11-28T12:00:00Z');
const read = (asked: AskedSelection) => readSelection(asked, NOW);
const whatIsWrong = (asked: AskedSelection) => {
  const answer = read(asked);
  return answer.kind === 'refused' ? `${answer.what}; ${answer.toDo}` : 'nothing';
};

describe('a selection that makes no sense is answered with what is wrong', () => {
  it.each<[string, AskedSelection, string]>([
    ['nothing at all', {}, 'nothing says which orders'],
    ['an empty list', { states: [' '], orders: [''] }, 'no state is named; name at least one, or leave the option out'],
    ['an empty list beside another', { states: ['rejected'], orders: [''] }, 'no order number is named'],
    ['words for a date', { from: 'yesterday' }, '“yesterday” is no date'],
    ['a day that is none', { from: '2026-02-30' }, 'there is no day “2026-02-30”'],
    ['a month that is none', { to: '2026-13-01' }, 'there is no day “2026-13-01”'],
    ['an hour that is none', { from: '2026-11-23T25:00Z' }, 'there is no time'],
    ['a time without a zone', { from: '2026-11-23 10:00' }, 'names no zone; add Z for UTC'],
    ['an end before the start', { from: '2026-11-23T10:00Z', to: '2026-11-23T09:00Z' }, 'ends before it begins'],
    ['no time at all', { from: '2026-11-23T10:00Z', to: '2026-11-23T11:00+01:00' }, 'ends before it begins'],
    ['a window in the future', { from: '2027-11-23' }, 'lies in the future'],
    ['an end in the future', { from: '2026-11-23', to: '2026-11-28T13:00Z' }, 'ends in the future'],
    ['a last day in the future', { to: '2099-12-31' }, 'ends in the future'],
    ['an unknown state', { states: ['rejcted'] }, 'there is no state “rejcted”; use one of these: waiting, ready'],
    ['an unknown reason', { reasons: ['maping'] }, 'there is no reason “maping”'],
    ['an unknown error class', { errors: ['5xx'] }, 'there is no error class “5xx”; use one of these: transport'],
    ['an unknown action', { actions: ['send'] }, 'there is no action “send”'],
    ['an HTTP status that is none', { httpStatuses: ['999'] }, 'there is no HTTP status “999”'],
    ['a prefixed status', { shopStatuses: ['wc-processing'] }, 'write it without: processing'],
    ['an order number with a control character', { orders: ['1\u0000'] }, 'there is no order number'],
    ['a CSV with a formula', { csv: '=1' }, 'line 1 of the CSV holds a formula'],
  ])('%s', (_what, asked, text) => {
    expect(whatIsWrong(asked)).toContain(text);
  });
});

describe('a selection', () => {
  const selection = (asked: AskedSelection) => {
    const answer = read(asked);
    return answer.kind === 'selection' ? answer : null;
  };

  it('takes a plain date as a day in UTC, and says so', () => {
    const found = selection({ from: '2026-11-23', to: '2026-11-23' });
    expect(found?.selection).toMatchObject({ from: '2026-11-23T00:00:00.000Z', to: '2026-11-24T00:00:00.000Z' });
    expect(found?.notes).toEqual([
      '2026-11-23 is a day in UTC: from 2026-11-23T00:00:00.000Z',
      '2026-11-23 is a day in UTC: until 2026-11-24T00:00:00.000Z',
    ]);
    expect(selection({ from: '2026-11-28', to: '2026-11-28' })).not.toBeNull(); // today
  });

  it('takes times with their zone, and lists without what is twice or blank', () => {
    const asked = { from: '2026-11-23 10:00+01:00', states: ['held', ' held', ''], httpStatuses: ['0', '503'] };
    expect(selection(asked)?.selection).toMatchObject({
      ...{ from: '2026-11-23T09:00:00.000Z', to: null, states: ['held'], httpStatuses: [0, 503], numbers: null },
    });
    expect(selection({ reasons: ['http-422', 'mapping'] })?.selection.reasons).toEqual(['http-422', 'mapping']);
  });

  it('joins order numbers and a CSV', () => {
    const found = selection({ orders: ['#1001', '1002'], csv: '1002\n1003\n1003\n' });
    expect(found?.selection.numbers).toEqual(['1001', '1002', '1003']);
    expect(found?.notes).toEqual(['2 order numbers were read from the CSV (1 repeated)']);
  });
});
