import type { Budget } from '@relay/budget';
import type { OrderTemplate, StatusMapping } from '@relay/core';
import type { Hft71Client } from '@relay/hft71';
import type { DoubtRules, Installation, Ledger } from '@relay/ledger';
import type { Logger } from '@relay/observability';
import type { ShopClient } from '@relay/woocommerce';

/** One shop as the hand-off needs it: its clients, its account's budget, its rules. */
export interface ShopRuntime {
  readonly id: string;
  readonly accountId: string;
  /** Host and port of the shop: whose breaker its calls count for. */
  readonly host: string;
  readonly woocommerce: ShopClient;
  readonly hft71: Hft71Client;
  /** The HFT71 account's, shared by every queue, process and machine. */
  readonly budget: Budget;
  /**
   * A 429 came: freezes the account, in Redis and in the ledger. @param retryAfterMs what the answer asks for.
   * @param slot of the refused call, which tells a late answer from a new event.
   * Never rejects: without Redis nothing is sent anyway.
   */
  readonly throttled: (retryAfterMs: number | null, slot?: string) => Promise<void>;
  /** `HFT71_DUPLICATE_REFERENCE`, and whether there is a look-up. */
  readonly doubtRules: DoubtRules;
  /** `HFT71_LOOKUP_PATH` */
  readonly lookUpPath: string | null;
  readonly sendableStatuses: readonly string[];
  /** `HFT71_LINES`; null until the merchant has chosen: nothing can be mapped then. */
  readonly lines: string | null;
  readonly template: OrderTemplate;
  readonly notProcessedStatuses: readonly number[];
  readonly duplicatePattern: RegExp | null;
  /** `RELAY_SHOP_MARKER` */
  readonly marker: boolean;
  readonly maxUnmirrored: number;
  readonly settleMs: number;
  /** `RELAY_ORDER_NOTES`: a note on the shop's order when HFT71 has accepted it, and when it is held. */
  readonly orderNotes: boolean;
  /** How HFT71's statuses are shown in the shop. */
  readonly statuses: {
    readonly mapping: StatusMapping;
    readonly mixedOrders: boolean;
    readonly backwards: boolean;
    readonly lines: boolean;
  };
  /** `HFT71_TWO_WAY_SYNC_ENABLED`; null: edits and cancellations of accepted orders stay in the shop. */
  readonly updates: UpdateRules | null;
}

export interface UpdateRules {
  /** `HFT71_CANCEL_STATUS`; null: a cancellation is held for a person. */
  readonly cancelStatus: string | null;
  /** `HFT71_UPDATE_DELAY` */
  readonly delayMs: number;
}

export interface HandOffTimes {
  readonly sendByMs: number;
  readonly leaseMs: number;
  readonly preparedTimeoutMs: number;
  readonly dispatchLeaseMs: number;
  readonly markerBackoffMs: number;
  /** How long an attempt waits in the process for its slot; farther away it is the ledger that waits. */
  readonly slotWaitMs: number;
  readonly lookUpGapMs: number;
}

/** The places of an attempt at which a test may stop the world. Production passes none. */
export type HandOffStep =
  | 'before-read'
  | 'after-read'
  | 'before-token'
  | 'after-token'
  | 'after-slot'
  | 'before-prepare'
  | 'after-prepare'
  | 'before-marker'
  | 'after-marker'
  | 'after-connect'
  | 'before-claim'
  | 'after-claim'
  | 'before-post'
  | 'after-post'
  | 'before-record'
  | 'after-record'
  | 'before-write-back'
  | 'after-write-back'
  | 'after-write-back-record';

export interface HandOffContext {
  readonly ledger: Ledger;
  readonly installation: Installation;
  readonly shops: ReadonlyMap<string, ShopRuntime>;
  readonly times: HandOffTimes;
  /** Named in the evidence: host and pid. */
  readonly worker: string;
  readonly log: Logger;
  /** Told when something was got done: what `/readyz` calls progress. */
  readonly onProgress: () => void;
  /** The worker stops: what goes on by itself makes no further call. */
  readonly isStopping?: () => boolean;
  readonly onStep?: (step: HandOffStep, orderId: number) => Promise<void>;
}

/**
 * A hand-off that did not go through now. It fails its job, so that the Board shows it; the next attempt is a new
 * dispatch. Its text is stored by the queue: class and ids only.
 */
export class HandOffFailed extends Error {
  override readonly name = 'HandOffFailed';
  constructor(what: string, orderId: number) {
    super(`${what} (order ${orderId})`);
  }
}
