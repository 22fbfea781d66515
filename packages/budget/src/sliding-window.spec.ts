import fc from 'fast-check';
import { Redis } from 'ioredis';
import { createTestRedis, type TestRedis } from '@relay/testing';
import { CALL_CLASSES, createBudget, type Budget, type CallClass, type Rate } from './index.js';

let server: TestRedis;
let clients: Redis[];

beforeAll(async () => {
  server = await createTestRedis();
  clients = Array.from({ length: 4 }, () => new Redis(server.url));
});
afterAll(async () => {
  clients.forEach((client) => client.disconnect());
  await server.close();
});

async function redisNowMs(redis: Redis): Promise<number> {
  const [seconds, microseconds] = await redis.time();
  return Number(seconds) * 1000 + Number(microseconds) / 1000;
}

/** The most calls in any window of this length; its end lies just before the next call. */
function mostInAnyWindow(times: readonly number[], windowMs: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  let most = 0;
  let first = 0;
  for (const [index, time] of sorted.entries()) {
    while ((sorted[first] as number) <= time - windowMs) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

interface Call {
  readonly callClass: CallClass;
  readonly at: number;
}

interface Run {
  readonly rate: Rate;
  readonly seed: number;
  /** Whether the account is frozen and throttled now and then. */
  readonly isThrottled: boolean;
  /** When Redis loses everything; null: never. */
  readonly lossAfterMs: number | null;
}

const DURATION_MS = 900;

/**
 * One worker: takes, sometimes dawdles and then moves its slot to now as a hand-off does, sometimes gives it back,
 * sometimes hears a 429. The time of a call is Redis's when the slot was last put, read back from the window itself.
 */
async function work(
  { isThrottled }: Run,
  budget: Budget,
  redis: Redis,
  key: string,
  calls: Call[],
  seed: number,
): Promise<void> {
  let state = seed + 1;
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
  const until = performance.now() + DURATION_MS;
  while (performance.now() < until) {
    const callClass = CALL_CLASSES[Math.floor(random() * CALL_CLASSES.length)] as CallClass;
    const taken = await budget.takeOrWait(callClass, Math.min(50, Math.max(0, until - performance.now())));
    if (!taken.granted) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      continue;
    }
    const act = random();
    if (act < 0.05) {
      await budget.giveBack(taken.slot);
      continue;
    }
    if (act < 0.5) {
      await new Promise((resolve) => setTimeout(resolve, random() * 40));
      if (!(await budget.moveToNow(taken.slot, callClass)).granted) continue;
    }
    const score = await redis.zscore(`relay:budget:{${key}}:slots`, taken.slot);
    calls.push({ callClass, at: score === null ? await redisNowMs(redis) : Number(score) });
    if (isThrottled && act > 0.98) await budget.throttled(random() < 0.5 ? 20 : null, taken.slot);
    if (isThrottled && act > 0.96) await budget.freeze(20);
  }
}

let lastRun = 0;

async function run(plan: Run): Promise<Call[]> {
  const key = `stress-${++lastRun}`;
  const calls: Call[] = [];
  const budgets = clients.flatMap((redis) =>
    [0, 1, 2].map(() => ({
      redis,
      budget: createBudget({ redis, key, rate: plan.rate, longestFreezeMs: 100, raiseEveryMs: 1 }),
    })),
  );
  await Promise.all(budgets.map(({ budget }) => budget.room('send'))); // processes that are at work, not newcomers
  const working = budgets.map(({ redis, budget }, index) =>
    work(plan, budget, redis, key, calls, plan.seed * 100 + index),
  );
  if (plan.lossAfterMs !== null) {
    await new Promise((resolve) => setTimeout(resolve, plan.lossAfterMs ?? 0));
    await server.flush();
  }
  await Promise.all(working);
  return calls;
}

/** How many calls of lower classes were made although the window before them held the lower part already. */
function intrusions(calls: readonly Call[], { calls: rate, windowMs }: Rate): number {
  const lowerPart = Math.max(1, rate - Math.max(1, Math.floor(rate / 10)));
  const isIntruder = ({ callClass, at }: Call) =>
    callClass !== 'send' &&
    callClass !== 'probe' &&
    calls.filter((other) => other.at > at - windowMs && other.at < at).length >= lowerPart;
  return calls.filter(isIntruder).length;
}

describe('twelve workers over four connections', () => {
  it('never make more calls than the rate in any sliding window, whatever is lost, frozen or throttled', async () => {
    const plans = fc.record({
      rate: fc.record({ calls: fc.integer({ min: 1, max: 30 }), windowMs: fc.integer({ min: 60, max: 400 }) }),
      seed: fc.integer({ min: 1, max: 1000 }),
      isThrottled: fc.boolean(),
      lossAfterMs: fc.option(fc.integer({ min: 50, max: 600 })),
    });
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const calls = await run(plan);
        expect(calls.length).toBeGreaterThan(0);
        const times = calls.map(({ at }) => at);
        expect(mostInAnyWindow(times, plan.rate.windowMs)).toBeLessThanOrEqual(plan.rate.calls);
        expect(intrusions(calls, plan.rate)).toBe(0);
      }),
      { numRuns: 12 },
    );
  });

  it('drain with live sends at 0.97 of what the guarded window grants', async () => {
    const rate = { calls: 50, windowMs: 1500 };
    const guardedMs = 1550;
    const times: number[] = [];
    const wanted = 4 * rate.calls;
    let left = wanted;
    await Promise.all(
      clients.map(async (redis) => {
        const budget = createBudget({ redis, key: 'saturated', rate });
        while (left > 0) {
          left -= 1;
          const taken = await budget.takeOrWait('send', 10_000);
          if (taken.granted) times.push(Number(await redis.zscore('relay:budget:{saturated}:slots', taken.slot)));
        }
      }),
    );
    expect(mostInAnyWindow(times, rate.windowMs)).toBeLessThanOrEqual(rate.calls);
    expect(times).toHaveLength(wanted);
    const floorMs = (wanted / rate.calls) * guardedMs;
    expect(floorMs / (Math.max(...times) - Math.min(...times))).toBeGreaterThanOrEqual(0.97);
  });
});

describe('mostInAnyWindow, by which this is judged', () => {
  it('finds a window that straddles the fixed ones', () => {
    expect(mostInAnyWindow([0, 90, 95, 105, 110], 100)).toBe(4);
    expect(mostInAnyWindow([0, 100, 200], 100)).toBe(1);
  });
});
