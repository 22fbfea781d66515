import { campaignSpeed } from '@relay/core';
import type { ConnectedShop } from '../relay.js';

export interface Estimate {
  readonly orders: number;
  readonly ordersPerMinute: number;
  /** At least: what live orders, polls and a slow HFT71 take is not in it. */
  readonly durationMs: number;
  readonly share: number;
  /** HFT71’s limit as it is granted now. */
  readonly limit: { readonly calls: number; readonly windowMs: number };
}

/** From the budget as it is granted now; as it was agreed while Redis does not answer. */
export async function estimate(shop: ConnectedShop, orders: number, share: number): Promise<Estimate> {
  const agreed = shop.settings.hft71.rate;
  const limit = await shop.budget.state().then(
    ({ current }) => current,
    () => agreed,
  );
  const perMs = campaignSpeed({ hft71: limit, share, shop: shop.settings.woocommerce.rate });
  return {
    orders,
    share,
    limit,
    ordersPerMinute: Math.max(1, Math.round(perMs * 60_000)),
    durationMs: Math.ceil(orders / perMs),
  };
}
