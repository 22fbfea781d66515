import type { Json } from '../json.js';
import type { DuplicateReference } from '../options.js';
import type { AcceptedEntry } from '../record.js';
import type { ProducedOrder } from './production.js';
import type { RateWindow } from './rate-window.js';
import type { RetryAfterForm } from './retry-after.js';
import type { Tokens } from './tokens.js';

export const LOOKUP_LIES = ['filter-ignored', 'cut-page', 'html-200', '404'] as const;
export type LookupLie = (typeof LOOKUP_LIES)[number];

export interface LookupSettings {
  enabled: boolean;
  /** How long an accepted order stays invisible. */
  lagMs: number;
  lie: LookupLie | null;
  /** A list (empty when nothing is found), or the order itself (404 when nothing is found). */
  shape: 'list' | 'order';
}

export interface WebhookSettings {
  url: string;
  secret: string;
  in: 'header' | 'body';
  repeat: number;
  shuffle: boolean;
  drop: boolean;
}

export interface FeedFaults {
  /** SKU by SKU, what stands there instead of the figure. */
  figures: Map<string, Json>;
  /** Entries after the last one. */
  more: Json[];
  /** Half of this page is the last that comes; null: it comes whole. 0 is an empty feed. */
  endsInPage: number | null;
}

/** HFT71 as one object: what it knows, and how the control face has set it. */
export interface Provider {
  username: string;
  password: string;
  tokens: Tokens;
  window: RateWindow;
  retryAfterForm: RetryAfterForm;
  duplicateReference: DuplicateReference;
  lookup: LookupSettings;
  webhook: WebhookSettings | null;
  statusStepMs: number;
  stockFalls: 'accepted' | 'produced' | 'never';
  /** What it stocks, sku by sku. */
  stock: Map<string, number>;
  /** What its feed shows otherwise than it is: figures of any type, entries of any shape, an early end. */
  feed: FeedFaults;
  orders: Map<number, ProducedOrder>;
  /** Oldest first: a reference has several when repeats are accepted. */
  byReference: Map<string, ProducedOrder[]>;
  nextOrderId: number;
  record: (entry: AcceptedEntry) => void;
}
