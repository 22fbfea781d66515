import { planPoll, webhooksAreSilent, type PolledOrder, type PollRules } from './poll-plan.js';

const HOUR = 3_600_000;
const rules: PollRules = { intervalMs: 2 * HOUR, withWebhooksMs: 20 * HOUR, maxAgeMs: 60 * 24 * HOUR };
const order: PolledOrder = { acceptedAtMs: 0, hasStatus: true, isTerminal: false, statusSinceMs: 0 };
const silent = { webhooksAreSilent: true, random: 0.5 };

function hoursUntil(over: Partial<PolledOrder>, nowMs: number, webhooks = false): number {
  const plan = planPoll({ ...order, ...over }, { ...silent, webhooksAreSilent: !webhooks, nowMs }, rules);
  if (plan.kind === 'end') throw new Error(`ended: ${plan.reason}`);
  return Math.round(((plan.atMs - nowMs) / HOUR) * 100) / 100;
}

test('a new order is read twice as often as one in production, and one that stands still less and less', () => {
  expect(hoursUntil({ hasStatus: false }, 1 * HOUR)).toBe(1);
  expect(hoursUntil({}, 10 * HOUR)).toBe(2);
  expect(hoursUntil({}, 60 * HOUR)).toBe(3);
  expect(hoursUntil({}, 96 * HOUR)).toBe(16);
  expect(hoursUntil({}, 59 * 24 * HOUR)).toBe(36);
});

test('while webhooks come, whatever its age, only what they lost has to be found', () => {
  expect([hoursUntil({ hasStatus: false }, HOUR, true), hoursUntil({}, 30 * 24 * HOUR, true)]).toEqual([20, 20]);
});

test('orders that came together are not read together for ever', () => {
  const at = (random: number) => planPoll(order, { nowMs: 0, webhooksAreSilent: true, random }, rules);
  expect([at(0), at(1)]).toEqual([
    { kind: 'at', atMs: 1.8 * HOUR },
    { kind: 'at', atMs: 2.2 * HOUR },
  ]);
});

test('a closed order is read no more, nor one of sixty days', () => {
  const plan = (over: Partial<PolledOrder>, nowMs: number) =>
    planPoll({ ...order, ...over }, { ...silent, nowMs }, rules);
  expect(plan({ isTerminal: true }, HOUR)).toEqual({ kind: 'end', reason: 'terminal' });
  expect(plan({}, 60 * 24 * HOUR)).toEqual({ kind: 'end', reason: 'too-old' });
});

test('the webhook is taken for dead when it was never heard of, or not for long', () => {
  expect(webhooksAreSilent(null, 0, HOUR)).toBe(true);
  expect([webhooksAreSilent(0, HOUR, HOUR), webhooksAreSilent(0, HOUR + 1, HOUR)]).toEqual([false, true]);
});
