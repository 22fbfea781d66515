import { sweep } from '@relay/intake';
import { alone, reconciliations } from '@relay/ledger';
import { intakeContext } from '@relay/operations';
import { assertNoProcessLeft } from '@relay/testing';
import { EXIT } from './exit-codes.js';
import { connect, orderAtHft71, ordersInShop, startWorld, type Json, type World } from './test-support.js';

let world: World;
beforeAll(async () => {
  world = await startWorld({ HFT71_RATE_LIMIT: '6000/min' });
  await world.control('/hft71', { statusStepMs: 3_600_000 }, 'PUT'); // no order moves on by itself here
  await connect(world);
  await sql(`update shop set mode = 'live', live_at = now() - interval '1 day'`);
});
afterAll(async () => {
  await world.stop();
  await assertNoProcessLeft();
});

const sql = (text: string, params: unknown[] = []) =>
  world.relay.ledger.pool.query<Record<string, unknown>>(text, params);
const sweepNow = () => sweep(intakeContext(world.relay), world.shop);
/** Also where a test has told the sweeps that they are past all. */
async function sweepAnew(): Promise<void> {
  await sql(`update shop set sweep_mark = now() - interval '1 day'`);
  await sweepNow();
}
const spoken = (text: string) => text.replace(/\s+/g, ' ');

/** As if the relay had sent it: `written_back`, with this id. */
async function sent(orderId: number, hft71OrderId: string, state = 'written_back'): Promise<void> {
  await sql(`update intent set state = $3, hft71_order_id = $2 where order_id = $1 and kind = 'send_order'`, [
    orderId,
    hft71OrderId,
    state,
  ]);
}
const setMeta = (orderId: number, meta: Record<string, string | null>) =>
  world.shop.woocommerce.putOrderMeta(orderId, meta);

/** Orders by the kind under which the report names them. */
function kindsOf(report: Json): Record<string, number[]> {
  const kinds = report['kinds'] as unknown as { kind: string; findings: { orderId: number }[] }[];
  return Object.fromEntries(kinds.map(({ kind, findings }) => [kind, findings.map(({ orderId }) => orderId)]));
}

it('where all agree it says so, with what it looked at, and ends with 0', async () => {
  const [orderId = 0] = await ordersInShop(world, 1);
  await sweepNow();
  const id = await orderAtHft71(world, String(orderId));
  await sent(orderId, id);
  await setMeta(orderId, { _hft71_order_id: id });
  const statuses = await world.shop.hft71.orderStatus(id);
  await sql('update progress set statuses = $1', [JSON.stringify(statuses)]);

  const said = await world.say('reconcile', '--as', 'Eve');
  expect([said.code, spoken(said.out)]).toEqual([EXIT.ok, expect.stringContaining('They agree.')]);
  expect(spoken(said.out)).toMatch(/by Eve at .* UTC: 1 orders in the shop, 1 in the ledger, 1 ids at HFT71/);
  const audit = (await world.say('audit', '--shop', 'main', '--action', 'reconcile', '--json')).json();
  expect(audit).toMatchObject([{ actor: 'Eve', subject: 'main', details: { windowMs: 7 * 86_400_000, hft71: true } }]);
});

it('a status that moved since the last poll is read now and is no disagreement, unless no poll comes', async () => {
  const row = async () =>
    (await sql('select poll_at <= now() as due, statuses from progress where order_id = $1', [orderId])).rows[0];
  const [{ order_id: orderId } = { order_id: 0 }] = (await sql('select order_id from progress')).rows;
  const restore = (await row())?.['statuses'];
  const behind = (rest: string) =>
    sql(`update progress set statuses = '[{"sku":"A","status":"Old"}]', ${rest} where order_id = $1`, [orderId]);

  await behind(`poll_at = now() + interval '20 hours'`);
  const said = await world.say('reconcile');
  expect([said.code, spoken(said.out)]).toEqual([EXIT.ok, expect.stringContaining('They agree.')]);
  expect(await row()).toMatchObject({ due: true });

  for (const noPoll of [
    `poll_at = now() - interval '2 hours'`,
    `poll_at = now() + interval '1 hour', fault = 'x'`,
    `fault = null, poll_at = null, ended = 'too-old'`,
  ]) {
    await behind(noPoll);
    const listed = await world.say('reconcile', '--json');
    expect(kindsOf(listed.json())).toEqual({ 'status-behind': [Number(orderId)] });
  }
  await sql('update progress set statuses = $1, ended = null', [JSON.stringify(restore)]);
});

it('names every kind of disagreement with the orders and what to do, and changes neither shop nor HFT71', async () => {
  const ids = await ordersInShop(world, 12);
  const [foreign, unsent, other, lost, gone, behind, shown, copyA, copyB, fine, onTheWay, missed] = ids as number[] &
    Record<number, number>;
  await sweepNow();
  const own = await orderAtHft71(world, String(behind));
  await sent(behind!, own);
  await sql(
    `update progress set statuses = '[{"sku":"A","status":"Before Production"}]', ended = 'too-old' where hft71_order_id = $1`,
    [own],
  );
  await setMeta(behind!, { _hft71_order_id: own });
  // an earlier sender's: in a status that was never sendable, and with its id
  await sql('delete from intent where order_id = $1', [foreign]);
  await sql('delete from shop_order where order_id = $1', [foreign]);
  await world.control(`/orders/${foreign}`, { status: 'completed' }, 'PATCH');
  await setMeta(foreign!, { _hft71_order_id: '700001' });
  await setMeta(unsent!, { _hft71_order_id: '700002' });
  await sent(other!, '700003');
  await setMeta(other!, { _hft71_order_id: '700004' });
  await sent(lost!, '700005');
  await sent(gone!, '700006');
  await setMeta(gone!, { _hft71_order_id: '700006' });
  await sent(shown!, '700007');
  await setMeta(shown!, { _hft71_order_id: '700007', _hft71_last_status: 'In Production' });
  await sql(`update progress set status = 'Closed', statuses = '[{"sku":"A","status":"Closed"}]' where order_id = $1`, [
    shown,
  ]);
  for (const copy of [copyA, copyB]) await setMeta(copy!, { _hft71_order_id: '700008' });
  await sent(copyA!, '700008');
  await sent(onTheWay!, '700009', 'sent');
  await sql(
    `insert into intent (id, kind, shop_id, order_id, account_id, state) select gen_random_uuid(), 'write_back', shop_id, order_id, account_id, 'ready'
     from intent where order_id = $1`,
    [onTheWay],
  );
  // The sweeps have passed all of them, and this one is not known.
  await sql('delete from intent where order_id = $1', [missed]);
  await sql('delete from shop_order where order_id = $1', [missed]);
  await sql(`update shop_order set shop_hft71_id = '700008' where order_id = $1`, [copyB]);
  await sql(`update shop set sweep_mark = now() + interval '1 hour'`);
  await world.control(`/orders/${gone}?force=true`, {}, 'DELETE');
  const before = (await world.control('/summary', undefined, 'GET'))['accepted'];
  const writes = async () =>
    (await world.control('/record/requests', undefined, 'GET')).filter((request) => String(request['method']) !== 'GET')
      .length;
  const writesBefore = await writes();

  const said = await world.say('reconcile', '--json');
  expect(said.code).toBe(EXIT.failed);
  const found = kindsOf(said.json());
  expect(found).toEqual({
    'not-in-ledger': [missed],
    'sent-elsewhere': [foreign],
    'id-not-in-ledger': [unsent, copyB],
    'other-id': [other],
    'id-not-in-shop': [lost],
    'id-twice': [copyA],
    'unknown-at-hft71': expect.arrayContaining([other, lost, shown, copyA]) as number[],
    'status-behind': [behind],
    'shop-status-behind': [shown],
    'gone-from-shop': [gone],
  });
  expect(JSON.stringify(found)).not.toContain(String(fine));
  expect((await sql(`select state from intent where order_id = $1`, [missed])).rows).toEqual([{ state: 'ready' }]);
  expect((await world.control('/summary', undefined, 'GET'))['accepted']).toBe(before);
  expect(await writes()).toBe(writesBefore);

  const runs = async () => (await reconciliations(world.relay.ledger, 'main')).map(({ id }) => id);
  const runsBefore = await runs();
  const shownAgain = await world.say('reconcile', '--last');
  expect(shownAgain.code).toBe(EXIT.failed);
  const text = spoken(shownAgain.out);
  for (const part of [
    'the shop shows 700004, the ledger has 700003',
    'What to do: relay orders write-back N',
    'relay import',
  ])
    expect(text).toContain(part);
  expect(text).not.toContain('customer.example');
  expect(await runs()).toEqual(runsBefore); // showing it did not run it
});

it('the id that the shop has lost is written once more by a person’s word, and another id stays', async () => {
  const lost = (await sql(`select order_id from intent where hft71_order_id = '700005'`)).rows[0]?.['order_id'];
  const said = await world.say('orders', 'write-back', String(lost), '--reason', 'removed by mistake');
  expect(said.code).toBe(EXIT.ok);
  expect(spoken(said.out)).toContain('with HFT71’s id 700005');
  expect((await sql(`select state from intent where order_id = $1 and kind = 'write_back'`, [lost])).rows).toEqual([
    { state: 'ready' },
  ]);
  const twice = await world.say('orders', 'write-back', String(lost), '--reason', 'again');
  expect([twice.code, spoken(twice.err)]).toEqual([EXIT.failed, expect.stringContaining('being written back already')]);
  expect((await world.say('orders', 'write-back', '99999', '--reason', 'x')).err).toContain('no order');
  expect((await sql(`select actor, reason from audit where action = 'orders write-back'`)).rows).toHaveLength(1);
});

it('after a restore of the shop all that the last run found is written back by one command', async () => {
  const lost = await ordersInShop(world, 3);
  await sweepAnew();
  for (const orderId of lost) await sent(orderId, `71${orderId}`);
  const armed = async () =>
    (
      await sql(
        `select order_id::int as id from intent where kind = 'write_back' and state = 'ready' and order_id = any($1)`,
        [lost],
      )
    ).rows.map(({ id }) => id);
  const bulk = (...more: string[]) => world.say('orders', 'write-back', '--reason', 'the shop was restored', ...more);
  await world.say('reconcile', '--no-hft71');
  const other = (await sql(`select order_id from intent where hft71_order_id = '700003'`)).rows[0]?.['order_id'];
  expect((await bulk(String(lost[0]))).code).toBe(EXIT.ok);

  const said = await bulk('--from-reconcile', '--json');
  expect(said.code).toBe(EXIT.failed); // the first one is on its way already
  const done = said.json() as unknown as { orders: { order: string }[]; refused: { order: string }[] };
  const written = done.orders.map(({ order }) => Number(order));
  expect(written).toEqual(expect.arrayContaining(lost.slice(1)));
  expect(written).not.toContain(Number(other));
  expect(done.refused).toMatchObject([{ order: String(lost[0]), toDo: expect.any(String) as string }]);
  expect((await armed()).toSorted()).toEqual(lost.toSorted());

  expect((await bulk()).code).toBe(EXIT.usage);
  expect((await bulk('1', '--from-reconcile')).code).toBe(EXIT.usage);
  const several = await bulk(String(lost[1]), '99999');
  expect([several.code, spoken(several.err)]).toEqual([EXIT.failed, expect.stringMatching(/already.*no order 99999/)]);
});

it('reprints are compared as well, and what waits for a person names the campaign', async () => {
  const [orderId = 0, refused = 0] = await ordersInShop(world, 2);
  await sweepAnew();
  await sent(orderId, '730001');
  await sql(
    `insert into intent (id, kind, shop_id, order_id, account_id, copy, state, hft71_order_id) select gen_random_uuid(), 'reprint', shop_id, order_id, account_id, 2, 'written_back', '730002'
     from intent where order_id = $1 and kind = 'send_order'`,
    [orderId],
  );
  await setMeta(orderId, { _hft71_order_id: '730001', _hft71_reprint_ids: '730003' });
  await sql(`update intent set state = 'rejected', reason = 'http-422' where order_id = $1`, [refused]);
  const said = await world.say('reconcile', '--no-hft71', '--json');
  expect(kindsOf(said.json())).toMatchObject({
    'reprint-not-in-shop': [orderId],
    'reprint-not-in-ledger': [orderId],
    'not-sent': [refused],
  });
  expect((await world.say('reconcile', '--last')).out).toMatch(/relay\s+resend\s+plan\s+--state\s+held,rejected/);
  expect((await world.say('resend', 'plan', '--state', 'held,rejected', '--orders', String(refused))).out).toMatch(
    /1 orders match; 1 of them would be sent/,
  );

  const written = await world.say('orders', 'write-back', '--from-reconcile', '--reason', 'lost', '--json');
  expect(written.json()['orders']).toEqual(
    expect.arrayContaining([{ order: `${orderId}-R2`, hft71OrderId: '730002' }]),
  );
  expect((await sql(`select copy from intent where order_id = $1 and kind = 'write_back'`, [orderId])).rows).toEqual([
    { copy: 2 },
  ]);
});

it('an order that is gone from the shop is listed where it may be at HFT71, and else taken as deleted', async () => {
  const ids = await ordersInShop(world, 7);
  const [doubted, left, refused, waiting, held, binned, sentOne] = ids;
  await sweepAnew();
  const state = (orderId: number | undefined, rest: string) =>
    sql(`update intent set ${rest} where order_id = $1 and kind = 'send_order'`, [orderId]);
  await state(doubted, `state = 'held', reason = 'in-doubt', doubt_since = now()`);
  await state(left, `state = 'not_for_hft71'`);
  await state(refused, `state = 'rejected', reason = 'http-422'`);
  await state(held, `state = 'held', reason = 'mapping'`);
  await state(binned, `state = 'skipped', reason = 'on-hold'`);
  await sent(sentOne!, '720001');
  await setMeta(sentOne!, { _hft71_order_id: '720001' });
  for (const orderId of ids)
    await world.control(`/orders/${orderId}?force=${String(orderId !== binned)}`, {}, 'DELETE');

  for (const again of [1, 2]) {
    const found = kindsOf((await world.say('reconcile', '--no-hft71', '--json')).json());
    expect([again, found['gone-from-shop']]).toEqual([again, expect.arrayContaining([doubted, sentOne])]);
    for (const orderId of [left, refused, waiting, held, binned])
      expect(found['gone-from-shop']).not.toContain(orderId);
  }
  const now = async (of: number[]) =>
    (
      await sql(
        `select i.state, i.cancel_requested, o.status from intent i join shop_order o using (shop_id, order_id)
         where order_id = any($1) and kind = 'send_order' order by order_id`,
        [of],
      )
    ).rows;
  expect(await now([left!, refused!, waiting!, held!, binned!])).toEqual([
    { state: 'not_for_hft71', cancel_requested: false, status: 'deleted' },
    { state: 'cancelled', cancel_requested: false, status: 'deleted' },
    { state: 'cancelled', cancel_requested: false, status: 'deleted' },
    { state: 'cancelled', cancel_requested: false, status: 'deleted' },
    { state: 'skipped', cancel_requested: false, status: 'trash' },
  ]);
  // A restored shop has lost orders that nobody deleted: nothing of these is asked to be cancelled.
  expect(await now([doubted!, sentOne!])).toEqual([
    { state: 'held', cancel_requested: false, status: 'processing' },
    { state: 'written_back', cancel_requested: false, status: 'processing' },
  ]);
});

it('a side that does not answer is told of, and the others are compared all the same', async () => {
  await world.control('/faults', { target: 'hft71', kind: 'status', status: 503, match: { pathPattern: '/status' } });
  const said = await world.say('reconcile', '--json');
  await world.control('/faults', {}, 'DELETE');
  expect(said.json()['run']).toMatchObject({ faults: [expect.stringContaining('HFT71 did not answer to the end')] });
  expect(kindsOf(said.json())).toMatchObject({ 'other-id': [expect.any(Number)] });

  const without = await world.say('reconcile', '--no-hft71', '--json');
  expect(without.json()['run']).toMatchObject({ hft71Reads: 0, faults: [] });
});

it('refuses what makes no sense, and a second one beside the first', async () => {
  for (const [window, told] of [
    ['yesterday', 'Write a number'],
    ['0', 'Write a number'],
    ['9999d', 'At most 366d'],
  ] as const)
    expect(await world.say('reconcile', '--window', window)).toMatchObject({
      code: EXIT.usage,
      err: expect.stringContaining(told) as string,
    });
  expect((await world.say('reconcile', '--shop', 'mian')).err).toContain('name one of these with --shop: main');
  await alone(world.relay.ledger, `reconcile ${world.shop.accountId}`, async () => {
    const said = await world.say('reconcile');
    expect([said.code, spoken(said.err)]).toEqual([EXIT.failed, expect.stringContaining('is running')]);
  });
});
