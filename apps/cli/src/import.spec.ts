import { sweep } from '@relay/intake';
import { intakeContext } from '@relay/operations';
import { assertNoProcessLeft } from '@relay/testing';
import { EXIT } from './exit-codes.js';
import { connect, leaveInDoubt, orderAtHft71, ordersInShop, startWorld, type World } from './test-support.js';

let world: World;
beforeAll(async () => {
  world = await startWorld({ HFT71_RATE_LIMIT: '6000/min' });
});
afterAll(async () => {
  await world.stop();
  await assertNoProcessLeft();
});

const sql = async (text: string, params: unknown[] = []) =>
  (await world.relay.ledger.pool.query<Record<string, unknown>>(text, params)).rows;
const stateOf = async (orderId: number | undefined) =>
  (
    await sql(`select state, reason, hft71_order_id as id from intent where order_id = $1 and kind = 'send_order'`, [
      orderId,
    ])
  )[0];

/** As the plugin leaves an order that it has sent. */
async function sentByPlugin(orderId: number, reference = String(orderId)): Promise<string> {
  const id = await orderAtHft71(world, reference);
  await world.shop.woocommerce.putOrderMeta(orderId, { _hft71_order_id: id });
  return id;
}

it('before the shop is connected there is nothing to take over', async () => {
  expect(await world.say('import')).toMatchObject({
    code: EXIT.failed,
    err: expect.stringContaining('not connected yet') as string,
  });
});

it('in shadow: takes over what the plugin sent, and changes nothing with --dry-run', async () => {
  const [old, sent, closed, cancelled, copied, unsent] = (await ordersInShop(world, 6)) as [number, ...number[]];
  const oldId = await sentByPlugin(old); // in the baseline
  await connect(world);
  const sentId = await sentByPlugin(sent!);
  const closedId = await sentByPlugin(closed!);
  await world.control(`/orders/${closed}`, { status: 'completed' }, 'PATCH');
  await sentByPlugin(cancelled!);
  await world.control(`/orders/${cancelled}`, { status: 'cancelled' }, 'PATCH');
  await world.shop.woocommerce.putOrderMeta(copied!, { _hft71_order_id: sentId });

  const dry = await world.say('import', '--dry-run', '--json');
  expect(dry.json()).toEqual({
    ...{ shop: 'main', dryRun: true, looked: 6, withId: 5, known: 0, adopted: 4, cancelled: 1, notAdopted: [] },
  });
  expect(await sql('select 1 from intent')).toEqual([]);

  const said = await world.say('import', '--as', 'Eve');
  expect(said.code).toBe(EXIT.failed); // one was not taken over
  expect(said.out).toMatch(/taken over +3\n/);
  expect(said.out).toMatch(new RegExp(`${copied} +held: id-belongs-to-order-${sent}`));
  for (const [order, id] of [
    [old, oldId],
    [sent, sentId],
    [closed, closedId],
  ] as const)
    expect(await stateOf(order)).toEqual({ state: 'adopted', reason: null, id });
  expect(await stateOf(copied)).toMatchObject({ state: 'held', reason: `id-belongs-to-order-${sent}` });
  expect([await stateOf(cancelled), await stateOf(unsent)]).toEqual([undefined, undefined]);
  expect(await sql('select intent_id from progress')).toHaveLength(3); // polled from now on
  const details = { looked: 6, withId: 5, known: 0, adopted: 3, cancelled: 1, notAdopted: 1 };
  expect(await sql(`select actor, details from audit where subject = 'main'`)).toEqual([{ actor: 'Eve', details }]);
  const touched = [old, sent, closed, copied].map((orderId) => `main/${orderId}`);
  expect(await sql(`select subject from audit where action = 'import' and subject <> 'main' order by subject`)).toEqual(
    touched.map((subject) => ({ subject })),
  );
  const { out } = await world.say('audit', '--order', String(old), '--action', 'import');
  expect(out).toContain(`hft71OrderId: ${oldId}`);

  const again = (await world.say('import', '--json')).json();
  expect(again).toMatchObject({ known: 3, adopted: 0, notAdopted: [{ number: String(copied) }] });
  expect(await sql(`select details->'adopted' as adopted from audit where subject = 'main' order by id`)).toEqual([
    { adopted: 3 },
    { adopted: 0 }, // nothing was adopted, and it is known that somebody tried
  ]);
});

it('live: one from before is taken over also where it waits as held; one from after is another sender’s', async () => {
  const [after = 0] = await ordersInShop(world, 1);
  const made = await world.control('/orders', { count: 1, dateCreatedGmt: '2026-01-02T03:04:05' });
  const before = Number(made['ids']?.[0]);
  await sql(`update shop set mode = 'live', live_at = now() - interval '1 hour'`);
  const id = await sentByPlugin(before);
  const afterId = await sentByPlugin(after);
  const said = await world.say('import', '--json');
  expect(said.code).toBe(EXIT.failed);
  expect(said.json()['notAdopted']).toContainEqual({
    number: String(after),
    why: expect.stringContaining(`id ${afterId}: it was created after this shop went live`) as string,
  });
  expect(await stateOf(after)).toBeUndefined();
  expect(await stateOf(before)).toEqual({ state: 'adopted', reason: null, id });
});

it('live: a doubt of the relay’s own is settled by the id that is this order’s, and its rules stay as they were', async () => {
  const [orderId = 0] = await ordersInShop(world, 1);
  await sweep(intakeContext(world.relay), world.shop);
  await sql(`update shop set live_at = now() - interval '1 hour'`);
  await leaveInDoubt(world, orderId, 60_000);
  const before = await sql('select before_live from shop_order where order_id = $1', [orderId]);
  await world.shop.woocommerce.putOrderMeta(orderId, { _hft71_order_id: '999777' }); // nobody's: HFT71 cannot read it
  await world.control('/faults', { target: 'hft71', kind: 'status', status: 503, match: { pathPattern: '/order/' } });
  await world.say('import');
  await world.control('/faults', {}, 'DELETE');
  expect(before).toEqual([{ before_live: false }]);
  expect(await sql('select before_live from shop_order where order_id = $1', [orderId])).toEqual(before);
  const id = await sentByPlugin(orderId);
  await world.say('import');
  expect(await stateOf(orderId)).toEqual({ state: 'adopted', reason: null, id });
});

it('HFT71 is away: what was taken over stays, the rest is told of', async () => {
  await sql(`update shop set mode = 'shadow'`);
  const [orderId = 0] = await ordersInShop(world, 1);
  const id = await sentByPlugin(orderId);
  await world.control('/faults', { target: 'hft71', kind: 'status', status: 503, match: { pathPattern: '/order/' } });
  const said = await world.say('import');
  await world.control('/faults', {}, 'DELETE');
  expect(said.code).toBe(EXIT.failed);
  expect(said.err.replace(/\s+/g, ' ')).toMatch(/hft71 sync_shipping: unavailable.*; 0 orders were taken over before/);
  expect((await stateOf(orderId))?.['state']).not.toBe('adopted');
  await world.say('import');
  expect(await stateOf(orderId)).toMatchObject({ state: 'adopted', id });
});
