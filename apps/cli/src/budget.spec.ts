import { assertNoProcessLeft } from '@relay/testing';
import { EXIT } from './exit-codes.js';
import { run, startWorld, type World } from './test-support.js';

let world: World;

beforeAll(async () => {
  world = await startWorld({ HFT71_RATE_LIMIT: '60/min' });
});
afterAll(async () => {
  await world.stop();
  await assertNoProcessLeft();
});

it('relay budget tells what is granted and what is used of it by class, and uses none itself', async () => {
  const { budget } = world.shop;
  for (const callClass of ['send', 'send', 'probe'] as const)
    expect(await budget.take(callClass)).toMatchObject({ granted: true });
  for (let look = 0; look < 2; look++) {
    const said = await world.say('budget', '--json');
    expect(said.code).toBe(EXIT.ok);
    expect(said.json()).toMatchObject({
      shop: 'main',
      configured: { calls: 60, windowMs: 60_000 },
      used: { send: 2, probe: 1, update: 0 },
      frozenForMs: 0,
    });
  }
  const { out } = await world.say('budget');
  expect(out).toMatch(/agreed +60 in 60 s/);
  expect(out).toMatch(/used +3: send 2, probe 1/);
  expect(out).not.toContain('frozen');
});

it('tells of a freeze, the lowered rate, and when it is raised again', async () => {
  await world.shop.budget.throttled(30_000);
  const json = (await world.say('budget', '--json')).json();
  expect(Number(json['frozenForMs'])).toBeGreaterThan(25_000);
  expect(Number(json['current']?.['calls'])).toBeLessThan(60);
  const { out } = await world.say('budget');
  expect(out).toMatch(/frozen +for (29|30) s: HFT71 answered 429/);
  expect(out).toMatch(/next raise +in \d+ (s|min)/);
  expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});

it('shows the shop’s own host beside it, which a 429 of the shop freezes', async () => {
  const { hostBudget, host } = world.shop;
  await hostBudget.take('send');
  expect((await world.say('budget', '--json')).json()).toMatchObject({ host: { name: host, used: { send: 1 } } });
  await hostBudget.throttled(20_000);
  const { out } = await world.say('budget');
  expect(out).toContain(`Budget of the shop’s host: ${host}`);
  expect(out).toMatch(/frozen +for (19|20) s: the shop answered 429/);
});

it('a Redis that is away ends with 69', async () => {
  const said = await run(['budget'], { ...world.env, REDIS_URL: 'redis://127.0.0.1:1' });
  expect(said.code).toBe(EXIT.unavailable);
  expect(said.err).toContain('Redis does not answer');
});
