import type { OrderTemplate } from '@relay/core';
import type { Hft71Client } from '@relay/hft71';
import type { Installation, Ledger } from '@relay/ledger';
import type { Logger } from '@relay/observability';
import type { StockSettings } from '@relay/stock';
import type { ShopClient } from '@relay/woocommerce';

/** A webhook's secrets as they are now: a command may have changed them since the start. */
export interface WebhookSecrets {
  /** The current one first; then those that are still taken while a rotation lasts. */
  accepted(): readonly string[];
  /** Looks whether they were changed. @returns true when they were; never rejects. */
  refresh(): Promise<boolean>;
}

/** One shop as the ways in need it. */
export interface IntakeShop {
  readonly id: string;
  readonly accountId: string;
  readonly woocommerce: ShopClient;
  readonly hft71: Hft71Client;
  /** What its webhooks are signed with. */
  readonly webhookSecrets: WebhookSecrets;
  readonly sendableStatuses: readonly string[];
  readonly sendDelayMs: number;
  readonly template: OrderTemplate;
  readonly reference: { readonly source: 'id' | 'number'; readonly prefix: string };
  /** `HFT71_LINES`; null until the merchant has chosen. */
  readonly lines: string | null;
  readonly sweepOverlapMs: number;
  /** Where the shop reaches this relay; null: no webhook is made, the sweeps do the work. */
  readonly publicUrl: string | null;
  /** null: edits and cancellations of accepted orders stay in the shop. */
  readonly updates: { readonly delayMs: number } | null;
  readonly stock: StockSettings;
}

export interface IntakeContext {
  readonly ledger: Ledger;
  readonly installation: Installation;
  readonly log: Logger;
  /** Told when orders came in that may be ready: the dispatcher looks at once. */
  readonly onReceived?: () => void;
}
