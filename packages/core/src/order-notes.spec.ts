import { heldNote, sentNote } from './order-notes.js';

test.each([
  ['in-doubt', 'HTTP 504', /is held and does not go to HFT71 by itself: HFT71 gave no clear answer[^(]*\.$/],
  ['mapping', 'line 2: no SKU', /Mend it, and it goes \(line 2: no SKU\)\.$/],
  ['person', 'the customer calls back', /a person holds it back \(the customer calls back\)\.$/],
  ['id-belongs-to-order-12', null, /it shows the HFT71 id of order 12; it may be a copy\.$/],
  ['a reason of a later version', 'x', /somebody has to look at it\.$/],
])('held for %s', (reason, detail, expected) => {
  expect(heldNote({ reason, detail, copy: 1 })).toMatch(expected);
  expect(heldNote({ reason, detail, copy: 1 })).not.toMatch(/relay |--/); // no commands: these are a shop's people
});

test('a reprint is told of as one', () => {
  expect(heldNote({ reason: 'deadline', detail: null, copy: 2 })).toMatch(/^The reprint R2 of this order is held/);
  expect(heldNote({ reason: 'mapping', detail: 'line 2', copy: 2 })).toMatch(/somebody has to let it go \(line 2\)\.$/);
  expect(sentNote('500001', 1)).toBe('HFT71 has accepted this order, as 500001.');
  expect(sentNote('500002', 2)).toBe('HFT71 makes this order once more (reprint R2), as 500002.');
});
