import { apiCallTotals, attemptTotals, countIntents, readProgress, type Ledger } from '@relay/ledger';
import type { MetricSources } from '@relay/observability';

/** What the gauges ask the ledger at each scrape. */
export function relayMetricSources(ledger: Ledger): MetricSources {
  return {
    countIntents: () => countIntents(ledger),
    attemptTotals: () => attemptTotals(ledger),
    callTotals: () => apiCallTotals(ledger),
    oldestDueSeconds: async () => (await readProgress(ledger)).oldestDueSeconds,
  };
}
