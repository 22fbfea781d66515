import { isHft71Line } from '@relay/core';

/**
 * Which SKUs the relay keeps the stock of, by `HFT71_LINES`: under a pattern the merchant says which are HFT71's, whatever its
 * feed names besides; else the feed does, and only what it names is ever compared.
 */
export function ourSkus(lines: string | null): (sku: string) => boolean {
  if (lines === null || lines === 'all' || lines === 'feed') return () => true;
  const rule = { kind: 'pattern', pattern: new RegExp(lines) } as const;
  return (sku) => isHft71Line({ sku }, rule);
}
