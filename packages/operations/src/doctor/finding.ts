/** As the runbook has them. 1: order flow blocked. 2: partial degradation. 3: no impact yet. */
export type Severity = 1 | 2 | 3;

type CauseOf<Side extends string, What extends string> = `${Side}-${What}`;

/** What is wrong, for programs; the words are the finding's own. */
export type Cause =
  | 'settings'
  | `postgres-${'refused' | 'away' | 'forgets'}`
  | 'migrations'
  | 'secret-key'
  | `redis-${'away' | 'memory' | 'writes' | 'policy'}`
  | 'no-shop'
  | 'clock'
  | CauseOf<
      'shop' | 'hft71',
      'base-url' | 'path' | 'certificate' | 'http' | 'firewall' | 'credentials' | 'outage' | 'away'
    >
  | `shop-${'permalinks' | 'woocommerce' | 'other' | 'read-only' | 'html' | 'throttled'}`
  | `hft71-${'forbidden' | 'limit'}`
  | `${'shop' | 'hft71'}-${'breaker' | 'calls'}`
  | 'hft71-account'
  | 'account-stopped'
  | 'no-worker'
  | 'worker-stuck'
  | 'lines'
  | 'plugin'
  | 'public-url'
  | `shop-webhook-${'secret' | 'disabled' | 'missing' | 'foreign'}`
  | `hft71-webhook-${'secret' | 'silent'}`
  | 'status-mapping'
  | 'sweep-late'
  | 'stock-late'
  | 'backlog'
  | 'alerts'
  | 'undelivered-alerts'
  | 'held'
  | 'not-live'
  | 'paused'
  | 'setting'
  | 'not-examined';

/** Something that was looked at. */
export interface Check {
  /** `PostgreSQL`, `shop main: keys may write`, … */
  readonly name: string;
  /** `skipped`: it could not be looked at, for the reason that `what` tells. */
  readonly state: 'ok' | 'warning' | 'failed' | 'skipped';
  /** What was found, in words. */
  readonly what: string;
}

/** A check that is not well. */
export interface Finding extends Check {
  readonly state: 'warning' | 'failed';
  readonly cause: Cause;
  readonly severity: Severity;
  /** Whose it is: `shop main`, `host shop.example`, `account …`; empty where it is everybody's. */
  readonly about: readonly string[];
  readonly toDo: string;
  /** What it is concluded from. */
  readonly evidence: readonly string[];
  /** Another finding that this one follows from. */
  readonly explainedBy: Cause | null;
}
