/** 1: the flow of orders is blocked. 2: it is degraded. 3: a small matter, no customer feels it yet. */
export type Severity = 1 | 2 | 3;

/** One row of the table of alerts, as operations read it. Thresholds and times name the settings that move them. */
export interface AlertRule {
  /** The stored kind: one alert of a kind and a subject is open at a time. */
  readonly kind: string;
  /** The worst it can have comes last: `3, 2` begins small. */
  readonly severities: readonly Severity[];
  readonly threshold: string;
  /** What it looks back over, or how long its condition has to hold. */
  readonly window: string;
  /**
   * How it ends. `by-itself`: it is looked at again and again, and its condition has been gone for RELAY_ALERT_CLEAR (where
   * the workers look, at once). `by-code`: what was settled says so. `by-person`: nothing can see that it is settled. Closing
   * its incident ends it, unless it is `by-itself`: that would only come again.
   */
  readonly clears: 'by-itself' | 'by-code' | 'by-person';
  /** Section of docs/runbook.md. */
  readonly runbook: string;
}

/** What is judged again and again, from the ledger and the call log (design decision 12). */
export const ALERT_KINDS = {
  failedSends: 'orders fail at HFT71',
  credentials: 'credentials refused',
  webhookSilent: 'HFT71’s webhook is silent',
  shopWebhookSilent: 'the shop’s webhooks are silent',
  shopWebhookDisabled: 'shop webhook disabled',
  noStockSync: 'no stock sync',
  held: 'orders held',
  breaker: 'breaker open',
  hostBreaker: 'shop away',
  notRead: 'shop not read',
  starved: 'budget starved',
  noWorker: 'no worker',
  noProgress: 'worker without progress',
  redisAway: 'Redis away',
  queueAge: 'queue age',
} as const;

const K = ALERT_KINDS;
const IN_WINDOW = 'RELAY_ALERT_WINDOW (5 min)';
const STARTS_AT_ONCE = 'at once';

const RULES: readonly AlertRule[] = [
  {
    kind: K.failedSends,
    severities: [1],
    threshold:
      'RELAY_ALERT_FAILED_SENDS (3) failed send_order or login, and half of all or all since the last good one; or so many orders in a row, within a day',
    window: IN_WINDOW,
    clears: 'by-itself',
    runbook: 'api-outage',
  },
  {
    kind: K.credentials,
    severities: [1],
    threshold: 'RELAY_ALERT_UNAUTHORIZED (3) answers 401 or 403, and a fifth of all; or a log-in opened the breaker',
    window: IN_WINDOW,
    clears: 'by-itself',
    runbook: 'credentials',
  },
  {
    kind: K.webhookSilent,
    severities: [2],
    threshold: 'RELAY_ALERT_MISSED_WEBHOOKS (3) changes that polling found, and no delivery, with HFT71_WEBHOOK_SECRET',
    window: 'RELAY_ALERT_WEBHOOK_SILENCE (6 h)',
    clears: 'by-itself',
    runbook: 'webhook-failures',
  },
  {
    kind: K.shopWebhookSilent,
    severities: [2],
    threshold: 'RELAY_ALERT_MISSED_WEBHOOKS (3) orders that sweeps found, and no delivery, with RELAY_PUBLIC_URL',
    window: 'RELAY_ALERT_WEBHOOK_SILENCE (6 h)',
    clears: 'by-itself',
    runbook: 'webhook-failures',
  },
  {
    kind: K.shopWebhookDisabled,
    severities: [2],
    threshold: 'the shop had disabled one; it is revived, and its gap swept',
    window: STARTS_AT_ONCE,
    clears: 'by-code',
    runbook: 'webhook-failures',
  },
  {
    kind: K.noStockSync,
    severities: [2],
    threshold: 'no good one for two HFT71_STOCK_INTERVAL, where HFT71_STOCK_SYNC_ENABLED is on',
    window: '2 × HFT71_STOCK_INTERVAL',
    clears: 'by-itself',
    runbook: 'stock-drift',
  },
  {
    kind: K.held,
    severities: [3, 2],
    threshold:
      '1 order or update that no person held and going live did not list, and again twice as many; SEV-2 from RELAY_ALERT_HELD_MANY (20) on',
    window: STARTS_AT_ONCE,
    clears: 'by-itself',
    runbook: 'held-orders',
  },
  {
    kind: K.breaker,
    severities: [2, 1],
    threshold: 'not closed; SEV-2 where a person opened it',
    window: 'RELAY_ALERT_BREAKER_OPEN (2 min)',
    clears: 'by-itself',
    runbook: 'api-outage',
  },
  {
    kind: K.hostBreaker,
    severities: [2, 1],
    threshold: 'the breaker of the shop’s host is not closed; SEV-2 where a person opened it',
    window: 'RELAY_ALERT_BREAKER_OPEN (2 min)',
    clears: 'by-itself',
    runbook: 'shop-away',
  },
  {
    kind: K.notRead,
    severities: [1],
    threshold:
      'no complete sweep for five RELAY_SWEEP_INTERVAL, 5 min at least, while workers work and its host is called',
    window: '5 × RELAY_SWEEP_INTERVAL, and 2 min',
    clears: 'by-itself',
    runbook: 'shop-away',
  },
  {
    kind: K.starved,
    severities: [2],
    threshold:
      'an order that could go waits for HFT71’s limit: 80 % of it used, three answers 429, or it gets nothing else',
    window: 'RELAY_ALERT_STARVED (10 min)',
    clears: 'by-itself',
    runbook: 'limit',
  },
  {
    kind: K.noWorker,
    severities: [1],
    threshold: 'no worker tells that it lives, for 30 s',
    window: 'RELAY_ALERT_NO_WORKER (2 min)',
    clears: 'by-itself',
    runbook: 'no-progress',
  },
  {
    kind: K.noProgress,
    severities: [1],
    threshold: 'work is due, workers are seen, and none gets anything done',
    window: 'RELAY_ALERT_NO_PROGRESS (3 min)',
    clears: 'by-itself',
    runbook: 'no-progress',
  },
  {
    kind: K.redisAway,
    severities: [1],
    threshold: 'Redis does not answer',
    window: 'RELAY_ALERT_REDIS_AWAY (1 min)',
    clears: 'by-itself',
    runbook: 'no-progress',
  },
  {
    kind: K.queueAge,
    severities: [2, 1],
    threshold: 'an order that could go waits; SEV-1 after four times as long',
    window: 'RELAY_ALERT_QUEUE_AGE (15 min)',
    clears: 'by-itself',
    runbook: 'no-progress',
  },
];

/** What the code raises where it happens. */
const RAISED: readonly AlertRule[] = [
  raised('another sender', 1, 'by-code', 'account-stopped'),
  raised('another installation is sending', 1, 'by-code', 'account-stopped'),
  raised('another HFT71 id in the shop', 1, 'by-person', 'held-orders'),
  raised('duplicate at HFT71', 1, 'by-person', 'held-orders'),
  raised('order not taken in', 1, 'by-person', 'held-orders'),
  raised('sending stopped: write-backs fail', 1, 'by-code', 'shop-away'),
  raised('ledger on another cluster', 1, 'by-code', 'restored-ledger'),
  raised('campaign needs a person', 2, 'by-code', 'campaigns'),
  raised('campaign not verified', 2, 'by-person', 'campaigns'),
  raised('stock feed refused', 2, 'by-code', 'stock-drift'),
  raised('stock run refused', 2, 'by-code', 'stock-drift'),
  raised('stock run failed', 2, 'by-code', 'stock-drift'),
  raised('orders wait', 2, 'by-itself', 'no-progress'),
  raised('reprint not made', 2, 'by-person', 'held-orders'), // by another reprint of the order too
  raised('order unknown at HFT71', 2, 'by-person', 'held-orders'),
  raised('status mapping: the shop does not know a status', 2, 'by-person', 'statuses'),
  raised('unknown HFT71 status', 3, 'by-person', 'statuses'),
  raised('status set by hand in the shop', 3, 'by-person', 'statuses'),
];

function raised(kind: string, severity: Severity, clears: AlertRule['clears'], runbook: string): AlertRule {
  return { kind, severities: [severity], threshold: 'when it happens', window: STARTS_AT_ONCE, clears, runbook };
}

/** Every kind of alert there is. */
export const ALERT_RULES: readonly AlertRule[] = [...RULES, ...RAISED];

/** Kinds that an evaluation judges: one that it no longer finds true clears by itself. */
export const JUDGED_KINDS: readonly string[] = RULES.filter(({ clears }) => clears === 'by-itself').map(
  ({ kind }) => kind,
);

/** What stops every shop: other alerts may follow from it. */
export const RELAY_WIDE_KINDS: readonly string[] = [K.noWorker, K.noProgress, K.redisAway];

/** What whoever is called by several accounts does to each of them: HFT71 under one base URL, and a shop's host. */
export const HFT71_OUTAGE_KINDS: readonly string[] = [K.failedSends, K.breaker];
export const HOST_OUTAGE_KINDS: readonly string[] = [K.hostBreaker];

/** They are true as long as each look finds them so: closing their incident would only open another one. */
export const KINDS_LOOKED_AT: readonly string[] = ALERT_RULES.filter(({ clears }) => clears === 'by-itself').map(
  ({ kind }) => kind,
);

/** They end once they are no longer true. Of all others, those that the table does not know too, a person says so. */
export const KINDS_THAT_END: readonly string[] = ALERT_RULES.filter(({ clears }) => clears !== 'by-person').map(
  ({ kind }) => kind,
);

const BY_KIND = new Map(ALERT_RULES.map((rule) => [rule.kind, rule]));

export function alertRule(kind: string): AlertRule | null {
  return BY_KIND.get(kind) ?? null;
}

/** The section of the runbook for an alert of this kind, below the address of the document. */
export function runbookLink(document: string, kind: string): string {
  const section = alertRule(kind)?.runbook;
  return section === undefined ? document : `${document}#${section}`;
}
