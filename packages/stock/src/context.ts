import type { Hft71Client } from '@relay/hft71';
import type { Ledger, StockRules } from '@relay/ledger';
import type { Logger } from '@relay/observability';
import type { ShopClient } from '@relay/woocommerce';

/** What the reading of HFT71's feed needs. */
export interface FeedShop {
  readonly id: string;
  readonly accountId: string;
  readonly hft71: Hft71Client;
  readonly sendableStatuses: readonly string[];
  /** `HFT71_LINES`: see `ourSkus`. */
  readonly lines: string | null;
  readonly stock: StockSettings;
}

export interface FeedContext {
  readonly ledger: Ledger;
  readonly log: Logger;
  /** Told when orders became HFT71's by the new feed: the dispatcher looks at once. */
  readonly onReceived?: () => void;
}

export interface StockShop extends FeedShop {
  readonly woocommerce: ShopClient;
}

export interface StockContext extends FeedContext {
  /** Named in the run: host and pid. */
  readonly worker: string;
  /** Told when something was got done. */
  readonly onProgress: () => void;
  readonly isStopping: () => boolean;
  /**
   * All orders that the account's shops changed up to now come into the ledger: pieces that were just sold are known. Rejects
   * where this run's shop cannot be swept; another one that is away is told in the log.
   */
  readonly sweepOrders: () => Promise<void>;
  /** Orders on hold, from before the relay knew the shop too: the shop has taken their stock. */
  readonly seeOrdersOnHold: () => Promise<void>;
}

export interface StockSettings {
  /** `HFT71_STOCK_SYNC_ENABLED` */
  readonly enabled: boolean;
  readonly everyMs: number;
  readonly rules: StockRules;
  /** Part of the SKUs that one run may set to 0, and that a feed may lack of the one before: 0 … 1. */
  readonly mostZeroed: number;
  /** Part of the SKUs that one run may change: 0 … 1. */
  readonly mostChanged: number;
  /** A figure above it is not believed, in pieces. */
  readonly largest: number;
  /** The catalogue is read whole again after so long. */
  readonly catalogueEveryMs: number;
}
