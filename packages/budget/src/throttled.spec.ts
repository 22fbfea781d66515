import { Redis } from 'ioredis';
import { createTestRedis, waitFor, type TestRedis } from '@relay/testing';
import { createBudget, type Budget, type BudgetOptions, type CallClass, type Rate } from './index.js';

const HOUR = 3_600_000;

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

const stateKey = () => `relay:budget:{test-${lastKey}}:state`;

/** As it is once the first, careful window has passed. */
async function budgetOf(rate: Rate, options: Partial<BudgetOptions> = {}): Promise<Budget> {
  lastKey += 1;
  const budget = createBudget({ redis, key: `test-${lastKey}`, rate, ...options });
  await budget.room('send');
  await redis.hset(stateKey(), 'assumed', 0);
  return budget;
}

async function takeSome(budget: Budget, count: number, callClass: CallClass = 'send'): Promise<string[]> {
  const slots: string[] = [];
  while (slots.length < count) {
    const answer = await budget.takeOrWait(callClass, 5000);
    if (!answer.granted) throw new Error(`no slot for ${answer.waitMs} ms`);
    slots.push(answer.slot);
  }
  return slots;
}

const rateOf = async (budget: Budget) => (await budget.state()).current.calls;
const thaw = (budget: Budget) =>
  waitFor(async () => (await budget.frozenForMs()) === 0, { what: 'the thaw', intervalMs: 2 });

describe('the freeze of a 429', () => {
  it('lasts as Retry-After says', async () => {
    const budget = await budgetOf({ calls: 10, windowMs: HOUR });
    await takeSome(budget, 1);
    expect(await budget.throttled(30_000)).toEqual({ frozenForMs: 30_000, isNew: true });
    expect(await budget.frozenForMs()).toBeGreaterThan(29_000);
    expect(await budget.take('probe')).toMatchObject({ granted: false });
  });

  it.each([
    ['missing', null],
    ['zero or in the past', 0],
    ['negative', -5000],
  ])('lasts a whole window, and up to a tenth more, where Retry-After is %s', async (_what, retryAfterMs) => {
    const budget = await budgetOf({ calls: 10, windowMs: 20_000 });
    const { frozenForMs } = await budget.throttled(retryAfterMs);
    expect(frozenForMs).toBeGreaterThanOrEqual(20_200);
    expect(frozenForMs).toBeLessThanOrEqual(22_221);
  });

  it('differs from relay to relay', async () => {
    const budgets: Budget[] = [];
    for (let count = 0; count < 5; count += 1) budgets.push(await budgetOf({ calls: 10, windowMs: 20_000 }));
    const freezes = await Promise.all(budgets.map(async (budget) => (await budget.throttled(null)).frozenForMs));
    expect(new Set(freezes).size).toBeGreaterThan(1);
  });

  it('lasts an hour at the most, or what is set', async () => {
    const day = await budgetOf({ calls: 10, windowMs: 24 * HOUR });
    expect(await day.throttled(null)).toMatchObject({ frozenForMs: HOUR });
    const short = await budgetOf({ calls: 10, windowMs: 1000 }, { longestFreezeMs: 5000 });
    expect(await short.throttled(HOUR)).toMatchObject({ frozenForMs: 5000 });
  });

  it('doubles with each event within a window after the last thaw, even where Retry-After is short', async () => {
    const budget = await budgetOf({ calls: 10, windowMs: 60_000 });
    const windows: number[] = [];
    for (const retryAfterMs of [6060, 6060, 6060, null]) {
      await takeSome(budget, 1, 'probe');
      windows.push((await budget.throttled(retryAfterMs)).frozenForMs / 60_600);
      await thawnFor(10_000);
    }
    // Believed; not enough; not enough again; the fourth event, without a Retry-After.
    [0.1, 1, 2, 8].forEach((least, index) => {
      expect(windows[index]).toBeGreaterThanOrEqual(least);
      expect(windows[index]).toBeLessThanOrEqual(least * 1.1 + 0.01);
    });
  });

  it('begins anew after a calm window', async () => {
    const budget = await budgetOf({ calls: 10, windowMs: 60_000 });
    await takeSome(budget, 1);
    await budget.throttled(5000);
    await thawnFor(60_700);
    await takeSome(budget, 1, 'probe');
    expect(await budget.throttled(5000)).toEqual({ frozenForMs: 5000, isNew: true });
  });

  /** As if the freeze had ended so long ago. */
  async function thawnFor(ms: number): Promise<void> {
    await redis.del(stateKey().replace(':state', ':frozen-until'));
    await redis.hset(stateKey(), 'throttledAt', Date.now() - ms - 1000, 'thawAt', Date.now() - ms);
  }
});

describe('the rate after a 429', () => {
  it.each([
    [100, 90],
    [51, 45],
    [11, 9],
    [2, 1],
    [1, 1],
  ])('is 0.9 of what was accepted: after %d calls %d', async (accepted, rate) => {
    const budget = await budgetOf({ calls: 200, windowMs: HOUR });
    await takeSome(budget, accepted + 1); // and the one that was refused
    await budget.throttled(1000);
    expect(await rateOf(budget)).toBe(rate);
  });

  it('counts the calls of the last window only', async () => {
    const budget = await budgetOf({ calls: 200, windowMs: HOUR });
    const slots = await takeSome(budget, 51);
    const old = Date.now() - HOUR - 1000; // within the margin of our window, but not in the window that was agreed
    for (const slot of slots.slice(0, 40)) await redis.zadd(stateKey().replace(':state', ':slots'), 'XX', old, slot);
    await budget.throttled(1000);
    expect(await rateOf(budget)).toBe(9);
  });

  it('is at least one call in a window, however many were refused', async () => {
    const budget = await budgetOf({ calls: 10, windowMs: HOUR });
    await takeSome(budget, 3);
    for (let refused = 0; refused < 5; refused += 1) await budget.throttled(1000);
    expect(await rateOf(budget)).toBe(1);
  });
});

describe('the 429s of calls in flight', () => {
  it('are one event: the rate falls once, by what was refused', async () => {
    const budget = await budgetOf({ calls: 200, windowMs: HOUR });
    await takeSome(budget, 106);
    const events: boolean[] = [];
    for (let refused = 0; refused < 6; refused += 1) events.push((await budget.throttled(1000)).isNew);
    expect(events).toEqual([true, false, false, false, false, false]);
    expect(await rateOf(budget)).toBe(90);
  });

  it('prolong the freeze where one asks for longer', async () => {
    const budget = await budgetOf({ calls: 200, windowMs: HOUR });
    await takeSome(budget, 3);
    await budget.throttled(20_000);
    expect(await budget.throttled(60_000)).toEqual({ frozenForMs: 60_000, isNew: false });
    expect((await budget.throttled(1000)).frozenForMs).toBeGreaterThan(59_000);
  });

  it('are known when they come after the freeze, by their slot or since nothing was called after it', async () => {
    const budget = await budgetOf({ calls: 100, windowMs: HOUR });
    const [, late] = await takeSome(budget, 50);
    await budget.throttled(5);
    await thaw(budget);
    expect(await budget.throttled(5)).toMatchObject({ isNew: false });
    await thaw(budget);
    const [after] = await takeSome(budget, 1, 'probe');
    expect(await budget.throttled(5, late)).toMatchObject({ isNew: false });
    await thaw(budget);
    expect(await budget.throttled(5, after)).toMatchObject({ isNew: true });
  });

  it('do not count slots that were given back in the freeze: no call was made with them', async () => {
    const budget = await budgetOf({ calls: 100, windowMs: HOUR });
    const slots = await takeSome(budget, 51);
    await budget.throttled(1000);
    await budget.giveBack(slots[0] as string);
    await budget.giveBack(slots[0] as string);
    expect(await rateOf(budget)).toBe(44); // 49 accepted
    for (const slot of slots.slice(1, 10)) await budget.moveToNow(slot, 'send');
    expect(await rateOf(budget)).toBe(36); // 40
  });
});

describe('the way back', () => {
  it('is paced: no two calls at once, whatever their class', async () => {
    const budget = await budgetOf({ calls: 100, windowMs: 1000 });
    await takeSome(budget, 21);
    await budget.throttled(5);
    await thaw(budget);
    await redis.del(stateKey().replace(':state', ':slots')); // as if they had left the window
    const granted: number[] = [];
    const until = performance.now() + 500;
    await Promise.all(
      (['send', 'send', 'update', 'campaign'] as const).map(async (callClass) => {
        while (performance.now() < until) {
          const taken = await budget.takeOrWait(callClass, 1000);
          if (taken.granted)
            granted.push(Number(await redis.zscore(stateKey().replace(':state', ':slots'), taken.slot)));
        }
      }),
    );
    // 18 calls a window of 1050 ms are 58 ms apart; 10 ms of lateness may be made good.
    granted.sort((a, b) => a - b);
    const apart = granted.slice(1).map((at, index) => at - (granted[index] as number));
    expect(granted.length).toBeGreaterThan(4);
    expect(Math.min(...apart)).toBeGreaterThanOrEqual(47);
  });

  it('shows in room one slot at a time', async () => {
    const budget = await budgetOf({ calls: 100, windowMs: 60_000 });
    await takeSome(budget, 51);
    await budget.throttled(1);
    await thaw(budget);
    // 45 may be in the window: the 51 that are have to leave it first.
    expect(await budget.room('send')).toMatchObject({ free: 0 });
    await redis.del(stateKey().replace(':state', ':slots'));
    expect(await budget.room('send')).toEqual({ free: 1, waitMs: 0 });
    await budget.take('send');
    const next = await budget.room('send');
    expect(next.free).toBe(0);
    expect(next.waitMs).toBeGreaterThan(1000);
    expect(next.waitMs).toBeLessThanOrEqual(1347);
    expect((await budget.room('send', 3000)).free).toBe(2);
  });

  it('raises by a tenth, at least one call, once an interval, up to the configured rate, and ends pacing last', async () => {
    const budget = await budgetOf({ calls: 14, windowMs: 10 }, { raiseEveryMs: 80 });
    const lastRaiseAt = Date.now();
    await redis.hset(stateKey(), 'lowered', 1, 'rate', 9, 'nextRaiseAt', lastRaiseAt);
    const rates: number[] = [];
    const dueAt: number[] = [lastRaiseAt];
    await waitFor(
      async () => {
        const [rate, next] = await redis.hmget(stateKey(), 'rate', 'nextRaiseAt');
        if (rates.at(-1) !== Number(rate)) rates.push(Number(rate));
        if (dueAt.at(-1) !== Number(next)) dueAt.push(Number(next));
        await budget.room('send');
        return (await budget.state()).nextRaiseInMs === null;
      },
      { what: 'the old rate, unpaced', intervalMs: 3 },
    );
    expect(rates).toEqual([9, 10, 11, 12, 13, 14]);
    const apart = dueAt.slice(1).map((at, index) => at - (dueAt[index] as number));
    expect(Math.min(...apart)).toBeGreaterThanOrEqual(80);
    expect(await budget.state()).toMatchObject({ startsCareful: false, current: { calls: 14 } });
  });

  it.each([
    [100, 110],
    [42, 46],
    [9, 10],
    [1, 2],
  ])('raises %d calls to %d', async (from, to) => {
    const budget = await budgetOf({ calls: 1000, windowMs: 10 });
    await redis.hset(stateKey(), 'lowered', 1, 'rate', from, 'nextRaiseAt', Date.now() - HOUR);
    await budget.room('send');
    await budget.room('send');
    expect(await rateOf(budget)).toBe(to);
  });

  it('waits a whole window for the next raise, however short the interval', async () => {
    const budget = await budgetOf({ calls: 100, windowMs: HOUR }, { raiseEveryMs: 1 });
    await budget.throttled(1000);
    expect((await budget.state()).nextRaiseInMs).toBeGreaterThan(HOUR);
  });
});
