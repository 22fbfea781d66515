import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';

export interface IntentCount {
  readonly kind: string;
  readonly state: string;
  readonly count: number;
}

export interface AttemptTotal {
  readonly outcome: string;
  readonly count: number;
}

export interface CallTotal {
  readonly target: string;
  readonly action: string;
  readonly statusClass: string;
  readonly calls: number;
  readonly seconds: number;
}

/** Asked for at each scrape, so that a gauge is never older than its reading. Left out, its metric is not offered. */
export interface MetricSources {
  countIntents?: () => Promise<readonly IntentCount[]>;
  /** Age of the oldest intent that is due and not yet taken; 0 when none waits. */
  oldestDueSeconds?: () => Promise<number>;
  /** Workers have no port of their own: what they count is told by the ledger, over all of them and over restarts. */
  attemptTotals?(this: void): Promise<readonly AttemptTotal[]>;
  callTotals?(this: void): Promise<readonly CallTotal[]>;
}

export type Metrics = ReturnType<typeof createMetrics>;

/** Every metric of the product, by name. Labels are classes, never ids: their number stays small. */
export function createMetrics(sources: MetricSources = {}) {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const { countIntents, oldestDueSeconds, attemptTotals, callTotals } = sources;
  if (countIntents !== undefined) {
    new Gauge({
      name: 'relay_intents',
      help: 'Intents in the ledger by kind (send_order, write_back, ...) and state.',
      labelNames: ['kind', 'state'] as const,
      registers,
      async collect() {
        const counts = await unlessAway(countIntents(), []);
        this.reset(); // a state that nothing is in any more must not keep its last figure
        for (const { kind, state, count } of counts) this.set({ kind, state }, count);
      },
    });
  }
  if (oldestDueSeconds !== undefined) {
    new Gauge({
      name: 'relay_oldest_due_seconds',
      help: 'Age of the oldest intent that is due and not yet taken up; 0 when none waits.',
      registers,
      async collect() {
        this.set(await unlessAway(oldestDueSeconds(), Number.NaN));
      },
    });
  }

  if (attemptTotals !== undefined) {
    new Counter({
      name: 'relay_attempts_total',
      help: 'Ended attempts to hand an order to HFT71, by outcome.',
      labelNames: ['outcome'] as const,
      registers,
      async collect() {
        const totals = await unlessAway(attemptTotals(), null);
        if (totals === null) return;
        this.reset();
        for (const { outcome, count } of totals) this.inc({ outcome }, count);
      },
    });
  }
  if (callTotals !== undefined) countCalls(registers, callTotals);

  return {
    registry,
    webhookDeliveries: new Counter({
      name: 'relay_webhook_deliveries_total',
      help: 'Webhook deliveries from the shop and from HFT71 by what became of them.',
      labelNames: ['result'] as const,
      registers,
    }),
  };
}

function countCalls(registers: Registry[], callTotals: () => Promise<readonly CallTotal[]>): void {
  const counter = (name: string, help: string, figure: (total: CallTotal) => number) =>
    new Counter({
      name,
      help,
      labelNames: ['target', 'action', 'status_class'] as const,
      registers,
      async collect() {
        const totals = await unlessAway(callTotals(), null);
        if (totals === null) return;
        this.reset();
        for (const total of totals)
          this.inc({ target: total.target, action: total.action, status_class: total.statusClass }, figure(total));
      },
    });
  counter(
    'relay_api_calls_total',
    'Calls to the shop and to HFT71 by action and class of the answer (2xx, 4xx, 5xx, none).',
    ({ calls }) => calls,
  );
  counter('relay_api_call_seconds_total', 'Time spent in these calls.', ({ seconds }) => seconds);
}

/** A scrape must not fail because the ledger is away: then the other metrics matter most. */
async function unlessAway<T>(reading: Promise<T>, absent: T): Promise<T> {
  try {
    return await reading;
  } catch {
    return absent;
  }
}
