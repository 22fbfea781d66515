import type { SandboxRecord } from '../world/record.js';
import { judge } from './judgement.js';
import { Marks } from './marks.js';
import { sumOf, whatBroke } from './result.js';

const counted = { orders: 3, sent: 1, writtenBack: 1, duplicates: 0, lost: 2, unmarked: 0, notHft71sButSent: 0 };
const shopOrder = (id: number, marker = `M-${id}`, status = 'processing') => ({
  ...{ at: id, id, marker, status, hft71: true, hft71OrderId: null, relayMarker: null },
});
const accepted = (id: number, marker = `M-${id}`) => ({
  ...{ at: id, hft71OrderId: 500 + id, referenceId: String(id), marker },
});
const record: SandboxRecord = {
  shopOrders: [shopOrder(1), shopOrder(2), shopOrder(3)],
  accepted: [accepted(1)],
  requests: [],
};
const listed = (held: number[], inDoubt: number[] = []) => ({ held: new Set(held), inDoubt: new Set(inDoubt) });

describe('losses', () => {
  test('an unsent order that the ledger lists is not lost', () => {
    expect(judge(counted, record, listed([2], [3]))).toMatchObject({ orders: 3, lost: 0, held: 1, inDoubt: 1 });
  });

  test('a list that names a sent order takes nothing off', () => {
    expect(judge(counted, record, listed([1, 2]))).toMatchObject({ lost: 1 });
  });

  test('an id that was used again is listed for the order that has it now', () => {
    const restored = { ...record, shopOrders: [shopOrder(2, 'M-old', 'restored-away'), ...record.shopOrders] };
    expect(judge(counted, restored, listed([2, 3]))).toMatchObject({ lost: 0 });
  });
});

test('two orders of the shop under one reference are told, and one that was sent twice is not one of them', () => {
  const shared = { ...record, accepted: [accepted(1), accepted(1), accepted(1, 'M-2')] };
  expect(judge(counted, shared, listed([])).sharedReferences).toBe(1);
  expect(judge(counted, { ...record, accepted: [accepted(1), accepted(1)] }, listed([])).sharedReferences).toBe(0);
});

test('what broke is said in words: figures that must be zero, no order at all, marks that are not met', () => {
  const marks = new Marks();
  marks.atMost('seconds', 12.3456, 10);
  marks.equal('state', 'sent', 'sent');
  const judged = { ...sumOf([]), orders: 1, duplicates: 2 };
  expect(whatBroke(judged, marks.all())).toEqual(['duplicates 2', 'seconds 12.346, demanded <= 10']);
  expect(whatBroke(sumOf([]), {})).toEqual(['orders 0']);
  expect(() => marks.atLeast('state', 1, 1)).toThrow('set twice');
});
