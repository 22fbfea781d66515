/** The most items that the shop takes in one batch (413 above it, measured). */
export const STOCK_BATCH_ITEMS = 100;

export interface StockItem {
  readonly productId: number;
  /** 0 for a simple product. */
  readonly parentId: number;
  /** Units sold lately. */
  readonly sold: number;
}

export interface StockBatch<Item extends StockItem> {
  /** null: simple products, `/products/batch`. */
  readonly parentId: number | null;
  readonly items: readonly Item[];
}

/**
 * As few batches as the shop allows: simple products together, variations by parent; those that sell most first. The
 * floor is ⌈simple / 100⌉ + Σ over parents ⌈changed / 100⌉ calls, and these are as many.
 */
export function stockBatches<Item extends StockItem>(items: readonly Item[]): StockBatch<Item>[] {
  const groups = new Map<number, Item[]>();
  const demandFirst = [...items].sort((one, other) => other.sold - one.sold);
  for (const item of demandFirst) {
    const group = groups.get(item.parentId);
    if (group === undefined) groups.set(item.parentId, [item]);
    else group.push(item);
  }
  const batches = [...groups].flatMap(([parentId, group]) =>
    Array.from({ length: Math.ceil(group.length / STOCK_BATCH_ITEMS) }, (_, index) => ({
      parentId: parentId === 0 ? null : parentId,
      items: group.slice(index * STOCK_BATCH_ITEMS, (index + 1) * STOCK_BATCH_ITEMS),
    })),
  );
  const firstSold = ({ items: [first] }: StockBatch<Item>) => first?.sold ?? 0;
  return batches.sort((one, other) => firstSold(other) - firstSold(one));
}
