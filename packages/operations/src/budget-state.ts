import type { BudgetState } from '@relay/budget';
import type { ConnectedShop } from './relay.js';

export type { BudgetState } from '@relay/budget';

/** Both limits that a shop's calls keep to. */
export interface ShopBudgets extends BudgetState {
  /** Of the shop's host (`WC_RATE_LIMIT`): the relay's own courtesy, shared by all shops on it. */
  readonly host: BudgetState & { readonly name: string };
}

/**
 * What the shop's HFT71 account and its own host grant now, and what has been used of it. Takes nothing. Rejects while
 * Redis is away.
 */
export async function readBudget(shop: ConnectedShop): Promise<ShopBudgets> {
  const [account, host] = await Promise.all([shop.budget.state(), shop.hostBudget.state()]);
  return { ...account, host: { name: shop.host, ...host } };
}
