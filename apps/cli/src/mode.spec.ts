import { sweep } from '@relay/intake';
import { loadShop } from '@relay/ledger';
import { intakeContext } from '@relay/operations';
import { assertNoProcessLeft } from '@relay/testing';
import { EXIT } from './exit-codes.js';
import { connect, ordersInShop, run, startWorld, type Json, type World } from './test-support.js';

let world: World;

beforeEach(async () => {
  world = await startWorld();
});
afterEach(async () => {
  await world.stop();
  await assertNoProcessLeft();
});

const modeNow = async () => (await loadShop(world.relay.ledger, 'main'))?.mode;

const audit = async () =>
  (await world.relay.ledger.pool.query('select action, actor, reason, details from audit order by id')).rows as Json[];

it('mode live refuses with everything that stands against it, at once', async () => {
  await world.control('/shop', { pluginActive: true }, 'PUT');
  const env = { ...world.env, HFT71_LINES: '', HFT71_PASSWORD: 'wrong' };
  const said = await run(['mode', 'live', '--yes'], env);
  expect(said.code).toBe(EXIT.failed);
  for (const text of ['HFT71_LINES is not set', 'not connected yet', 'plugin is active', 'HFT71 refuses the log-in'])
    expect(said.err).toContain(text);
  expect(said.err.match(/^Refused: /gm)).toHaveLength(4);
  expect(said.err.match(/^What to do: /gm)).toHaveLength(4);
  const json = (await run(['mode', 'live', '--yes', '--json'], env)).json();
  expect(json['advice']).toHaveLength(4);
  expect(await modeNow()).toBe('connecting');
});

it('mode live ends with 78 when PostgreSQL can forget commits', async () => {
  await connect(world);
  await serverThatForgets();
  const said = await world.say('mode', 'live', '--yes');
  expect(said.code).toBe(EXIT.config);
  expect(said.err).toContain('PostgreSQL can forget commits (fsync is off)');
  expect(await modeNow()).toBe('shadow');
});

/** As if fsync were off: the server of the tests is shared, and really durable. */
async function serverThatForgets(): Promise<void> {
  const { pool } = world.relay.ledger;
  await pool.query(`create view public.pg_settings as
    select name, case name when 'fsync' then 'off' else setting end as setting from pg_catalog.pg_settings`);
  const database = new URL(world.env['DATABASE_URL'] ?? '').pathname.slice(1);
  await pool.query(`alter database ${database} set search_path = public, pg_catalog`);
}

it('mode live needs a yes, and a no changes nothing', async () => {
  await connect(world);
  const silent = await world.say('mode', 'live');
  expect(silent.code).toBe(EXIT.failed);
  expect(silent.err).toContain('--yes');
  const no = await run(['mode', 'live'], world.env, { isTerminal: true, confirm: () => Promise.resolve(false) });
  expect(no.code).toBe(EXIT.failed);
  expect(no.err).toContain('nothing was changed');
  expect(await modeNow()).toBe('shadow');
});

it('goes live, tells a person how far it is, and back to shadow at once', async () => {
  await ordersInShop(world, 3);
  await connect(world);
  await world.control('/shop', { pluginActive: true }, 'PUT');
  const argv = ['mode', 'live', '--plugin-sending-is-off'];
  const live = await run(argv, world.env, { isTerminal: true, confirm: () => Promise.resolve(true) });
  expect(live.code).toBe(EXIT.ok);
  expect(live.out).toContain('Orders read in sendable statuses: 3');
  expect(live.err).toContain('Reading the list: 3 orders');
  expect((await world.say('mode', 'live', '--yes')).out).toContain('live already');
  expect((await world.say('mode', '--json')).json()).toMatchObject([{ shop: 'main', mode: 'live' }]);

  const shadow = await world.say('mode', 'shadow', '--as', 'Eve', '--reason', 'wrong prices', '--json');
  expect(shadow.json()).toEqual({ shop: 'main', changed: true, notShown: { orders: 0, numbers: [] } });
  expect((await world.say('mode', 'shadow')).out).toContain('was not live');
  expect((await world.say('mode', 'show', '--shop', 'main')).out).toContain('main  shadow');
  const stated = { details: { pluginSendingIsOff: true } };
  expect(await audit()).toMatchObject([
    { action: 'mode going live', ...stated },
    { action: 'mode live', ...stated },
    { action: 'mode shadow', actor: 'Eve', reason: 'wrong prices' },
  ]);
});

it('who began to go live, why, and what he stated is on the record although he broke it off', async () => {
  await connect(world);
  await world.control('/shop', { pluginActive: true }, 'PUT');
  await world.control('/faults', { target: 'shop', kind: 'status', status: 503, match: { pathPattern: 'status=' } });
  const argv = ['mode', 'live', '--yes', '--plugin-sending-is-off', '--as', 'Eve', '--reason', 'cut-over'];
  expect((await world.say(...argv)).code).toBe(EXIT.unavailable);
  expect(await modeNow()).toBe('going_live');
  expect(await audit()).toMatchObject([
    { action: 'mode going live', actor: 'Eve', reason: 'cut-over', details: { pluginSendingIsOff: true } },
  ]);
});

it('mode shadow names the orders that the plugin would send a second time', async () => {
  await connect(world);
  expect((await world.say('mode', 'live', '--yes')).code).toBe(EXIT.ok);
  const orders = await ordersInShop(world, 6);
  const { pool } = world.relay.ledger;
  await pool.query(`update shop set live_at = live_at - interval '1 minute'`);
  await sweep(intakeContext(world.relay), world.shop);
  const [sent, doubtful, held, shown, waits] = orders;
  const put = (orderId: number | undefined, set: string) =>
    pool.query(`update intent set ${set} where kind = 'send_order' and order_id = $1`, [orderId]);
  await put(sent, `state = 'sent', hft71_order_id = '501'`);
  await put(doubtful, `state = 'in_doubt', doubt_since = now()`);
  await put(held, `state = 'held', reason = 'exists'`);
  await put(shown, `state = 'written_back', hft71_order_id = '502'`);
  await put(waits, `state = 'held', reason = 'person'`);

  const numbers = [sent, doubtful, held].map(String);
  const said = await world.say('mode', 'shadow');
  expect(said.code).toBe(EXIT.ok);
  expect(said.out.replace(/\s+/g, ' ')).toContain(
    `3 orders are at HFT71, or may be, and the shop does not show it yet: do not switch the plugin on, it would send them again: ${numbers.join(', ')}.`,
  );
  // Asked again it tells so still.
  expect((await world.say('mode', 'shadow', '--json')).json()).toEqual({
    ...{ shop: 'main', changed: false },
    notShown: { orders: 3, numbers },
  });
});

it('says 69 when the shop goes away while its list is read', async () => {
  await connect(world);
  await world.control('/faults', { target: 'shop', kind: 'status', status: 503, match: { pathPattern: 'status=' } });
  const said = await world.say('mode', 'live', '--yes', '--json');
  expect(said.code).toBe(EXIT.unavailable);
  expect(said.json()).toMatchObject({ kind: 'unavailable' });
});

it('says 69 when only servers that are away stand against it', async () => {
  await connect(world);
  await world.control('/faults', { target: 'hft71', kind: 'status', status: 503 });
  const said = await world.say('mode', 'live', '--yes');
  expect([said.code, said.err.match(/^Refused: /gm)]).toEqual([EXIT.unavailable, ['Refused: ']]);
});

it('refuses a shop that is not in the settings', async () => {
  const said = await world.say('mode', 'live', '--shop', 'other', '--yes');
  expect(said.code).toBe(EXIT.failed);
  expect(said.err).toContain('--shop: main');
});
