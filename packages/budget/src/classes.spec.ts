import { Redis } from 'ioredis';
import { createTestRedis, waitFor, type TestRedis } from '@relay/testing';
import { createBudget, type Budget, type CallClass, type Rate } from './index.js';

const HOUR = 3_600_000;
const LOWER: readonly CallClass[] = ['update', 'poll', 'stock', 'campaign'];

let server: TestRedis;
let redis: Redis;
let lastKey = 0;

beforeAll(async () => {
  server = await createTestRedis();
  redis = new Redis(server.url);
});
afterAll(async () => {
  redis.disconnect();
  await server.close();
});

/** As it is once the first, careful window has passed. */
async function budgetOf(rate: Rate): Promise<Budget> {
  const key = `test-${++lastKey}`;
  const budget = createBudget({ redis, key, rate });
  await budget.room('send');
  await redis.hset(`relay:budget:{${key}}:state`, 'assumed', 0);
  return budget;
}

async function isGranted(budget: Budget, callClass: CallClass): Promise<boolean> {
  return (await budget.take(callClass)).granted;
}

async function takeSends(budget: Budget, most: number): Promise<number> {
  for (let taken = 0; taken < most; taken += 1) if (!(await isGranted(budget, 'send'))) return taken;
  return most;
}

describe('the last part of a window', () => {
  describe.each([
    [1, 1],
    [2, 1],
    [5, 4],
    [60, 54],
    [100, 90],
  ])('of %d calls begins after %d', (calls, forOthers) => {
    it.each(LOWER)('and belongs to live sends, not to %s', async (callClass) => {
      const budget = await budgetOf({ calls, windowMs: HOUR });
      await takeSends(budget, forOthers - 1);
      expect((await budget.room(callClass)).free).toBe(1);
      expect(await isGranted(budget, callClass)).toBe(true);
      for (const lower of LOWER) expect(await isGranted(budget, lower)).toBe(false);
      expect(await takeSends(budget, calls)).toBe(calls - forOthers);
    });
  });
});

describe('the pace of a lower class', () => {
  it('spreads its part over the window, where live sends may take all of it at once', async () => {
    const rate = { calls: 100, windowMs: HOUR };
    for (const callClass of LOWER) {
      const budget = await budgetOf(rate);
      expect(await isGranted(budget, callClass)).toBe(true);
      const second = await budget.take(callClass);
      // Alone it has the whole lower part: 90 of 100 in a window of an hour and 1 %.
      expect(second.granted ? 0 : second.waitMs / ((HOUR * 1.01) / 90)).toBeCloseTo(1, 2);
      expect(await takeSends(budget, 100)).toBe(99);
    }
  });

  it('is divided by weight among those that asked within the window, so that stock starves nobody', async () => {
    const budget = await budgetOf({ calls: 200, windowMs: 1500 });
    const granted: Record<string, number> = {};
    const until = performance.now() + 3500;
    const from = performance.now() + 500; // the first calls of each come at once
    await Promise.all(
      LOWER.map(async (callClass) => {
        while (performance.now() < until) {
          const taken = await budget.takeOrWait(callClass, 3000);
          if (taken.granted && performance.now() > from) granted[callClass] = (granted[callClass] ?? 0) + 1;
        }
      }),
    );
    const all = Object.values(granted).reduce((sum, count) => sum + count, 0);
    expect(all).toBeGreaterThan(250);
    for (const [callClass, share] of Object.entries({ update: 0.4, campaign: 0.3, poll: 0.2, stock: 0.1 }))
      expect((granted[callClass] ?? 0) / all).toBeCloseTo(share, 1);
  });

  it('leaves a send its part while all of them ask without end', async () => {
    const budget = await budgetOf({ calls: 50, windowMs: 500 });
    const stop = new AbortController();
    const others = LOWER.map(async (callClass) => {
      while (!stop.signal.aborted) await budget.takeOrWait(callClass, 1000, stop.signal).catch(() => undefined);
    });
    const used = async () => Object.values((await budget.state()).used).reduce((sum, count) => sum + count, 0);
    await waitFor(async () => (await used()) >= 44, { what: 'a window that the lower classes have filled' });
    expect(await takeSends(budget, 5)).toBe(5);
    stop.abort();
    await Promise.all(others);
  });
});

describe('a campaign with a share of the rate', () => {
  const rate = { calls: 100, windowMs: HOUR };
  const gapOf = async (budget: Budget, share: number) => {
    const campaign = { callClass: 'campaign', share } as const;
    expect(await budget.take(campaign)).toMatchObject({ granted: true });
    const second = await budget.take(campaign);
    return second.granted ? 0 : second.waitMs;
  };

  it('is spread so that it never uses more, however little else is called', async () => {
    const budget = await budgetOf(rate);
    expect((await budget.room({ callClass: 'campaign', share: 0.2 }, HOUR / 2)).free).toBe(10);
    expect((await gapOf(budget, 0.2)) / ((HOUR * 1.01) / 20)).toBeCloseTo(1, 2);
    expect(await takeSends(budget, 100)).toBe(99);
    expect((await budget.state()).used).toMatchObject({ campaign: 1, send: 99 });
  });

  it('has no more than a campaign without one: the last part stays with live sends', async () => {
    expect((await gapOf(await budgetOf(rate), 0.95)) / ((HOUR * 1.01) / 90)).toBeCloseTo(1, 2);
  });

  it('is refused outside of 0 and 1', async () => {
    const budget = await budgetOf(rate);
    for (const share of [0, 1, Number.NaN])
      await expect(budget.take({ callClass: 'campaign', share })).rejects.toThrow('between 0 and 1');
  });
});

describe('a probe', () => {
  it('is neither paced nor kept from the last part, counts in the window, and never goes over it', async () => {
    const budget = await budgetOf({ calls: 10, windowMs: HOUR });
    await takeSends(budget, 8);
    expect(await budget.room('probe')).toMatchObject({ free: 2 });
    expect([await isGranted(budget, 'probe'), await isGranted(budget, 'probe')]).toEqual([true, true]);
    expect(await isGranted(budget, 'probe')).toBe(false);
    expect(await isGranted(budget, 'send')).toBe(false);
  });

  it('passes a rate that a 429 lowered, but not its freeze', async () => {
    const budget = await budgetOf({ calls: 10, windowMs: HOUR });
    await takeSends(budget, 2);
    await budget.throttled(60);
    expect(await isGranted(budget, 'probe')).toBe(false);
    await waitFor(async () => (await budget.frozenForMs()) === 0, { what: 'the thaw' });
    expect((await budget.state()).current.calls).toBe(1);
    expect(await isGranted(budget, 'send')).toBe(false);
    expect(await isGranted(budget, 'probe')).toBe(true);
  });
});
