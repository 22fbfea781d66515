import { Redis } from 'ioredis';
import { createTestRedis, waitFor, type TestRedis } from '@relay/testing';
import { CALL_CLASSES, createBudget, type Budget, type BudgetOptions, type CallClass } from './index.js';

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

/**
 * A window of its own for each test, as it is once the first, careful one has passed. An hour ends in no test, so what
 * is full stays full.
 */
async function budgetOf(rate: BudgetOptions['rate'], key = `test-${++lastKey}`): Promise<Budget> {
  const budget = createBudget({ redis, key, rate });
  await budget.room('send');
  await redis.hset(`relay:budget:{${key}}:state`, 'assumed', 0);
  return budget;
}

async function takeAll(budget: Budget, callClass: CallClass): Promise<string[]> {
  const slots: string[] = [];
  for (;;) {
    const answer = await budget.take(callClass);
    if (!answer.granted) return slots;
    slots.push(answer.slot);
  }
}

describe('take', () => {
  it('grants as many as the rate says, then says how long to wait', async () => {
    const budget = await budgetOf({ calls: 3, windowMs: HOUR });
    expect(await takeAll(budget, 'send')).toHaveLength(3);
    const refusal = await budget.take('send');
    expect(refusal).toMatchObject({ granted: false });
    const waitMs = refusal.granted ? 0 : refusal.waitMs;
    expect(waitMs).toBeGreaterThan(HOUR);
    expect(waitMs).toBeLessThanOrEqual(HOUR * 1.01); // the window and its margin
  });

  it('tells a lower class to wait until enough of the window is free for it, not for a send', async () => {
    const budget = await budgetOf({ calls: 2, windowMs: 200 });
    await takeAll(budget, 'send');
    const lower = await budget.take('poll');
    const send = await budget.take('send');
    if (lower.granted || send.granted) throw new Error('the window was full');
    expect(lower.waitMs).toBeGreaterThanOrEqual(send.waitMs);
  });

  it('shares the window between all that name the same key, and with nobody else', async () => {
    const rate = { calls: 2, windowMs: HOUR };
    const [one, same, other] = [await budgetOf(rate, 'shared'), await budgetOf(rate, 'shared'), await budgetOf(rate)];
    await takeAll(one, 'send');
    expect(await same.take('send')).toMatchObject({ granted: false });
    expect(await other.take('send')).toMatchObject({ granted: true });
  });

  it('refuses a rate that is none', () => {
    const withRate = (calls: number, windowMs: number) => () =>
      createBudget({ redis, key: 'x', rate: { calls, windowMs } });
    expect(withRate(0, 1000)).toThrow(RangeError);
    expect(withRate(1, 0.5)).toThrow(RangeError);
  });
});

describe('countFrom', () => {
  it('counts a call from when it left, where that is later than its slot, and never from a moment to come', async () => {
    const budget = await budgetOf({ calls: 1, windowMs: 5_000 });
    const taken = await budget.take('send');
    if (!taken.granted) throw new Error('not granted');
    const waitMs = async () => ((await budget.take('send')) as { waitMs: number }).waitMs;
    await waitFor(async () => (await waitMs()) < 4_500, { what: 'half a second to pass' });
    await budget.countFrom(taken.slot, 60_000); // long before the slot: it stays
    expect(await waitMs()).toBeLessThan(4_500);
    await budget.countFrom(taken.slot, -60_000);
    expect(await waitMs()).toBeGreaterThan(4_900);
    expect(await waitMs()).toBeLessThanOrEqual(5_051);
    await budget.countFrom('a slot that is gone', 0);
    await budget.giveBack(taken.slot);
    expect(await budget.take('send')).toMatchObject({ granted: true });
  });
});

describe('giveBack', () => {
  it('makes room for another', async () => {
    const budget = await budgetOf({ calls: 1, windowMs: HOUR });
    const [slot] = await takeAll(budget, 'send');
    await budget.giveBack(slot as string);
    expect(await budget.take('send')).toMatchObject({ granted: true });
  });
});

describe('moveToNow', () => {
  it('lets a slot count from the call on, and not twice', async () => {
    const key = `test-${++lastKey}`;
    const budget = await budgetOf({ calls: 2, windowMs: HOUR }, key);
    const [slot] = await takeAll(budget, 'send');
    await redis.zadd(`relay:budget:{${key}}:slots`, 'XX', Date.now() - HOUR + 5000, slot as string); // taken long ago
    expect(await budget.moveToNow(slot as string, 'send')).toEqual({ granted: true });
    const refusal = await budget.take('send');
    expect(refusal.granted ? 0 : refusal.waitMs).toBeGreaterThan(HOUR - 5000);
    expect(await redis.zcard(`relay:budget:{${key}}:slots`)).toBe(2);
  });

  it('is refused where others have filled the window since, and the slot is gone then', async () => {
    const budget = await budgetOf({ calls: 1, windowMs: HOUR });
    const [slot] = await takeAll(budget, 'send');
    await budget.giveBack(slot as string); // as if it had left the window
    const [other] = await takeAll(budget, 'send');
    expect(await budget.moveToNow(slot as string, 'send')).toMatchObject({ granted: false });
    await budget.giveBack(other as string);
    expect(await takeAll(budget, 'send')).toHaveLength(1);
  });
});

describe('freeze', () => {
  it('refuses every class until it ends, and gives back a slot that is moved', async () => {
    const budget = await budgetOf({ calls: 10, windowMs: HOUR });
    const taken = await budget.take('send');
    await budget.freeze(30_000);
    for (const callClass of CALL_CLASSES) {
      const answer = await budget.take(callClass);
      expect(answer.granted ? 0 : answer.waitMs).toBeGreaterThan(29_000);
    }
    expect(await budget.moveToNow(taken.granted ? taken.slot : '', 'send')).toMatchObject({ granted: false });
    expect(await budget.frozenForMs()).toBeGreaterThan(29_000);
  });

  it('leaves the rate alone', async () => {
    const budget = await budgetOf({ calls: 10, windowMs: HOUR });
    await budget.freeze(20);
    expect(await budget.state()).toMatchObject({ current: { calls: 10 }, nextRaiseInMs: null });
    expect(await budget.takeOrWait('send', 5000)).toMatchObject({ granted: true });
    expect(await takeAll(budget, 'send')).toHaveLength(9);
  });

  it('lasts an hour at the most, is never shortened, and ends', async () => {
    const budget = await budgetOf({ calls: 10, windowMs: HOUR });
    expect(await budget.frozenForMs()).toBe(0);
    await budget.freeze(40);
    expect(await budget.takeOrWait('send', 5000)).toMatchObject({ granted: true });
    await budget.freeze(48 * HOUR);
    await budget.freeze(10);
    const frozenForMs = await budget.frozenForMs();
    expect(frozenForMs).toBeLessThanOrEqual(HOUR);
    expect(frozenForMs).toBeGreaterThan(HOUR - 5000);
  });
});

describe('takeOrWait', () => {
  it('waits for a slot that is near', async () => {
    const budget = await budgetOf({ calls: 1, windowMs: 100 });
    await takeAll(budget, 'send');
    const start = performance.now();
    expect(await budget.takeOrWait('send', 5000)).toMatchObject({ granted: true });
    expect(performance.now() - start).toBeGreaterThan(100);
  });

  it('answers at once with the refusal when the slot is further away', async () => {
    const budget = await budgetOf({ calls: 1, windowMs: HOUR });
    await takeAll(budget, 'send');
    expect(await budget.takeOrWait('send', 2000)).toMatchObject({ granted: false });
  });

  it('ends with an abort, and takes nothing then', async () => {
    const budget = await budgetOf({ calls: 1, windowMs: 60_000 });
    const [slot] = await takeAll(budget, 'send');
    const stop = new AbortController();
    const waiting = budget.takeOrWait('send', HOUR, stop.signal);
    stop.abort();
    await expect(waiting).rejects.toThrow();
    await budget.giveBack(slot as string);
    expect(await takeAll(budget, 'send')).toHaveLength(1);
  });
});

describe('room', () => {
  it('says how many could be taken, and takes none', async () => {
    const budget = await budgetOf({ calls: 20, windowMs: HOUR });
    expect(await budget.room('send')).toEqual({ free: 20, waitMs: 0 });
    await budget.take('send');
    expect(await budget.room('send')).toEqual({ free: 19, waitMs: 0 });
    expect(await takeAll(budget, 'send')).toHaveLength(19);
  });

  it('says when to ask again where there is none', async () => {
    const budget = await budgetOf({ calls: 2, windowMs: 200 });
    await takeAll(budget, 'send');
    const full = await budget.room('send');
    expect(full.free).toBe(0);
    expect(full.waitMs).toBeGreaterThan(0);
    await waitFor(async () => (await budget.room('send')).free === 2, { what: 'an empty window' });
    await budget.freeze(30_000);
    const frozen = await budget.room('probe');
    expect(frozen.free).toBe(0);
    expect(frozen.waitMs).toBeGreaterThan(29_000);
  });

  it('counts what becomes free within a time, for who can wait so long', async () => {
    const budget = await budgetOf({ calls: 3, windowMs: 60_000 });
    await takeAll(budget, 'send');
    expect((await budget.room('send', 59_000)).free).toBe(0);
    expect(await budget.room('send', 61_000)).toEqual({ free: 3, waitMs: 0 });
    await budget.freeze(HOUR);
    expect((await budget.room('send', 61_000)).free).toBe(0);
  });
});

describe('state', () => {
  it('shows the rate, who used the window, and nothing unusual', async () => {
    const budget = await budgetOf({ calls: 20, windowMs: HOUR });
    await budget.take('send');
    await budget.take('send');
    await budget.take('poll');
    expect(await budget.state()).toEqual({
      configured: { calls: 20, windowMs: HOUR },
      current: { calls: 20, windowMs: HOUR },
      used: { send: 2, probe: 0, update: 0, poll: 1, stock: 0, campaign: 0 },
      assumed: 0,
      frozenForMs: 0,
      nextRaiseInMs: null,
      startsCareful: false,
    });
  });

  it('leaves no trace', async () => {
    const key = `test-${++lastKey}`;
    const rate = { calls: 7, windowMs: HOUR };
    expect(await createBudget({ redis, key, rate }).state()).toMatchObject({ configured: rate, current: rate });
    expect(await redis.exists(`relay:budget:{${key}}:state`)).toBe(0);
  });
});

describe('what stands in Redis', () => {
  it('expires with the window and with the freeze', async () => {
    const key = `test-${++lastKey}`;
    const budget = await budgetOf({ calls: 5, windowMs: 60_000 }, key);
    await budget.take('send');
    await budget.freeze(30_000);
    expect(await redis.pttl(`relay:budget:{${key}}:slots`)).toBeGreaterThan(59_000);
    expect(await redis.pttl(`relay:budget:{${key}}:slots`)).toBeLessThanOrEqual(60_600);
    expect(await redis.pttl(`relay:budget:{${key}}:frozen-until`)).toBeLessThanOrEqual(30_000);
  });

  it('forgets no window for a week, however idle', async () => {
    const key = `test-${++lastKey}`;
    const budget = await budgetOf({ calls: 5, windowMs: 1000 }, key);
    await redis.pexpire(`relay:budget:{${key}}:state`, 6 * 24 * HOUR);
    await budget.room('send');
    expect(await redis.pttl(`relay:budget:{${key}}:state`)).toBeGreaterThan(6.9 * 24 * HOUR);
  });

  it('may lose its scripts', async () => {
    const budget = await budgetOf({ calls: 1, windowMs: HOUR });
    await redis.script('FLUSH');
    expect(await budget.take('send')).toMatchObject({ granted: true });
  });

  it('survives a clock that was set back: what lies ahead counts as just now', async () => {
    const key = `test-${++lastKey}`;
    const budget = await budgetOf({ calls: 1, windowMs: 1000 }, key);
    await redis.zadd(`relay:budget:{${key}}:slots`, Date.now() + 48 * HOUR, 'ahead');
    const refusal = await budget.take('send');
    expect(refusal.granted ? 0 : refusal.waitMs).toBeLessThanOrEqual(1050);
    expect(refusal).toMatchObject({ granted: false });
    expect(Number(await redis.zscore(`relay:budget:{${key}}:slots`, 'ahead'))).toBeLessThanOrEqual(Date.now());
  });
});
