import { createMetrics } from './index.js';

describe('createMetrics', () => {
  it('offers the default metrics and those of the product', async () => {
    const metrics = createMetrics();
    metrics.webhookDeliveries.inc({ result: 'stored' });
    const text = await metrics.registry.metrics();
    expect(text).toContain('relay_webhook_deliveries_total{result="stored"} 1');
    expect(text).toContain('process_cpu_seconds_total');
    expect(text).not.toContain('relay_intents');
  });

  it('asks its sources at each scrape, and forgets a state that nothing is in any more', async () => {
    let state = 'ready';
    const metrics = createMetrics({
      countIntents: async () => [{ kind: 'send_order', state, count: 3 }],
      oldestDueSeconds: async () => 1.5,
    });
    expect(await metrics.registry.metrics()).toContain('relay_intents{kind="send_order",state="ready"} 3');
    state = 'sent';
    const text = await metrics.registry.metrics();
    expect(text).toContain('relay_intents{kind="send_order",state="sent"} 3');
    expect(text).not.toContain('state="ready"');
    expect(text).toContain('relay_oldest_due_seconds 1.5');
  });

  it('still answers when a source is away, without an old figure', async () => {
    let away = false;
    const reading = <T>(value: T) => (away ? Promise.reject(new Error('away')) : Promise.resolve(value));
    const metrics = createMetrics({
      countIntents: () => reading([{ kind: 'send_order', state: 'ready', count: 3 }]),
      oldestDueSeconds: () => reading(1),
    });
    await metrics.registry.metrics();
    away = true;
    const text = await metrics.registry.metrics();
    expect(text).not.toContain('relay_intents{');
    expect(text).toContain('relay_oldest_due_seconds Nan');
  });

  it('can be made twice in one process', () => {
    createMetrics();
    expect(() => createMetrics()).not.toThrow();
  });
});

test('attempts and calls are told by the ledger, over all processes', async () => {
  let calls = 2;
  const metrics = createMetrics({
    attemptTotals: async () => [{ outcome: 'accepted', count: 7 }],
    callTotals: async () => [{ target: 'hft71', action: 'login', statusClass: '2xx', calls, seconds: 0.5 }],
  });
  expect(await metrics.registry.metrics()).toContain('relay_attempts_total{outcome="accepted"} 7');
  calls = 3;
  const text = await metrics.registry.metrics();
  expect(text).toContain('relay_api_calls_total{target="hft71",action="login",status_class="2xx"} 3');
  expect(text).toContain('relay_api_call_seconds_total{target="hft71",action="login",status_class="2xx"} 0.5');
});
