import { findOrders } from '@relay/ledger';
import { assertNoProcessLeft } from '@relay/testing';
import { EXIT } from './exit-codes.js';
import {
  connect,
  leaveInDoubt,
  orderAtHft71,
  ordersInShop,
  run,
  settleOver,
  startWorld,
  takeOrder,
  type World,
} from './test-support.js';

let world: World;
let before: number[];

/** A live shop: two orders stood there before, all others come after. */
beforeAll(async () => {
  world = await startWorld();
  before = await ordersInShop(world, 2);
  await connect(world);
  const live = await world.say('mode', 'live', '--yes');
  if (live.code !== 0) throw new Error(live.err);
});
afterAll(async () => {
  await world.stop();
  await assertNoProcessLeft();
});

/** An order that is in the shop, was sent without an answer, and is held for it. */
async function heldInDoubt(settleMs: number): Promise<{ id: number; token: string }> {
  const [id] = await ordersInShop(world, 1);
  if (id === undefined) throw new Error('the shop made no order');
  await takeOrder(world, { id });
  return { id, token: await leaveInDoubt(world, id, settleMs) };
}

const stateOf = async (id: number) => (await findOrders(world.relay.ledger, String(id)))[0]?.state;
const resolve = (id: number, ...rest: string[]) =>
  world.say('orders', 'resolve', String(id), '--reason', 'looked', '--as', 'Eve', ...rest);

describe('relay orders held', () => {
  it('lists them with reason and age, and says once for each reason what resolves it', async () => {
    const said = await world.say('orders', 'held');
    expect(said.code).toBe(EXIT.ok);
    for (const id of before) expect(said.out).toMatch(new RegExp(`${id} +${id} +before-go-live +\\d+ s`));
    expect(said.out.match(/The sender before the relay may have sent it/g)).toHaveLength(1);
    expect(Math.max(...said.out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('stops at the limit and says that there are more', async () => {
    const said = await world.say('orders', 'held', '--limit', '1');
    expect(said.out).toContain('raise --limit');
    const json = (await world.say('orders', 'held', '--limit', '1', '--json')).json();
    expect(json).toMatchObject({ more: true, held: [{ shopId: 'main', reason: 'before-go-live', token: null }] });
  });

  it('refuses a shop that nobody knows', async () => {
    const said = await world.say('orders', 'held', '--shop', 'other');
    expect(said.code).toBe(EXIT.failed);
    expect(said.err).toContain('--shop: main');
  });
});

describe('relay orders show', () => {
  it('shows the attempts and the command lines that resolve the order, with its token', async () => {
    const { id, token } = await heldInDoubt(600_000);
    const said = await world.say('orders', 'show', `#${id}`);
    expect(said.code).toBe(EXIT.ok);
    for (const text of ['held (in-doubt)', 'HTTP 504', 'host/1', 'settle until', 'looked after'])
      expect(said.out).toContain(text);
    expect(said.out).toContain(`relay orders resolve ${id} --exists ID --attempt ${token} --reason "WHY"`);
    expect(said.out).toContain(`relay orders resolve ${id} --send --attempt ${token} --reason "WHY"`);
  });

  it('gives a script the same', async () => {
    const json = (await world.say('orders', 'show', String(before[0]), '--json')).json();
    expect(json).toMatchObject({ orderId: before[0], state: 'held', reason: 'before-go-live', attempts: [] });
    expect(json['next']?.['commands']?.[0]).toMatchObject({
      line: `relay orders resolve ${before[0]} --exists ID --attempt none --reason "WHY"`,
    });
  });

  it('breaks a command line on a terminal so that it still can be copied', async () => {
    const said = await run(['orders', 'show', String(before[0])], world.env, { isTerminal: true });
    expect(said.out).toContain('\u001b[1m');
    const { id } = await heldInDoubt(-1_000);
    const plain = await run(['orders', 'show', String(id)], { ...world.env, NO_COLOR: '1' }, { isTerminal: true });
    expect(plain.out).not.toContain('\u001b[');
    expect(plain.out).toMatch(/--send \\\n {6}--attempt /);
  });

  it('refuses a number that no order has', async () => {
    const said = await world.say('orders', 'show', '99999');
    expect(said.code).toBe(EXIT.failed);
    expect(said.err).toContain('no order 99999 is known');
    expect(said.err).toContain('What to do: ');
    expect((await world.say('orders', 'show', '99999', '--json')).json()).toMatchObject({
      kind: 'refused',
      exitCode: 1,
      advice: [{ what: 'no order 99999 is known' }],
    });
  });
});

describe('relay orders resolve --exists', () => {
  it('takes the id over once HFT71 has confirmed it, and records who said so', async () => {
    const { id, token } = await heldInDoubt(600_000);
    const hft71Id = await orderAtHft71(world, String(id));
    const said = await resolve(id, '--exists', hft71Id, '--attempt', token.toUpperCase());
    expect([said.code, said.err]).toEqual([EXIT.ok, '']);
    expect(said.out).toContain(`Order ${id} is settled as sent`);
    expect(await stateOf(id)).toBe('sent');
    const audit = await world.relay.ledger.pool.query('select actor, reason from audit where subject = $1', [
      `main/${id}`,
    ]);
    expect(audit.rows).toEqual([{ actor: 'Eve', reason: 'looked' }]);
  });

  it('refuses an id that HFT71 does not know', async () => {
    const { id, token } = await heldInDoubt(-1_000);
    const said = await resolve(id, '--exists', '777777', '--attempt', token);
    expect(said.code).toBe(EXIT.failed);
    expect(said.err).toContain('HFT71 does not know an order 777777');
    expect(await stateOf(id)).toBe('held');
  });

  it('ends with 69 while HFT71 cannot be asked', async () => {
    const { id, token } = await heldInDoubt(-1_000);
    const fault = await world.control('/faults', { target: 'hft71', kind: 'status', status: 503 });
    const said = await resolve(id, '--exists', '777777', '--attempt', token);
    await world.control(`/faults/${String(fault['id'])}`, {}, 'DELETE');
    expect([said.code, said.err]).toEqual([
      EXIT.unavailable,
      expect.stringContaining('the id could not be verified at HFT71'),
    ]);
    expect(await stateOf(id)).toBe('held');
  });

  it('refuses an id that another order has', async () => {
    const [first, second] = [await heldInDoubt(-1_000), await heldInDoubt(-1_000)];
    const hft71Id = await orderAtHft71(world, String(first.id));
    expect((await resolve(first.id, '--exists', hft71Id, '--attempt', first.token)).code).toBe(EXIT.ok);
    const said = await resolve(second.id, '--exists', hft71Id, '--attempt', second.token);
    expect(said.code).toBe(EXIT.failed);
    expect(said.err).toMatch(/has the reference|another order of the account has this id/);
  });

  it('refuses another attempt than the one that was looked at', async () => {
    const { id } = await heldInDoubt(-1_000);
    const hft71Id = await orderAtHft71(world, String(id));
    const said = await resolve(id, '--exists', hft71Id, '--attempt', 'none', '--json');
    expect(said.code).toBe(EXIT.failed);
    expect(said.json()['advice']?.[0]?.['what']).toContain('not the one that you looked at');
  });
});

describe('relay orders resolve --send', () => {
  it('needs a yes where there is no terminal', async () => {
    const said = await resolve(before[0] ?? 0, '--send', '--attempt', 'none');
    expect(said.code).toBe(EXIT.failed);
    expect(said.err).toContain('say it with --yes');
  });

  it('does nothing when the person says no', async () => {
    const argv = ['orders', 'resolve', String(before[0]), '--send', '--attempt', 'none', '--reason', 'looked'];
    const asked: string[] = [];
    const confirm = (question: string) => Promise.resolve(asked.push(question) === 0);
    const said = await run(argv, world.env, { isTerminal: true, confirm });
    expect(said.code).toBe(EXIT.failed);
    expect(asked).toEqual([expect.stringContaining('certain that HFT71 does not have it')]);
    expect(await stateOf(before[0] ?? 0)).toBe('held');
  });

  it('releases an order from before going live, of which no attempt was made (--attempt none)', async () => {
    const id = before[0] ?? 0;
    const said = await resolve(id, '--send', '--attempt', 'none', '--yes');
    expect([said.code, said.err]).toEqual([EXIT.ok, '']);
    expect(await stateOf(id)).toBe('ready');
  });

  it('refuses while HFT71 may still take the order in', async () => {
    const { id, token } = await heldInDoubt(600_000);
    const said = await resolve(id, '--send', '--attempt', token, '--yes');
    expect(said.code).toBe(EXIT.failed);
    expect(said.err).toContain('HFT71_SETTLE is not over');
  });

  it('arms the order again once settle is over', async () => {
    const { id, token } = await heldInDoubt(50);
    await settleOver(world, id);
    const said = await resolve(id, '--send', '--attempt', token, '--yes', '--json');
    expect(said.json()).toEqual({ order: String(id), state: 'ready' });
    expect(said.code).toBe(EXIT.ok);
    const again = await resolve(id, '--send', '--attempt', token, '--yes');
    expect(again.err).toContain('is not held: it is ready');
  });
});

it('relay status counts what is there', async () => {
  const json = (await world.say('status', '--json')).json();
  expect(json).toMatchObject({ shops: [{ id: 'main', mode: 'live' }], accounts: [{ breakerState: 'closed' }] });
  expect(Number(json['orders']?.['held'])).toBeGreaterThan(1);
  const said = await world.say('status');
  for (const text of ['main  live', 'none seen for 30 s', 'held', 'Open alerts']) expect(said.out).toContain(text);
});
