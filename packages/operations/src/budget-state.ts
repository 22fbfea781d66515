import type { BudgetState } from '@relay/budget';
import type { ConnectedShop } from './relay.js';

export type { BudgetState } from '@relay/budget';

/** What the shop's HFT71 account grants now, and what has been used of it. Takes nothing. Rejects while Redis is away. */
export async function readBudget(shop: ConnectedShop): Promise<BudgetState> {
  return shop.budget.state();
}
