import { InvalidArgumentError, Option } from 'commander';

/** Repeated, or parted by commas. */
export function skusOption(): Option {
  return new Option('--sku <sku>', 'this SKU alone; repeat it, or part several by commas').argParser(
    (text: string, before: string[] | undefined) => {
      const skus = text
        .split(',')
        .map((sku) => sku.trim())
        .filter((sku) => sku !== '');
      if (skus.length === 0) throw new InvalidArgumentError('It names no SKU.');
      return [...(before ?? []), ...skus];
    },
  );
}
