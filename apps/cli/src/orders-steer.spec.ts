import { findOrders, settleAsFound } from '@relay/ledger';
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

beforeAll(async () => {
  world = await startWorld();
  await connect(world);
  const live = await world.say('mode', 'live', '--yes');
  if (live.code !== 0) throw new Error(live.err);
});
afterAll(async () => {
  await world.stop();
  await assertNoProcessLeft();
});

const viewOf = async (wanted: number | string) => (await findOrders(world.relay.ledger, String(wanted)))[0];
const stateOf = async (wanted: number | string) => (await viewOf(wanted))?.state;
const steer = (act: string, wanted: number | string, ...rest: string[]) =>
  world.say('orders', act, String(wanted), '--reason', 'the customer calls', '--as', 'Eve', ...rest);
const inOneLine = (text: string) => text.replace(/\s+/g, ' ');
const showJson = async (wanted: number | string) =>
  (await world.say('orders', 'show', String(wanted), '--json')).json();

async function readyOrder(): Promise<number> {
  const [id] = await ordersInShop(world, 1);
  if (id === undefined) throw new Error('the shop made no order');
  await takeOrder(world, { id });
  return id;
}

/** An order that HFT71 has and whose id the shop shows. */
async function writtenBack(): Promise<number> {
  const id = await readyOrder();
  const token = await leaveInDoubt(world, id, -1_000);
  const view = await viewOf(id);
  const hft71Id = await orderAtHft71(world, String(id));
  expect(await settleAsFound(world.relay.ledger, { intentId: view?.intentId ?? '', token }, hft71Id)).toBe('sent');
  await world.relay.ledger.pool.query(`update intent set state = 'written_back' where order_id = $1`, [id]);
  return id;
}

describe('relay orders hold and release', () => {
  it('holds an order until a person releases it, both written down and shown', async () => {
    const id = await readyOrder();
    const held = await steer('hold', id);
    expect([held.code, held.err, await stateOf(id)]).toEqual([EXIT.ok, '', 'held']);
    expect(held.out).toContain(`relay orders release ${id} --reason "WHY"`);
    expect((await world.say('orders', 'held')).out).toMatch(
      new RegExp(`${id} +${id} +person +\\d+ s +the customer calls`),
    );
    expect((await showJson(id))['next']).toEqual({
      advice: expect.stringContaining('A person holds it'),
      commands: [{ when: 'It may go', line: `relay orders release ${id} --reason "WHY"` }],
    });

    const silent = await steer('release', id);
    expect([silent.code, await stateOf(id)]).toEqual([EXIT.failed, 'held']);
    const released = await steer('release', id, '--yes');
    expect([released.code, await stateOf(id)]).toEqual([EXIT.ok, 'ready']);
    expect((await showJson(id))['audit']).toMatchObject([
      { actor: 'Eve', action: 'orders release', reason: 'the customer calls' },
      { actor: 'Eve', action: 'orders hold' },
    ]);
  });

  it('refuses to hold what is gone, and to release what is held for something else', async () => {
    const id = await readyOrder();
    await leaveInDoubt(world, id, 600_000);
    const hold = await steer('hold', id);
    expect(hold.err).toContain('there is nothing to hold back');
    const release = await steer('release', id, '--yes');
    expect(release.err).toContain('held for another reason: in-doubt');
    expect((await steer('hold', 999_999)).err).toContain('no order 999999 is known');
  });

  it('releases what the shop cancelled meanwhile as cancelled', async () => {
    const id = await readyOrder();
    await steer('hold', id);
    await world.relay.ledger.pool.query('update intent set cancel_requested = true where order_id = $1', [id]);
    const said = await steer('release', id, '--yes');
    expect([said.code, await stateOf(id)]).toEqual([EXIT.ok, 'cancelled']);
    expect(said.out).toContain('is cancelled: the shop cancelled it meanwhile');
  });
});

describe('what a person has to answer to', () => {
  it('an order that HFT71 says it has is never offered to be sent', async () => {
    const id = await readyOrder();
    const token = await leaveInDoubt(world, id, -1_000);
    await world.relay.ledger.pool.query(`update intent set reason = 'exists' where order_id = $1`, [id]);
    const { next } = await showJson(id);
    expect(next?.['commands']).toEqual([
      { when: expect.any(String), line: `relay orders resolve ${id} --exists ID --attempt ${token} --reason "WHY"` },
    ]);
    const said = await steer('resolve', id, '--send', '--attempt', token, '--yes');
    expect(said.err).toContain('HFT71 has said that it has an order under this reference');
  });

  it('an order past its deadline is released', async () => {
    const id = await readyOrder();
    await world.relay.ledger.pool.query(`update intent set state = 'held', reason = 'deadline' where order_id = $1`, [
      id,
    ]);
    expect((await world.say('orders', 'show', String(id))).out).toContain(`relay orders release ${id} --reason "WHY"`);
    expect((await steer('release', id, '--yes')).code).toBe(EXIT.ok);
    expect(await stateOf(id)).toBe('ready');
  });

  it('orders in doubt stand beside the held ones, with when they are looked for', async () => {
    const id = await readyOrder();
    await leaveInDoubt(world, id, 600_000);
    await world.relay.ledger.pool.query(
      `update intent set state = 'in_doubt', reason = null, look_up_at = now() + interval '45 seconds' where order_id = $1`,
      [id],
    );
    const { out } = await world.say('orders', 'held', '--limit', '200');
    expect(out).toMatch(new RegExp(`In doubt[^]*${id} +${id} +\\d+ s +in 10 min +in 4\\d s +http-504`));
    const json = (await world.say('orders', 'held', '--json')).json();
    expect(json['inDoubt']).toContainEqual(expect.objectContaining({ orderId: id, cause: 'http-504', copy: 1 }));
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});

describe('relay orders show', () => {
  it('has the calls about the order, its look-ups, and what people did', async () => {
    const id = await readyOrder();
    await leaveInDoubt(world, id, 600_000);
    const { ledger } = world.relay;
    const intentId = (await viewOf(id))?.intentId;
    await ledger.pool.query(
      `insert into api_call (shop_id, target, action, method, path, status, code, duration_ms, order_id)
       values ('main', 'hft71', 'send_order', 'POST', '/order', 504, null, 20000, $1), ('main', 'shop', 'get_order', 'GET', '/x', 200, null, 9, 1)`,
      [id],
    );
    await ledger.pool.query(
      `insert into look_up (intent_id, started_at, answer, detail) values ($1, now(), 'no-control', 'nothing was accepted yet')`,
      [intentId],
    );
    await ledger.pool.query(`insert into audit (actor, action, subject) values ('Eve', 'board retry', $1)`, [
      `main/${id}`,
    ]);
    expect(await showJson(id)).toMatchObject({
      calls: [{ action: 'send_order', status: 504, durationMs: 20_000 }],
      lookUps: [{ answer: 'no-control', detail: 'nothing was accepted yet' }],
      audit: [{ actor: 'Eve', action: 'board retry' }],
      reprints: [],
    });
    const { out } = await world.say('orders', 'show', String(id));
    for (const text of ['Look-ups at HFT71', 'nothing was accepted yet', 'Calls', 'POST /order', 'What people did'])
      expect(out).toContain(text);
    expect(out).not.toContain('Reprints');
  });
});

describe('relay orders reprint', () => {
  it('makes an order of its own, once, which is held, shown and resolved by its reference', async () => {
    const id = await writtenBack();
    expect((await steer('reprint', id)).err).toContain('--yes');
    const made = await steer('reprint', id, '--yes', '--json');
    expect(made.json()).toEqual({ order: String(id), reference: `${id}-R2` });
    expect((await steer('reprint', id, '--yes')).err).toContain('a reprint of this order is ready already');

    const held = await steer('hold', `${id}-R2`);
    expect([held.code, await stateOf(`${id}-R2`), await stateOf(id)]).toEqual([EXIT.ok, 'held', 'written_back']);
    expect((await world.say('orders', 'held')).out).toMatch(new RegExp(`${id} \\(reprint R2\\) +${id} +person`));
    await steer('release', `${id}-R2`, '--yes');

    const token = await leaveInDoubt(world, `${id}-R2`, 50);
    await settleOver(world, `${id}-R2`);
    const shown = await world.say('orders', 'show', `${id}-R2`);
    expect(shown.out).toContain(`Order ${id} (reprint R2) (shop main, id ${id})`);
    expect(shown.out).toContain(`relay orders resolve ${id}-R2 --exists ID --attempt ${token} --reason "WHY"`);
    const ofOrder = await showJson(id);
    expect(ofOrder).toMatchObject({
      state: 'written_back',
      reprints: [{ copy: 2, reference: `${id}-R2`, state: 'held', attempts: [{ token, outcome: 'in_doubt' }] }],
    });

    // The shop shows the first order's id: that says nothing of the reprint.
    await world.shop.woocommerce.putOrderMeta(id, { _hft71_order_id: String(ofOrder['hft71OrderId']) });
    const firstId = String(ofOrder['hft71OrderId']);
    const wrong = await steer('resolve', `${id}-R2`, '--exists', firstId, '--attempt', token);
    expect(wrong.err).toMatch(/has the reference/);
    const hft71Id = await orderAtHft71(world, `${id}-R2`);
    const resolved = await steer('resolve', `${id}-R2`, '--exists', hft71Id, '--attempt', token);
    expect([resolved.code, resolved.err]).toEqual([EXIT.ok, '']);
    expect(await viewOf(`${id}-R2`)).toMatchObject({ state: 'sent', hft71OrderId: hft71Id, writeBackState: 'ready' });
    expect(await viewOf(id)).toMatchObject({ state: 'written_back', hft71OrderId: firstId, copy: 1 });
  });

  it('a held reprint that HFT71 does not have is sent, although the shop shows the first order’s id', async () => {
    const id = await writtenBack();
    await world.shop.woocommerce.putOrderMeta(id, { _hft71_order_id: (await viewOf(id))?.hft71OrderId ?? '' });
    await steer('reprint', id, '--yes');
    const token = await leaveInDoubt(world, `${id}-R2`, 50);
    await settleOver(world, `${id}-R2`);
    const said = await steer('resolve', `${id}-R2`, '--send', '--attempt', token, '--yes');
    expect([said.code, said.err, await stateOf(`${id}-R2`)]).toEqual([EXIT.ok, '', 'ready']);
    expect((await showJson(id))['audit']?.[0]).toMatchObject({ action: 'orders resolve --send', details: { copy: 2 } });
  });

  it('is neither ordered nor sent while the shop shows one that the ledger does not know (R9)', async () => {
    const id = await writtenBack();
    await steer('reprint', id, '--yes');
    const token = await leaveInDoubt(world, `${id}-R2`, 50);
    await settleOver(world, `${id}-R2`);
    await world.shop.woocommerce.putOrderMeta(id, { _hft71_reprint_ids: '4711' });
    const said = await steer('resolve', `${id}-R2`, '--send', '--attempt', token, '--yes');
    expect([said.code, await stateOf(`${id}-R2`)]).toEqual([EXIT.failed, 'held']);
    expect(inOneLine(said.err)).toContain(
      'the shop shows 4711 as made once more, of which the ledger knows nothing What to do: look it up at HFT71: if it is this reprint, resolve it with --exists 4711',
    );

    // The ledger of before it was ordered.
    const { ledger } = world.relay;
    await ledger.pool.query(`delete from attempt where token = $1`, [token]);
    await ledger.pool.query(`delete from intent where order_id = $1 and copy = 2`, [id]);
    const again = await steer('reprint', id, '--yes');
    expect([again.code, await viewOf(`${id}-R2`)]).toEqual([EXIT.failed, undefined]);
    expect(inOneLine(again.err)).toContain('the shop shows that it was made once more, as 4711');
    await world.shop.woocommerce.putOrderMeta(id, { _hft71_reprint_ids: null });
    expect((await steer('reprint', id, '--yes')).code).toBe(EXIT.ok);
  });

  it('is taken back while HFT71 surely does not have it, and never where it may', async () => {
    const id = await writtenBack();
    await steer('reprint', id, '--yes');
    await steer('hold', `${id}-R2`);
    const dropped = await steer('reprint', id, '--drop');
    expect([dropped.code, dropped.out]).toEqual([EXIT.ok, `The reprint ${id}-R2 is not made.\n`]);
    expect([await stateOf(`${id}-R2`), await stateOf(id)]).toEqual(['cancelled', 'written_back']);
    expect((await showJson(id))['audit']?.[0]).toMatchObject({
      action: 'orders reprint --drop',
      details: { reference: `${id}-R2`, was: 'held' },
    });
    expect((await steer('reprint', id, '--drop')).err).toContain('has no reprint to drop');

    await steer('reprint', id, '--yes');
    await leaveInDoubt(world, `${id}-R3`, 50);
    await settleOver(world, `${id}-R3`);
    const said = await steer('reprint', `${id}-R3`, '--drop');
    expect([said.code, await stateOf(`${id}-R3`)]).toEqual([EXIT.failed, 'held']);
    expect(inOneLine(said.err)).toContain(`HFT71 may have the reprint of order ${id}: it is held`);
  });

  it('is refused for an order that is not at HFT71, and asked about on a terminal', async () => {
    const id = await readyOrder();
    expect((await steer('reprint', id, '--yes')).err).toContain('a reprint is for an order that HFT71 has');
    const asked: string[] = [];
    const confirm = (question: string) => Promise.resolve(asked.push(question) === 0);
    await run(['orders', 'reprint', String(id), '--reason', 'x'], world.env, { isTerminal: true, confirm });
    expect(asked).toEqual([`Have HFT71 make and ship order ${id} once more?`]);
  });
});

it('finds a reprint by the shop’s number too, where that is not its reference', async () => {
  const { ledger } = world.relay;
  const id = await writtenBack();
  await ledger.pool.query(`update shop_order set number = 'S-1' where order_id = $1`, [id]);
  await steer('reprint', 'S-1', '--yes');
  expect(await viewOf('S-1-R2')).toMatchObject({ orderId: id, copy: 2, reference: `${id}-R2` });
});
