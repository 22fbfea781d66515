import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export interface IntentCount {
  readonly kind: string;
  readonly state: string;
  readonly count: number;
}

/** Asked for at each scrape, so that a gauge is never older than its reading. Left out, its metric is not offered. */
export interface MetricSources {
  countIntents?: () => Promise<readonly IntentCount[]>;
  /** Age of the oldest intent that is due and not yet taken; 0 when none waits. */
  oldestDueSeconds?: () => Promise<number>;
}

export type Metrics = ReturnType<typeof createMetrics>;

/** Calls to a shop or to HFT71 end at 20 s at the latest. */
const CALL_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];

/** Every metric of the product, by name. Labels are classes, never ids: their number stays small. */
export function createMetrics(sources: MetricSources = {}) {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const { countIntents, oldestDueSeconds } = sources;
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

  return {
    registry,
    orders: new Counter({
      name: 'relay_orders_total',
      help: 'Orders that entered a state of their hand-off.',
      labelNames: ['state'] as const,
      registers,
    }),
    attempts: new Counter({
      name: 'relay_attempts_total',
      help: 'Ended attempts to hand an order to HFT71, by outcome.',
      labelNames: ['outcome'] as const,
      registers,
    }),
    apiCalls: new Counter({
      name: 'relay_api_calls_total',
      help: 'Calls to the shop and to HFT71 by action and class of the answer (2xx, 4xx, 5xx, none).',
      labelNames: ['target', 'action', 'status_class'] as const,
      registers,
    }),
    apiCallSeconds: new Histogram({
      name: 'relay_api_call_seconds',
      help: 'Duration of calls to the shop and to HFT71.',
      labelNames: ['target', 'action'] as const,
      buckets: CALL_SECONDS,
      registers,
    }),
    webhookDeliveries: new Counter({
      name: 'relay_webhook_deliveries_total',
      help: 'Webhook deliveries from the shop and from HFT71 by what became of them.',
      labelNames: ['result'] as const,
      registers,
    }),
  };
}

/** A scrape must not fail because the ledger is away: then the other metrics matter most. */
async function unlessAway<T>(reading: Promise<T>, absent: T): Promise<T> {
  try {
    return await reading;
  } catch {
    return absent;
  }
}

/** The label `status_class` of an HTTP status; `none` where no answer came. */
export function statusClass(status: number | null): string {
  return status === null ? 'none' : `${Math.floor(status / 100)}xx`;
}
