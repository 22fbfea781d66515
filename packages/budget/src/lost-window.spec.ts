import { Redis } from 'ioredis';
import { createTestRedis, waitFor, type TestRedis } from '@relay/testing';
import { createBudget, type Budget, type CallClass, type Rate } from './index.js';

const HOUR = 3_600_000;

let server: TestRedis;
let redis: Redis;
let lastKey = 0;
let key: string;

beforeAll(async () => {
  server = await createTestRedis();
  redis = new Redis(server.url);
});
beforeEach(() => {
  key = `test-${++lastKey}`;
});
afterAll(async () => {
  redis.disconnect();
  await server.close();
});

/** A process of its own: it has yet to learn what the others know. */
function process(rate: Rate): Budget {
  return createBudget({ redis, key, rate });
}

async function takeAll(budget: Budget, callClass: CallClass = 'send'): Promise<string[]> {
  const slots: string[] = [];
  for (;;) {
    const answer = await budget.take(callClass);
    if (!answer.granted) return slots;
    slots.push(answer.slot);
  }
}

async function waitOf(budget: Budget): Promise<number> {
  const answer = await budget.take('send');
  return answer.granted ? 0 : answer.waitMs;
}

describe('a first start', () => {
  it.each([
    [1, 1],
    [10, 2],
    [100, 11],
  ])('of %d calls lets %d go at once, the rest evenly over its first window', async (calls, atOnce) => {
    const budget = process({ calls, windowMs: HOUR });
    expect(await takeAll(budget)).toHaveLength(atOnce);
    const window = HOUR * 1.01;
    const apart = calls === 1 ? window : window / (calls - atOnce + 1);
    expect((await waitOf(budget)) / apart).toBeCloseTo(1, 2);
    expect(await budget.state()).toMatchObject({ assumed: calls - atOnce, startsCareful: calls > 1 });
  });

  it('lets a read go at once as well', async () => {
    expect(await takeAll(process({ calls: 60, windowMs: HOUR }), 'update')).toHaveLength(1);
  });

  it('grants the whole rate within its first window', async () => {
    const budget = process({ calls: 40, windowMs: 600 });
    const start = performance.now();
    for (let taken = 0; taken < 40; taken += 1) await budget.takeOrWait('send', 5000);
    const tookMs = performance.now() - start;
    expect(tookMs).toBeGreaterThan(550);
    expect(tookMs).toBeLessThan(900);
    await waitFor(async () => !(await budget.state()).startsCareful, { what: 'the end of the first window' });
  });
});

describe('a window that was lost', () => {
  it('is taken to have been full: nothing goes for a whole one', async () => {
    const budget = process({ calls: 10, windowMs: HOUR });
    const [slot] = await takeAll(budget);
    await server.flush();
    expect(await budget.room('send')).toMatchObject({ free: 0 });
    expect((await budget.room('send')).waitMs).toBeGreaterThan(HOUR);
    expect(await takeAll(budget)).toEqual([]);
    expect(await takeAll(budget, 'probe')).toEqual([]);
    expect(await budget.moveToNow(slot as string, 'send')).toMatchObject({ granted: false });
    expect(await budget.state()).toMatchObject({ assumed: 10, startsCareful: true });
  });

  it('is followed by a pace, also of live sends', async () => {
    const budget = process({ calls: 10, windowMs: HOUR });
    await budget.take('send');
    await server.flush();
    await budget.take('send');
    await redis.hset(`relay:budget:{${key}}:state`, 'assumedAt', 0); // as if a window had passed
    expect(await takeAll(budget)).toHaveLength(1);
    expect((await waitOf(budget)) / ((HOUR * 1.01) / 10)).toBeCloseTo(1, 2);
  });

  it('is noticed although a newcomer, who knows of none, came first', async () => {
    const [old, newcomer] = [process({ calls: 10, windowMs: HOUR }), process({ calls: 10, windowMs: HOUR })];
    await takeAll(old);
    await server.flush();
    expect(await newcomer.take('send')).toMatchObject({ granted: true });
    expect(await waitOf(old)).toBeGreaterThan(HOUR);
    expect(await waitOf(newcomer)).toBeGreaterThan(HOUR - 5000);
  });

  it('is also one that another run of Redis has kept, from a dump or a replica', async () => {
    const budget = process({ calls: 10, windowMs: HOUR });
    await budget.take('send');
    await budget.take('send');
    await redis.hset(`relay:budget:{${key}}:state`, 'run', 'run of yesterday');
    expect(await waitOf(budget)).toBeGreaterThan(HOUR);
    expect(await takeAll(process({ calls: 10, windowMs: HOUR }))).toEqual([]);
  });

  it('is paced at once, not waited out, for who asks for that', async () => {
    const budget = createBudget({ redis, key, rate: { calls: 10, windowMs: HOUR }, afterLoss: 'pace' });
    await takeAll(budget);
    await server.flush();
    expect(await takeAll(budget)).toHaveLength(2);
    await redis.hset(`relay:budget:{${key}}:state`, 'run', 'run of yesterday');
    expect(await takeAll(budget)).toHaveLength(2);
  });

  it('is noticed by the missing state alone where Redis forbids to ask for its run', async () => {
    const user = `no-info-${key}`;
    await redis.acl('SETUSER', user, 'on', 'nopass', '~*', '+@all', '-info');
    const url = new URL(server.url);
    url.username = user;
    url.password = 'any';
    const restricted = new Redis(url.href, { enableReadyCheck: false }); // it asks for INFO as well
    try {
      const budget = createBudget({ redis: restricted, key, rate: { calls: 10, windowMs: HOUR } });
      expect(await takeAll(budget)).toHaveLength(2);
      await server.flush();
      expect(await waitOf(budget)).toBeGreaterThan(HOUR);
    } finally {
      restricted.disconnect();
      await redis.acl('DELUSER', user);
    }
  });

  it('is none for who comes to a state that is there', async () => {
    const rate = { calls: 100, windowMs: HOUR };
    await process(rate).take('send');
    await redis.hset(`relay:budget:{${key}}:state`, 'assumed', 0);
    expect(await takeAll(process(rate))).toHaveLength(99);
  });
});

describe('a rate that was configured anew', () => {
  const hourly = (calls: number) => ({ calls, windowMs: HOUR });

  it('is followed by all, also by who began with another', async () => {
    const old = process(hourly(100));
    await old.take('send');
    await redis.hset(`relay:budget:{${key}}:state`, 'assumed', 0);
    const newest = process(hourly(5));
    expect((await newest.room('send')).free).toBe(4);
    expect((await old.room('send')).free).toBe(4);
    expect((await process(hourly(50)).room('send')).free).toBe(49);
    expect((await old.room('send')).free).toBe(49);
    expect((await newest.state()).configured).toEqual(hourly(50));
  });

  it('is left alone by who passes by, whose own counts only until somebody announces one', async () => {
    const passerBy = (calls: number) => createBudget({ redis, key, rate: hourly(calls), announces: false });
    await passerBy(50).take('send');
    expect((await passerBy(50).state()).configured).toEqual(hourly(50));
    await process(hourly(30)).room('send');
    await passerBy(60).room('send');
    expect((await passerBy(60).state()).configured).toEqual(hourly(30));
  });

  it('stays the newest when the state was lost, whoever comes first', async () => {
    const [old, newest] = [process(hourly(100)), process(hourly(5))];
    await old.take('send');
    await newest.take('send');
    await server.flush();
    await old.take('send');
    expect((await old.state()).configured).toEqual(hourly(100));
    await newest.take('send');
    expect((await old.state()).configured).toEqual(hourly(5));
    await old.take('send');
    expect((await old.state()).configured).toEqual(hourly(5));
  });

  it('bounds a rate that a 429 lowered, and does not raise it', async () => {
    const budget = process(hourly(100));
    for (let taken = 0; taken < 11; taken += 1) await budget.take('send');
    await budget.throttled(1);
    const lowered = (await budget.state()).current.calls;
    expect(lowered).toBeLessThan(100);
    await process(hourly(200)).room('send');
    expect((await budget.state()).current.calls).toBe(lowered);
    await process(hourly(3)).room('send');
    expect((await budget.state()).current.calls).toBe(3);
  });

  it('with a longer window begins carefully, since the older part of it is forgotten', async () => {
    await takeAll(process({ calls: 10, windowMs: 50 }));
    const budget = process(hourly(100));
    await budget.room('send');
    const { assumed, used, startsCareful } = await budget.state();
    expect(assumed + used.send).toBe(89);
    expect(startsCareful).toBe(true);
  });
});
