import { findOrders, openAlerts, raiseAlert, settleAsFound, STATUS_CONFLICT } from '@relay/ledger';
import { assertNoProcessLeft } from '@relay/testing';
import { EXIT } from './exit-codes.js';
import {
  connect,
  leaveInDoubt,
  orderAtHft71,
  ordersInShop,
  run,
  startWorld,
  takeOrder,
  type World,
} from './test-support.js';

let world: World;
let orderId: number;
let hft71OrderId: string;

const sql = (text: string, params: unknown[] = []) => world.relay.ledger.pool.query(text, params);

beforeAll(async () => {
  world = await startWorld({ HFT71_STATUS_MAPPING: '{"In Production":"leave","Closed":"completed"}' });
  await connect(world);
  const live = await world.say('mode', 'live', '--yes');
  if (live.code !== 0) throw new Error(live.err);
  [orderId = 0] = await ordersInShop(world, 1);
  await takeOrder(world, { id: orderId });
  const token = await leaveInDoubt(world, orderId, -1_000);
  const [view] = await findOrders(world.relay.ledger, String(orderId));
  hft71OrderId = await orderAtHft71(world, String(orderId));
  await settleAsFound(world.relay.ledger, { intentId: view?.intentId ?? '', token }, hft71OrderId);
});
afterAll(async () => {
  await world.stop();
  await assertNoProcessLeft();
});

describe('relay trace', () => {
  it('tells everything of one order in order, by number, id or HFT71’s id', async () => {
    const said = await world.say('trace', hft71OrderId, '--json');
    expect(said.code).toBe(EXIT.ok);
    const { entries } = said.json() as unknown as { entries: { at: string; kind: string; what: string }[] };
    expect(entries.map(({ at }) => at)).toEqual(entries.map(({ at }) => at).sort());
    const kinds = new Set(entries.map(({ kind }) => kind));
    expect([...kinds]).toEqual(expect.arrayContaining(['order', 'state', 'attempt']));
    expect(entries.map(({ what }) => what)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^ended .*in_doubt/), expect.stringMatching(/→ sent/)]),
    );
  });

  it('reads on a narrow terminal, and says that there is more', async () => {
    const { out } = await world.say('trace', String(orderId), '--limit', '2');
    expect(out).toContain('the latest 2: raise --limit for more');
  });

  it('an order that nobody knows ends with a sentence', async () => {
    const said = await world.say('trace', '99999999');
    expect(said.code).not.toBe(EXIT.ok);
    expect(said.err).toContain('no order 99999999 is known');
  });
});

describe('relay statuses', () => {
  it('shows the table, how many have each, what is unknown, set by hand, and held', async () => {
    await sql(
      `update progress set status = 'Lost', statuses = '[{"sku":"A","status":"Lost"},{"sku":"B","status":"closed"}]',
         conflict = 'refunded instead of completed', conflict_shown = 'refunded', status_since = now()`,
    );
    await sql(
      `insert into intent (id, kind, shop_id, order_id, account_id, state, reason, reason_detail)
       select gen_random_uuid(), 'update_order', 'main', $1, id, 'held', 'cancel-by-hand', 'cancel it at HFT71 by hand' from account`,
      [orderId],
    );
    const { out, code } = await world.say('statuses');
    expect(code).toBe(EXIT.ok);
    expect(out).toMatch(/In Production +\(left as it is\) +0/);
    expect(out).toMatch(/Closed +completed +1/);
    expect(out).toMatch(/Lost +1/);
    expect(out).toMatch(new RegExp(`#${orderId} +HFT71: Lost +refunded instead of completed`));
    expect(out).toMatch(new RegExp(`#${orderId} +update_order +cancel-by-hand`));
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it('says of an update that it waits for its order, which is held', async () => {
    await sql(`update intent set state = 'held', reason = 'conflict' where kind = 'send_order'`);
    await sql(
      `insert into intent (id, kind, shop_id, order_id, account_id, state, wanted_hash)
       select gen_random_uuid(), 'update_order_address', 'main', $1, id, 'ready', 'a' from account`,
      [orderId],
    );
    const { out } = await world.say('statuses');
    await sql(`delete from intent where kind = 'update_order_address'`);
    await sql(`update intent set state = 'sent', reason = null where kind = 'send_order'`);
    expect(out).toContain('Changes that wait until the order itself is settled');
    expect(out).toMatch(new RegExp(`#${orderId} +update_order_address +the order is held \\(conflict\\)`));
  });

  it('a held update is told once more only after a yes', async () => {
    const act = ['orders', 'update-again', String(orderId), '--reason', 'they have mended it'];
    const silent = await world.say(...act);
    expect([silent.code, silent.err]).toEqual([EXIT.failed, expect.stringContaining('--yes')]);
    const asked: string[] = [];
    const no = await run(act, world.env, {
      isTerminal: true,
      confirm: (question) => (asked.push(question), Promise.resolve(false)),
    });
    expect([no.code, asked]).toEqual([EXIT.failed, [`Tell HFT71 once more what was changed of order ${orderId}?`]]);
    const held = () => sql(`select state, reason, reason_detail from intent where kind = 'update_order'`);
    const before = await held();
    expect(before.rows).toMatchObject([{ state: 'held' }]);
    expect((await world.say(...act, '--yes')).code).toBe(EXIT.ok);
    expect((await held()).rows).toMatchObject([{ state: 'ready' }]);
    await sql(`update intent set state = 'held', reason = 'cancel-by-hand' where kind = 'update_order'`);
  });

  it('a held update is settled by a person once, and that is written down', async () => {
    const act = ['orders', 'update-done', String(orderId), '--reason', 'done by hand', '--as', 'Eve'];
    expect((await world.say(...act)).code).toBe(EXIT.ok);
    const again = await world.say(...act);
    expect([again.code === EXIT.ok, again.err]).toEqual([false, expect.stringContaining('no update of order')]);
    const { rows } = await sql(`select actor, reason from audit where action = 'orders update-done'`);
    expect(rows).toEqual([{ actor: 'Eve', reason: 'done by hand' }]);
    const trace = await world.say('trace', String(orderId));
    expect(trace.out).toContain('orders update-done by Eve');
  });
});

describe('relay statuses accept and overwrite', () => {
  const conflictOf = async () => (await sql('select conflict from progress')).rows[0]?.['conflict'] as string | null;
  const act = (how: string, ...rest: string[]) =>
    world.say('statuses', how, String(orderId), '--reason', 'refunded by phone', '--as', 'Eve', ...rest);

  it('overwriting needs a yes, and asks for a write-back; accepting ends the conflict and its alert', async () => {
    await raiseAlert(world.relay.ledger, {
      ...{ kind: STATUS_CONFLICT, severity: 3, subject: `main/${orderId}`, message: 'x' },
    });
    expect((await act('overwrite')).err).toContain('--yes');
    const overwritten = await act('overwrite', '--yes', '--json');
    expect([overwritten.code, overwritten.json()]).toEqual([
      EXIT.ok,
      { order: String(orderId), conflict: 'refunded instead of completed' },
    ]);
    const wanted = await sql(`select state, wanted_hash from intent where kind = 'write_back'`);
    expect(wanted.rows).toEqual([{ state: 'ready', wanted_hash: '1' }]);
    expect(await conflictOf()).toBe('refunded instead of completed'); // until it is written

    expect((await act('accept')).code).toBe(EXIT.ok);
    expect(await conflictOf()).toBeNull();
    expect(await openAlerts(world.relay.ledger)).toEqual([]);
    const { rows } = await sql(`select actor, action from audit where action like 'statuses %' order by id`);
    expect(rows).toEqual([
      { actor: 'Eve', action: 'statuses overwrite' },
      { actor: 'Eve', action: 'statuses accept' },
    ]);
  });

  it('an order without a conflict is refused with what to do', async () => {
    const said = await act('accept');
    expect(said.code).not.toBe(EXIT.ok);
    expect(said.err).toContain(`no status of order ${orderId} is set otherwise by hand`);
  });
});

describe('relay poll', () => {
  it('an order that HFT71 does not have is refused with what to do', async () => {
    const [unsent = 0] = await ordersInShop(world, 1);
    await takeOrder(world, { id: unsent });
    const said = await world.say('poll', String(unsent));
    expect(said.code).not.toBe(EXIT.ok);
    expect(said.err).toContain('has no id of HFT71’s');
  });
});
