import { ourSkus } from './our-skus.js';

test.each([
  [null, true, true],
  ['all', true, true],
  ['feed', true, true],
  ['^GL', true, false],
])('with HFT71_LINES %s', (lines, ours, mug) => {
  const isOurs = ourSkus(lines);
  expect([isOurs('GL64000-00007-0046'), isOurs('MUG-001')]).toEqual([ours, mug]);
});
