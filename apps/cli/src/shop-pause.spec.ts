import { assertNoProcessLeft } from '@relay/testing';
import { readReadiness } from '@relay/operations';
import { EXIT } from './exit-codes.js';
import { connect, run, startWorld, takeOrder, type World } from './test-support.js';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await world.stop();
  await assertNoProcessLeft();
});

const spoken = (text: string) => text.replace(/\s+/g, ' ');

it('pauses a shop with a reason, which list, status and readyz show until it is resumed', async () => {
  expect((await world.say('shop', 'pause', '--reason', 'too early')).code).toBe(EXIT.ok); // the settings alone make its row
  await world.say('shop', 'resume', '--reason', 'x', '--yes');
  await connect(world);
  await takeOrder(world, { id: 901 });

  const paused = await world.say('shop', 'pause', '--reason', 'the prices are wrong', '--as', 'Eve');
  expect(paused.code).toBe(EXIT.ok);
  expect(spoken(paused.out)).toContain('wait (now 1)');
  expect(paused.out).toMatch(/^relay shop resume --reason "WHY"$/m); // whole, on a line of its own
  expect((await world.say('shop', 'list', '--json')).json()).toMatchObject([
    { id: 'main', mode: 'shadow', state: 'paused', fault: null, pausedBy: 'Eve', pauseReason: 'the prices are wrong' },
  ]);
  expect(spoken((await world.say('shop', 'list')).out)).toMatch(/main: paused \d+ s ago by Eve: the prices are wrong/);
  expect(spoken((await world.say('status')).out)).toContain('by Eve: the prices are wrong');
  expect((await world.say('status')).out).toMatch(/^ +relay shop resume --reason "WHY"$/m);
  expect((await readReadiness(world.relay)).paused).toEqual([{ shop: 'main', since: expect.any(Date) as Date }]);

  const twice = await world.say('shop', 'pause', '--reason', 'me too');
  expect([twice.code, spoken(twice.err)]).toEqual([EXIT.failed, expect.stringContaining('paused already')]);
  expect(spoken(twice.err)).toContain('relay shop resume --reason "WHY" ends it');
  expect((await world.say('shop', 'resume', '--reason', 'mended')).err).toContain('--yes');
  const asked: string[] = [];
  const no = await run(['shop', 'resume', '--reason', 'mended'], world.env, {
    isTerminal: true,
    confirm: (question) => (asked.push(question), Promise.resolve(false)),
  });
  expect([no.code, asked]).toEqual([EXIT.failed, ['Send shop main’s orders again (1 wait)?']]);
  const resumed = await world.say('shop', 'resume', '--reason', 'mended', '--yes', '--json');
  expect(resumed.json()).toEqual({ shop: 'main', paused: false, waiting: 1 });
  expect((await world.say('shop', 'list')).out).toContain('records only');
});

it('a slip of the hand is told what to do', async () => {
  expect((await world.say('shop', 'pause')).err).toContain('--reason');
  expect((await world.say('shop', 'pause', '--reason', 'x', '--shop', 'mian')).err).toContain('--shop: main');
  expect((await world.say('shop', 'resume', '--reason', 'x', '--yes')).err).toContain('not paused');
  expect((await world.say('shop', 'pause', '--help')).out).toContain('Examples:');
});

it('names the shop in the command that ends a pause, where there are several', async () => {
  const { ledger } = world.relay;
  await ledger.pool.query(
    `insert into shop (id, account_id, base_url) select 'second', account_id, 'https://second.example' from shop where id = 'main'`,
  );
  const paused = await world.say('shop', 'pause', '--shop', 'second', '--reason', 'stocktaking');
  expect(paused.out).toMatch(/^relay shop resume --shop second --reason "WHY"$/m);
  expect((await world.say('shop', 'resume', '--shop', 'second', '--reason', 'WHY', '--yes')).code).toBe(EXIT.ok);
});
