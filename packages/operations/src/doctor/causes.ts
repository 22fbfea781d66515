import type { Cause, Severity } from './finding.js';

interface CauseRule {
  /** 1: no order can be sent. 2: something is degraded, orders go. 3: to be mended some day. */
  readonly severity: Severity;
  /** What is found beside it and follows from it. */
  readonly explains?: readonly Cause[];
}

const SHOP_SYMPTOMS = ['shop-breaker', 'shop-calls', 'sweep-late', 'stock-late', 'backlog', 'alerts'] as const;
const HFT71_SYMPTOMS = ['hft71-breaker', 'hft71-calls', 'hft71-limit', 'stock-late', 'backlog', 'alerts'] as const;
const WORK_SYMPTOMS = ['sweep-late', 'stock-late', 'backlog', 'alerts'] as const;

const shopRule = (severity: Severity, ...more: Cause[]): CauseRule => ({
  severity,
  explains: [...SHOP_SYMPTOMS, ...more],
});
const hft71Rule: CauseRule = { severity: 1, explains: HFT71_SYMPTOMS };

/**
 * What can be wrong, the likeliest explanation of the rest first: of two findings of one severity, neither of which
 * explains the other, the one that stands higher here is told first. So servers come before those who need them, and what
 * was found by asking comes before what was only inferred from the past.
 */
export const CAUSES: Readonly<Record<Cause, CauseRule>> = {
  settings: { severity: 1, explains: ['no-worker', 'worker-stuck', ...WORK_SYMPTOMS] },
  'postgres-refused': { severity: 1, explains: ['no-shop'] },
  'postgres-away': { severity: 1, explains: ['no-shop'] },
  migrations: { severity: 1, explains: ['no-worker', 'worker-stuck', ...WORK_SYMPTOMS] },
  'secret-key': { severity: 1, explains: ['no-worker', 'worker-stuck', ...WORK_SYMPTOMS] },
  'postgres-forgets': { severity: 1, explains: ['no-worker', ...WORK_SYMPTOMS] },
  'redis-away': { severity: 1, explains: ['worker-stuck', ...WORK_SYMPTOMS] },
  'redis-memory': { severity: 1, explains: ['worker-stuck', 'redis-writes', ...WORK_SYMPTOMS] },
  'redis-writes': { severity: 1, explains: ['worker-stuck', ...WORK_SYMPTOMS] },
  'redis-policy': { severity: 2 },
  'no-shop': { severity: 1 },
  // No credentials: calls are signed by the shop's own time, and a log-in knows none.
  clock: { severity: 2 },

  'shop-base-url': shopRule(1, 'no-worker'),
  'shop-path': shopRule(1),
  'shop-certificate': shopRule(1),
  'shop-http': shopRule(1, 'shop-credentials'),
  'shop-permalinks': shopRule(1, 'shop-credentials'),
  'shop-firewall': shopRule(1),
  'shop-other': shopRule(1, 'no-worker'),
  'shop-woocommerce': shopRule(1),
  'shop-credentials': shopRule(1),
  'shop-read-only': shopRule(1),
  'shop-html': shopRule(1),
  'shop-outage': shopRule(1),
  'shop-away': shopRule(1),
  'shop-throttled': shopRule(2),

  'hft71-base-url': { severity: 1, explains: ['hft71-account', ...HFT71_SYMPTOMS] },
  'hft71-path': { severity: 1, explains: ['hft71-account', ...HFT71_SYMPTOMS] },
  'hft71-certificate': hft71Rule,
  'hft71-http': hft71Rule,
  'hft71-firewall': hft71Rule,
  // A worker starts with a wrong password, and waits.
  'hft71-credentials': hft71Rule,
  'hft71-forbidden': hft71Rule,
  'hft71-outage': hft71Rule,
  'hft71-away': hft71Rule,
  'hft71-account': { severity: 1, explains: ['no-worker', ...WORK_SYMPTOMS] },
  'hft71-limit': { severity: 2, explains: ['hft71-calls', 'stock-late', 'backlog', 'alerts'] },

  'worker-stuck': { severity: 1, explains: ['no-worker', ...WORK_SYMPTOMS] },
  'no-worker': { severity: 1, explains: WORK_SYMPTOMS },
  'account-stopped': { severity: 1, explains: ['hft71-breaker', 'stock-late', 'backlog', 'alerts'] },
  lines: { severity: 1, explains: ['no-worker', ...WORK_SYMPTOMS] },
  plugin: { severity: 1, explains: ['account-stopped', 'alerts'] },

  'public-url': {
    severity: 2,
    explains: ['shop-webhook-disabled', 'shop-webhook-missing', 'hft71-webhook-silent', 'alerts'],
  },
  'shop-webhook-secret': { severity: 2, explains: ['shop-webhook-disabled', 'alerts'] },
  'shop-webhook-disabled': { severity: 2, explains: ['alerts'] },
  'shop-webhook-missing': { severity: 2, explains: ['alerts'] },
  'shop-webhook-foreign': { severity: 3 },
  'hft71-webhook-secret': { severity: 2, explains: ['hft71-webhook-silent', 'alerts'] },
  'hft71-webhook-silent': { severity: 3 },
  'status-mapping': { severity: 3 },

  'hft71-breaker': { severity: 1, explains: ['stock-late', 'backlog', 'alerts'] },
  'shop-breaker': { severity: 1, explains: ['sweep-late', 'stock-late', 'backlog', 'alerts'] },
  'sweep-late': { severity: 2 },
  'stock-late': { severity: 2, explains: ['alerts'] },
  backlog: { severity: 2 },
  'hft71-calls': { severity: 3 },
  'shop-calls': { severity: 3 },
  'not-live': { severity: 2 },
  paused: { severity: 2 },
  'undelivered-alerts': { severity: 2 },
  held: { severity: 3 },
  alerts: { severity: 3 },
  setting: { severity: 3 },
  'not-examined': { severity: 3 },
};
