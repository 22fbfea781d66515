import fc from 'fast-check';
import { STOCK_BATCH_ITEMS, stockBatches } from './stock-batches.js';

const item = (productId: number, parentId = 0, sold = 0) => ({ productId, parentId, sold });

test('as few batches as the shop allows, whatever differs, and each item once', () => {
  const items = fc.array(fc.record({ productId: fc.nat(), parentId: fc.nat({ max: 5 }), sold: fc.nat({ max: 50 }) }), {
    maxLength: 600,
  });
  fc.assert(
    fc.property(items, (all) => {
      const batches = stockBatches(all);
      const parents = new Set(all.map(({ parentId }) => parentId));
      const floor = [...parents].reduce(
        (sum, parent) => sum + Math.ceil(all.filter(({ parentId }) => parentId === parent).length / STOCK_BATCH_ITEMS),
        0,
      );
      expect(batches).toHaveLength(floor);
      expect(batches.flatMap((batch) => batch.items)).toHaveLength(all.length);
      for (const { parentId, items: some } of batches)
        expect(some.every((each) => each.parentId === (parentId ?? 0))).toBe(true);
    }),
    { numRuns: 100 },
  );
});

test('those that sell most first, within a batch and among the batches', () => {
  const batches = stockBatches([item(1, 0, 1), item(2, 7, 9), item(3, 0, 5), item(4, 8, 0)]);
  expect(batches.map(({ parentId, items }) => [parentId, items.map(({ productId }) => productId)])).toEqual([
    [7, [2]],
    [null, [3, 1]],
    [8, [4]],
  ]);
});
