import type { LineRule } from '@relay/core';
import { skusInFeed, type Ledger } from '@relay/ledger';
import type { ShopRuntime } from './context.js';

/** `HFT71_LINES` for these lines. @returns null while it needs a stock feed that has not been read to its end once. */
export async function lineRule(
  ledger: Ledger,
  shop: Pick<ShopRuntime, 'lines' | 'accountId'>,
  order: { readonly lines: readonly { readonly sku: string }[] },
): Promise<LineRule | null> {
  if (shop.lines === null) throw new Error('HFT71_LINES is not set: live mode refuses without it');
  if (shop.lines === 'all') return { kind: 'all' };
  if (shop.lines !== 'feed') return { kind: 'pattern', pattern: new RegExp(shop.lines) };
  const skus = await skusInFeed(
    ledger,
    shop.accountId,
    order.lines.map((line) => line.sku),
  );
  return skus === null ? null : { kind: 'feed', skus };
}
