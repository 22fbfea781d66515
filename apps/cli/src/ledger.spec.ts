import { randomUUID } from 'node:crypto';
import { beat, findOrders, forgetBeat, openAlerts, raiseAlert } from '@relay/ledger';
import { assertNoProcessLeft } from '@relay/testing';
import { EXIT } from './exit-codes.js';
import { connect, ordersInShop, startWorld, takeOrder, type World } from './test-support.js';

let world: World;

beforeAll(async () => {
  world = await startWorld();
  await connect(world);
  expect((await world.say('mode', 'live', '--yes')).code).toBe(EXIT.ok);
});
afterAll(async () => {
  await world.stop();
  await assertNoProcessLeft();
});

const restored = (...rest: string[]) =>
  world.say('ledger', 'restored', '--reason', 'disk lost', '--as', 'Eve', ...rest);
const stateOf = async (id: number) => (await findOrders(world.relay.ledger, String(id)))[0]?.state;

/** @returns its id. */
async function aWorkerLives(): Promise<string> {
  const id = randomUUID();
  await beat(world.relay.ledger, { id, kind: 'worker', host: 'print-room', pid: 4711, progressed: true });
  return id;
}

describe('relay ledger restored', () => {
  let id = 0;

  beforeAll(async () => {
    [id = 0] = await ordersInShop(world, 1);
    await takeOrder(world, { id });
  });

  it('needs a yes where there is no terminal', async () => {
    const said = await restored();
    expect([said.code, await stateOf(id)]).toEqual([EXIT.failed, 'ready']);
    expect(said.err).toContain('--yes');
  });

  it('is refused in words while a worker lives', async () => {
    const worker = await aWorkerLives();
    const said = await restored('--yes');
    expect([said.code, await stateOf(id)]).toEqual([EXIT.failed, 'ready']);
    expect(said.err).toContain('a worker lives, and may be sending: print-room/4711');
    expect(said.err).toContain('What to do: stop all workers');
    await forgetBeat(world.relay.ledger, worker);
  });

  it('puts in doubt what may have been sent, lists it, and is written down', async () => {
    const said = await restored('--yes', '--json');
    expect([said.code, said.json()]).toEqual([EXIT.ok, { inDoubt: 1 }]);
    expect(await stateOf(id)).toBe('in_doubt');
    const { out } = await world.say('orders', 'held');
    expect(out).toContain('No order is held.');
    expect(out).toMatch(new RegExp(`In doubt[^]*${id} +${id} +\\d+ s +in \\d+ min +now +the ledger was restored`));
    const { rows } = await world.relay.ledger.pool.query(
      `select actor, reason from audit where action = 'ledger restored'`,
    );
    expect(rows).toEqual([{ actor: 'Eve', reason: 'disk lost' }]);
  });
});

it('relay ledger moved closes the alert that asked for it, once no worker lives', async () => {
  const { ledger } = world.relay;
  await raiseAlert(ledger, { kind: 'ledger on another cluster', severity: 1, subject: 'ledger', message: 'x' });
  const worker = await aWorkerLives();
  // It leaves out the look for what was sent since a backup: not by a slip of the hand.
  expect((await world.say('ledger', 'moved', '--reason', 'planned fail-over')).err).toContain('--yes');
  const argv = ['ledger', 'moved', '--reason', 'planned fail-over', '--as', 'Eve', '--yes'];
  const refused = await world.say(...argv);
  expect([refused.code, (await openAlerts(ledger)).length]).toEqual([EXIT.failed, 1]);
  expect(refused.err).toContain('a worker lives, and may be sending: print-room/4711');
  await forgetBeat(ledger, worker);
  const said = await world.say(...argv);
  expect(said.code).toBe(EXIT.ok);
  expect(await openAlerts(ledger)).toEqual([]);
  const { rows } = await ledger.pool.query(`select actor, reason from audit where action = 'ledger moved'`);
  expect(rows).toEqual([{ actor: 'Eve', reason: 'planned fail-over' }]);
});
