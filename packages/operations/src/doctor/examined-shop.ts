import type { ShopSettings } from '@relay/config';

export interface ExaminedShop {
  readonly id: string;
  readonly settings: ShopSettings;
  /** A command need not name it. */
  readonly isOnly: boolean;
}

/** What a finding may be about: one explains another only where both are of one shop, host or account. */
export const aboutShop = ({ id }: Pick<ExaminedShop, 'id'>): string => `shop ${id}`;

/** Shops may share one, and its breaker. */
export const aboutHost = ({ settings: { woocommerce } }: ExaminedShop): string =>
  `host ${new URL(woocommerce.baseUrl).host}`;

/** Shops may share one, with its log-in, its budget and its breaker. */
export const aboutAccount = ({ settings: { hft71 } }: ExaminedShop): string =>
  `account ${hft71.username} at ${hft71.baseUrl}`;
