import fc from 'fast-check';
import { Redis } from 'ioredis';
import { createTestRedis, type TestRedis } from '@relay/testing';
import { createBudget, type Budget, type CallClass } from './index.js';

const CLASSES: readonly CallClass[] = ['send', 'update', 'poll', 'stock'];

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

/**
 * One worker: takes, sometimes dawdles and then moves its slot to now as a hand-off does, sometimes gives it back. The
 * time of a call is Redis's when the slot was last put, read back from the window itself.
 */
async function work(
  budget: Budget,
  redis: Redis,
  key: string,
  until: number,
  calls: number[],
  seed: number,
): Promise<void> {
  let state = seed + 1;
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
  while (performance.now() < until) {
    const callClass = CLASSES[Math.floor(random() * CLASSES.length)] as CallClass;
    const taken = await budget.takeOrWait(callClass, Math.max(0, until - performance.now()));
    if (!taken.granted) continue;
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
    calls.push(score === null ? await redisNowMs(redis) : Number(score));
  }
}

async function run(rate: { calls: number; windowMs: number }, seed: number, durationMs: number) {
  const key = `stress-${seed}-${rate.calls}-${rate.windowMs}-${Math.floor(performance.now() * 1000)}`;
  const calls: number[] = [];
  const until = performance.now() + durationMs;
  await Promise.all(
    clients.flatMap((redis, client) =>
      [0, 1, 2].map((worker) => {
        const budget = createBudget({ redis, key, rate });
        return work(budget, redis, key, until, calls, seed * 100 + client * 10 + worker);
      }),
    ),
  );
  return calls;
}

describe('twelve workers over four connections', () => {
  it('never make more calls than the rate in any sliding window', async () => {
    const rates = fc.record({ calls: fc.integer({ min: 1, max: 30 }), windowMs: fc.integer({ min: 60, max: 400 }) });
    await fc.assert(
      fc.asyncProperty(rates, fc.integer({ min: 1, max: 1000 }), async (rate, seed) => {
        const calls = await run(rate, seed, 700);
        expect(mostInAnyWindow(calls, rate.windowMs)).toBeLessThanOrEqual(rate.calls);
      }),
      { numRuns: 8 },
    );
  });

  it('use at least nine tenths of the rate', async () => {
    const rate = { calls: 50, windowMs: 2000 };
    const key = 'saturated';
    const times: number[] = [];
    const until = performance.now() + 6000;
    await Promise.all(
      clients.map(async (redis) => {
        const budget = createBudget({ redis, key, rate });
        while (performance.now() < until) {
          const taken = await budget.takeOrWait('send', Math.max(0, until - performance.now()));
          if (taken.granted) times.push(await redisNowMs(redis));
        }
      }),
    );
    expect(mostInAnyWindow(times, rate.windowMs)).toBeLessThanOrEqual(rate.calls);
    // The first burst is the gift of an empty window; what counts is how soon the later ones follow.
    const windows = (Math.max(...times) - Math.min(...times)) / rate.windowMs;
    expect(windows).toBeGreaterThan(1.8);
    expect((times.length - rate.calls) / (windows * rate.calls)).toBeGreaterThanOrEqual(0.9);
  });
});

describe('mostInAnyWindow, by which this is judged', () => {
  it('finds a window that straddles the fixed ones', () => {
    expect(mostInAnyWindow([0, 90, 95, 105, 110], 100)).toBe(4);
    expect(mostInAnyWindow([0, 100, 200], 100)).toBe(1);
  });
});
