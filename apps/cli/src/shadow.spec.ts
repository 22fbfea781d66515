import { sweep } from '@relay/intake';
import { intakeContext } from '@relay/operations';
import { assertNoProcessLeft } from '@relay/testing';
import { EXIT } from './exit-codes.js';
import { connect, orderAtHft71, ordersInShop, startWorld, type World } from './test-support.js';

let world: World;
beforeAll(async () => {
  world = await startWorld({ HFT71_RATE_LIMIT: '6000/min', HFT71_LINES: '^GL' });
});
afterAll(async () => {
  await world.stop();
  await assertNoProcessLeft();
});

const sql = async (text: string, params: unknown[] = []) =>
  (await world.relay.ledger.pool.query<Record<string, unknown>>(text, params)).rows;
const spoken = (text: string) => text.replace(/\s+/g, ' ');
const report = async (...more: string[]) => (await world.say('shadow', 'report', '--json', ...more)).json();

/** HFT71's order of exactly these SKUs, shown in the shop as the plugin shows it. */
async function sentByPlugin(orderId: number): Promise<string> {
  const { lines } = await world.shop.woocommerce.getOrder(orderId);
  const id = await orderAtHft71(world, String(orderId), lines);
  await world.shop.woocommerce.putOrderMeta(orderId, { _hft71_order_id: id });
  return id;
}

it('before anything was sent by both nothing proves that they agree', async () => {
  expect((await world.say('shadow', 'report')).err).toContain('not connected yet');
  await ordersInShop(world, 2); // older than the connection
  await connect(world);
  const said = await world.say('shadow', 'report');
  expect(said.code).toBe(EXIT.failed);
  expect(spoken(said.out)).toContain('2 from before the relay was connected');
  expect(spoken(said.out)).toContain('no order was handled by both');
});

it('ready to cut over, when both would have sent the same', async () => {
  const ids = await ordersInShop(world, 3);
  await sweep(intakeContext(world.relay), world.shop);
  for (const orderId of ids) await sentByPlugin(orderId);
  await world.control(`/orders/${ids[0]}`, { status: 'completed' }, 'PATCH');
  const said = await world.say('shadow', 'report');
  expect([said.code, spoken(said.out)]).toEqual([EXIT.ok, expect.stringContaining('Ready to cut over.')]);
  expect(await report()).toMatchObject({ ready: true, reasons: [], counts: { before: 2, both: 3, compared: 3 } });
  expect(await report('--no-hft71')).toMatchObject({ ready: true, counts: { both: 3, compared: 0 } });
});

it('what was refunded since the plugin sent it stands against nothing', async () => {
  const [all, one] = (await ordersInShop(world, 2)) as [number, number];
  await sweep(intakeContext(world.relay), world.shop);
  for (const orderId of [all, one]) {
    await sentByPlugin(orderId);
    const { lines } = await world.shop.woocommerce.getOrder(orderId);
    const refunded = (orderId === all ? lines : lines.slice(0, 1)).map(({ id, quantity }) => ({ id, quantity }));
    await world.control(`/orders/${orderId}/refunds`, { line_items: refunded, amount: '1.00' });
  }
  expect(await report()).toMatchObject({
    ...{ ready: true, reasons: [], onlyPlugin: [], differences: [] },
    counts: { both: 5, compared: 5 },
  });
});

it('not ready: names what only one of them sent, what differs, and what would be held', async () => {
  const [other, unknown, early] = (await ordersInShop(world, 4)) as [number, number, number];
  // an hour old, and the plugin has not come to it
  await sql(`update shop set baseline_at = now() - interval '1 day'`);
  const hourAgo = new Date(Date.now() - 3_600_000).toISOString().slice(0, 19);
  const made = await world.control('/orders', { count: 1, dateCreatedGmt: hourAgo, dateModifiedGmt: hourAgo });
  const lost = String(made['ids']?.[0]);
  await sweep(intakeContext(world.relay), world.shop);
  // sent by the plugin with other lines, and an id of nobody's
  const strange = await orderAtHft71(world, String(other));
  await world.shop.woocommerce.putOrderMeta(other, { _hft71_order_id: strange });
  await world.shop.woocommerce.putOrderMeta(unknown, { _hft71_order_id: '999999' });
  // sent by the plugin in a status that the relay does not send in
  await sentByPlugin(early);
  await world.control(`/orders/${early}`, { status: 'on-hold' }, 'PATCH');
  await sql('delete from intent where order_id = $1', [early]);
  const foreign = await world.control('/orders', { count: 1, kinds: ['foreign'] });
  const foreignId = Number(foreign['ids']?.[0]);
  await world.shop.woocommerce.putOrderMeta(foreignId, { _hft71_order_id: '888888' });

  const found = await report();
  expect(found).toMatchObject({ ready: false });
  const numbers = (list: string) =>
    (found[list] as unknown as { number: string; why: string }[]).map((row) => `${row.number}: ${row.why}`);
  expect(numbers('differences')).toContainEqual(expect.stringMatching(new RegExp(`^${other}: the relay would send`)));
  expect(numbers('differences')).toContainEqual(`${unknown}: HFT71 does not know the plugin’s id 999999`);
  expect(numbers('onlyPlugin').toSorted()).toEqual([
    `${early}: never seen in WC_SENDABLE_STATUSES; now on-hold`,
    `${foreignId}: no line is HFT71’s by HFT71_LINES`,
  ]);
  expect(numbers('onlyRelay')).toEqual([`${lost}: processing, and without an HFT71 id`]);
  expect(found['counts']).toMatchObject({ fresh: 1 });
  expect(JSON.stringify(found)).not.toContain('customer.example');
  const text = spoken((await world.say('shadow', 'report')).out);
  expect(text).toContain('Not ready to cut over: - 2 sent by the plugin would not be sent');
  expect(text).toContain('HFT71 tells the SKUs of an order and not their quantities');
});

it('a shop that is live is not compared with the plugin', async () => {
  await sql(`update shop set mode = 'live'`);
  const said = await world.say('shadow', 'report');
  expect([said.code, spoken(said.err)]).toEqual([EXIT.failed, expect.stringContaining('relay reconcile compares')]);
  expect((await world.say('shadow', 'report', '--window', 'x')).code).toBe(EXIT.usage);
});
