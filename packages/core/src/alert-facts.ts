/** What the rules of alerts judge: one look at the ledger and the call log. Ages are the database's, in ms. */
export interface AlertFacts {
  readonly accounts: readonly AccountFacts[];
  readonly shops: readonly ShopFacts[];
  readonly workers: WorkerFacts;
  /** Asked by whoever judges; alerts themselves never go through Redis. */
  readonly redisAnswers: boolean;
}

export interface BreakerFacts {
  readonly state: 'closed' | 'open' | 'half_open';
  readonly owner: string | null;
  readonly reason: string | null;
}

/** Calls of one side within the window of the rules. */
export interface CallFacts {
  readonly calls: number;
  /** Answers 401 and 403; of a shop's, those with a code: without one a 403 is a firewall's. */
  readonly unauthorized: number;
  readonly firstUnauthorizedAt: Date | null;
  readonly lastUnauthorizedAt: Date | null;
}

export interface AccountFacts extends CallFacts {
  readonly id: string;
  readonly baseUrl: string;
  readonly breaker: BreakerFacts;
  /** With the log-ins that failed: without one no order goes. */
  readonly sends: number;
  readonly failedSends: number;
  /** Failed ones since the last that HFT71 took. */
  readonly failedSinceSuccess: number;
  readonly firstFailedSendAt: Date | null;
  /** Orders of the last day that HFT71 did not take, since the last one that it took. */
  readonly refusedInARow: number;
  readonly firstRefusedAt: Date | null;
  readonly lastFailedSendAt: Date | null;
  /** Answers 429. */
  readonly throttled: number;
  /** What the limit would have granted in the window. */
  readonly granted: number;
  /** Orders that could go now, as far as breakers, freezes and pauses go, and how long the oldest has. */
  readonly due: number;
  readonly oldestDueMs: number;
  /** The same, a freeze of HFT71's counting as waiting for its limit. */
  readonly waitingForLimit: number;
  readonly oldestWaitingForLimitMs: number;
  /** For how long one of them has been answered 429, while HFT71 took no other. */
  readonly oldestThrottledMs: number;
  /** HFT71's webhook, where it has a secret; null where none is set. */
  readonly webhook: WebhookFacts | null;
}

/** A webhook over the period in which it should have been heard of. */
export interface WebhookFacts {
  readonly isHeard: boolean;
  /** What it should have told: found by polling, or by a sweep. */
  readonly missed: number;
  /** Deliveries of today without a right secret or signature. */
  readonly refusedToday: number;
}

export interface ShopFacts extends CallFacts {
  readonly id: string;
  readonly host: string | null;
  readonly hostBreaker: BreakerFacts;
  /** Orders that wait for a person who has not put them there. */
  readonly held: number;
  readonly firstHeldAt: Date | null;
  /** Changes of accepted orders that HFT71 was not told: a person does so. */
  readonly heldUpdates: number;
  readonly firstHeldUpdateAt: Date | null;
  /** The shop's own webhooks; null where it cannot reach the relay (no RELAY_PUBLIC_URL). */
  readonly webhook: WebhookFacts | null;
  /** null where the stock is not synchronised: switched off, or the shop is not live. */
  readonly stock: StockFacts | null;
  /** null before its baseline, and while the breaker of its host says why it is not read. */
  readonly unread: UnreadFacts | null;
}

/** For how long a shop has not been read completely. */
export interface UnreadFacts {
  readonly intervalMs: number;
  /** Since the last complete sweep, the baseline, or the breaker's closing, whichever came last. */
  readonly ageMs: number;
  /** The last call to the shop that failed, without customer data. */
  readonly fault: string | null;
}

export interface StockFacts {
  readonly intervalMs: number;
  /** The last good synchronisation; null before the first. */
  readonly lastAt: Date | null;
  /** From when on the next one is waited for: the last, or when the schedule began where that is later. */
  readonly since: Date;
  /** Of `since`. */
  readonly ageMs: number;
}

export interface WorkerFacts {
  /** There is a shop to work for. */
  readonly areNeeded: boolean;
  /** In the last 30 s, or less where no worker is to be told sooner. */
  readonly seen: number;
  readonly lastSeenAt: Date | null;
  readonly due: number;
  readonly oldestDueMs: number;
  /** Since a worker got anything done; null when none ever did. */
  readonly quietMs: number | null;
}

/** What a merchant tunes: `RELAY_ALERT_…`. Times in ms. */
export interface AlertThresholds {
  readonly windowMs: number;
  readonly failedSends: number;
  readonly unauthorized: number;
  readonly missedWebhooks: number;
  readonly webhookSilenceMs: number;
  readonly heldMany: number;
  readonly breakerOpenMs: number;
  readonly starvedMs: number;
  readonly noWorkerMs: number;
  readonly noProgressMs: number;
  readonly redisAwayMs: number;
  readonly queueAgeMs: number;
}
