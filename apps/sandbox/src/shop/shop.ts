import type { SeededRandom } from '../seeded-random.js';
import type { ShopOrder } from './order-types.js';
import type { Product } from './product-types.js';

export const TOPICS = [
  'order.created',
  'order.updated',
  'order.deleted',
  'order.restored',
  'product.created',
  'product.updated',
  'product.deleted',
] as const;
export type Topic = (typeof TOPICS)[number];

export interface Webhook {
  id: number;
  name: string;
  status: string;
  topic: string;
  deliveryUrl: string;
  secret: string;
  createdMs: number;
  modifiedMs: number | null;
  failures: number;
  /** The ping has not been answered with exactly 200 yet: it comes again with each delivery. */
  pingOwed: boolean;
}

/** Everything that a database backup holds. */
export interface ShopDb {
  orders: Map<number, ShopOrder>;
  products: Map<number, Product>;
  /** By SKU in lower case: a shop has each once, blind to case. */
  bySku: Map<string, Product>;
  webhooks: Map<number, Webhook>;
  nextPostId: number;
  nextItemId: number;
  nextMetaId: number;
  nextItemMetaId: number;
  nextWebhookId: number;
  nextNoteId: number;
}

export interface ShopSettings {
  homeUrl: string;
  offsetMinutes: number;
  pluginActive: boolean;
  plainPermalinks: boolean;
}

/** What every part of the shop works with. */
export interface Shop {
  db: ShopDb;
  settings: ShopSettings;
  random: SeededRandom;
  /** Something changed that webhooks tell of. */
  changed(topic: Topic, id: number): void;
  /** The order was made or changed: for the record. */
  recordOrder(order: ShopOrder): void;
}

export function emptyDb(): ShopDb {
  return {
    orders: new Map(),
    products: new Map(),
    bySku: new Map(),
    webhooks: new Map(),
    nextPostId: 10,
    nextItemId: 1,
    nextMetaId: 1,
    nextItemMetaId: 1,
    nextWebhookId: 1,
    nextNoteId: 1,
  };
}
