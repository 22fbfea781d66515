import { beat, countDelivery, gatherAlerts, openBreaker, raiseAlert } from '@relay/ledger';
import { addShop } from '@relay/operations';
import { assertNoProcessLeft } from '@relay/testing';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { Writable } from 'node:stream';
import { EXIT } from './exit-codes.js';
import { connect, run, startWorld, takeOrder, type Json, type World } from './test-support.js';

let world: World;

beforeAll(async () => {
  world = await startWorld({ RELAY_STOP_GRACE: '25s' });
  await connect(world);
});
beforeEach(works);
afterAll(async () => {
  await world.stop();
  await assertNoProcessLeft();
});

const doctor = (settings: Record<string, string | undefined> = {}) =>
  run(['doctor', '--json'], { ...world.env, ...settings });
const causes = (json: Json) => (json['findings'] as readonly Json[]).map((each) => String(each['cause']));

const workerId = randomUUID();
/** Anew for each test: one that was not heard for 15 s is silent. */
async function works(): Promise<void> {
  const worker = { id: workerId, kind: 'worker' as const, host: hostname(), pid: process.pid, progressed: true };
  await beat(world.relay.ledger, worker);
}

it('nothing is wrong: 0, and what was looked at', async () => {
  const said = await world.say('doctor');
  expect(said.out).toContain('Nothing is wrong.');
  expect(said.code).toBe(EXIT.ok);
  for (const text of ['PostgreSQL', 'RELAY_SECRET_KEY', 'keys may write', 'log-in', 'workers', 'migrations'])
    expect(said.out).toContain(text);
  expect(Math.max(...said.out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110);
});

it('no PostgreSQL and no Redis: two findings, and the shop is asked all the same', async () => {
  const said = await doctor({ DATABASE_URL: 'postgresql://relay@127.0.0.1:1/relay', REDIS_URL: 'redis://127.0.0.1:1' });
  expect(said.code).toBe(EXIT.sev1);
  expect(causes(said.json())).toEqual(['postgres-away', 'redis-away']);
  const checks = said.json()['checks'] as readonly Json[];
  expect(checks).toContainEqual(expect.objectContaining({ name: 'shop main: keys may write', state: 'ok' }));
  expect(checks).toContainEqual(expect.objectContaining({ name: 'HFT71 of main', state: 'skipped' }));
});

it('a database that refuses the user, and one that is not there', async () => {
  const url = new URL(world.env['DATABASE_URL'] ?? '');
  url.pathname = '/no_such_database';
  const said = await doctor({ DATABASE_URL: url.href });
  expect(said.json()).toMatchObject({ severity: 1, findings: [{ cause: 'postgres-refused' }] });
  expect(said.out).toContain('there is no such database');
});

it('every wrong setting is a finding of its own, with an example', async () => {
  const said = await doctor({ WC_CONSUMER_KEY: '', HFT71_RATE_LIMIT: 'fast' });
  expect(said.code).toBe(EXIT.sev1);
  expect(causes(said.json())).toEqual(['settings', 'settings']);
  expect(said.out).toContain('HFT71_RATE_LIMIT');
});

it('another HFT71 account than that of the ledger’s orders', async () => {
  const said = await doctor({ HFT71_BASE_URL: world.sandbox.hft71.replace('127.0.0.1', 'localhost') });
  expect(causes(said.json())[0]).toBe('hft71-account');
  expect(said.out).toContain(`The ledger’s orders are at ${world.sandbox.hft71}`);
});

it('tries a refused password three times over all runs, and no fourth time', async () => {
  for (let tried = 0; tried < 4; tried += 1)
    expect(causes((await doctor({ HFT71_PASSWORD: 'wrong' })).json())[0]).toBe('hft71-credentials');
  const said = await doctor({ HFT71_PASSWORD: 'wrong' });
  expect(said.out).toContain('refused this password three times');
  const record = await fetch(`${world.sandbox.control}/record/requests?target=hft71&path=/authentication`);
  const refused = ((await record.json()) as { status: number }[]).filter(({ status }) => status === 401);
  expect(refused).toHaveLength(3);
  // It is the doctor's own: nothing was stopped by it.
  expect((await world.say('breaker', 'show', '--json')).json()).toMatchObject({ account: { state: 'closed' } });
});

it('a breaker that a person opened is the cause, an open alert follows from it', async () => {
  const { ledger } = world.relay;
  await raiseAlert(ledger, { kind: 'queue age', severity: 2, subject: 'main', message: 'the oldest waits for 4 h' });
  await openBreaker(
    ledger,
    { kind: 'account', id: world.shop.accountId },
    { owner: 'person:eve', reason: 'stock-taking' },
  );
  const said = await doctor();
  expect(said.json()).toMatchObject({
    findings: [
      { cause: 'account-stopped', what: 'A person (eve) has stopped all calls: stock-taking' },
      { cause: 'alerts', state: 'failed', severity: 2, explainedBy: 'account-stopped' },
    ],
  });
  expect(said.code).toBe(EXIT.sev1);
  await world.say('breaker', 'close', '--reason', 'counted', '--yes');
  await ledger.pool.query('delete from alert');
});

it('an open alert fails with its severity until a person looks after it; a SEV-3 is a warning', async () => {
  const { ledger } = world.relay;
  await raiseAlert(ledger, { kind: 'stock run failed', severity: 2, subject: 'main', message: 'broken off' });
  const open = await doctor();
  expect([open.code, causes(open.json())]).toEqual([EXIT.sev2, ['alerts']]);
  await gatherAlerts(ledger, { channels: [], cooldownMs: 60_000 });
  const [incident] = (await ledger.pool.query('select id from incident')).rows as { id: string }[];
  await world.say('incident', 'ack', String(incident?.id), '--as', 'eve', '--reason', 'on it');
  const acknowledged = await doctor();
  expect([acknowledged.code, acknowledged.json()['findings']]).toEqual([
    EXIT.ok,
    [expect.objectContaining({ cause: 'alerts', state: 'warning', severity: 2 })],
  ]);
  expect(acknowledged.out).toContain('(eve looks after it)');
  await ledger.pool.query('truncate incident cascade; delete from alert');
  await raiseAlert(ledger, { kind: 'unknown HFT71 status', severity: 3, subject: 'main', message: 'glowing' });
  expect((await doctor()).code).toBe(EXIT.ok);
  await ledger.pool.query('delete from alert');
});

it('stock that was not synchronised for two intervals; where it is off, the interval of polling', async () => {
  const { pool } = world.relay.ledger;
  const stockIsOn = { HFT71_STOCK_SYNC_ENABLED: 'on', HFT71_STOCK_INTERVAL: '1h', HFT71_POLL_INTERVAL: '3h' };
  const checked = async (settings: Record<string, string>) =>
    ((await doctor(settings)).json()['checks'] as readonly Json[]).find(({ name }) =>
      /stock and polling/.test(String(name)),
    );
  expect(await checked({ HFT71_POLL_INTERVAL: '3h' })).toMatchObject({
    state: 'skipped',
    what: expect.stringContaining('statuses are polled every 3 h'),
  });
  await pool.query(`update shop set mode = 'live', stock_since = now() - interval '90 minutes'`);
  expect(await checked(stockIsOn)).toMatchObject({
    state: 'ok',
    what: expect.stringMatching(/every 60 min.*every 3 h/),
  });
  await pool.query(`update shop set stock_since = now() - interval '121 minutes'`);
  const late = await doctor(stockIsOn);
  expect([late.code, causes(late.json())]).toEqual([EXIT.sev2, ['stock-late']]);
  await pool.query(`update shop set mode = 'shadow', stock_since = null`);
});

it('a shop’s host whose breaker a person opened: the command that it names lets it be called again', async () => {
  await world.say('breaker', 'open', '--host', '--reason', 'update', '--as', 'eve');
  const said = await doctor();
  expect(said.json()).toMatchObject({
    findings: [{ cause: 'shop-breaker', what: 'A person (eve) has stopped all calls to the shop’s host: update' }],
  });
  expect(said.code).toBe(EXIT.sev1);
  expect(await follow(said.json()['findings']?.[0]?.['toDo'])).toContain('The breaker is closed');
  expect((await world.say('breaker', 'show', '--json')).json()).toMatchObject({ host: { state: 'closed' } });
  expect((await doctor()).code).toBe(EXIT.ok);
});

/** Runs the command that stands in the advice. @returns what it says. */
async function follow(advice: unknown): Promise<string> {
  const line = /`relay ([^`]+) --reason …`/.exec(String(advice))?.[1];
  if (line === undefined) throw new Error(`no command with a reason in: ${String(advice)}`);
  return (await world.say(...line.split(' '), '--reason', 'settled', '--yes')).out;
}

it('a shop that a person has paused is a warning: who, since when, why, and how it goes on', async () => {
  await world.say('shop', 'pause', '--reason', 'wrong prices', '--as', 'eve');
  await takeOrder(world, { id: 901 });
  const said = await doctor();
  expect(said.code).toBe(EXIT.ok); // somebody wanted it
  const [finding, ...others] = said.json()['findings'] as readonly Json[];
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ cause: 'paused', state: 'warning', severity: 2 });
  expect(finding?.['what']).toMatch(/^No order of the shop is sent: eve paused it \d+ s ago \(wrong prices\)$/);
  expect(finding?.['evidence']).toEqual([expect.stringMatching(/^Since \d{4}-.*Z$/), '1 order waits']);
  expect(finding?.['toDo']).toContain('`relay shop resume --shop main --reason …`');
  await follow(finding?.['toDo']);
  expect(causes((await doctor()).json())).toEqual([]);
  await world.relay.ledger.pool.query('delete from intent; delete from shop_order');
});

it('refused deliveries: the secret, once one came after the last good one', async () => {
  await countDelivery(world.relay.ledger, 'main', 'bad-signature');
  const said = await doctor();
  expect([said.code, causes(said.json())]).toEqual([EXIT.sev2, ['shop-webhook-secret']]);
  await world.relay.ledger.pool.query('delete from delivery_count');
});

it('no worker, and calls that failed within the hour, by the runbook’s table', async () => {
  const { ledger } = world.relay;
  await ledger.pool.query('delete from process_beat');
  await ledger.pool.query(
    `insert into api_call (shop_id, target, action, method, path, status, duration_ms)
     select 'main', 'hft71', 'send_order', 'POST', '/order', 503, 10 from generate_series(1, 6)`,
  );
  const said = await doctor();
  expect(causes(said.json())).toEqual(['no-worker', 'hft71-calls']);
  expect(said.json()['calls']).toContainEqual(
    expect.objectContaining({
      action: 'send_order',
      likelyCause: 'an outage there',
      calls: expect.objectContaining({ '5xx': 6 }),
    }),
  );
  await ledger.pool.query('delete from api_call');
});

it('a shop that nobody knows is refused, as by every other command, and nothing is asked for it', async () => {
  const requests = async () => (await (await fetch(`${world.sandbox.control}/record/requests`)).json()) as unknown[];
  const before = (await requests()).length;
  const said = await world.say('doctor', '--shop', 'mian');
  expect([said.code, said.out]).toEqual([EXIT.failed, '']);
  expect(said.err).toContain('no shop mian is in the settings');
  expect(said.err).toContain('--shop: main');
  expect(await requests()).toHaveLength(before);
});

it('whether a shop is known cannot be told without PostgreSQL: that is the finding', async () => {
  const away = { ...world.env, DATABASE_URL: 'postgresql://relay@127.0.0.1:1/relay' };
  const said = await run(['doctor', '--shop', 'second', '--json'], away);
  expect([said.code, causes(said.json())]).toEqual([EXIT.sev1, ['postgres-away']]);
  expect(said.json()['checks']).toContainEqual(expect.objectContaining({ name: 'shop second', state: 'skipped' }));
});

it('servers that take a connection and say nothing: told within its time, and not waited for', async () => {
  const silent = createServer((socket) => void socket.pause()).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const startedAt = performance.now();
  const said = await doctor({
    DATABASE_URL: `postgresql://relay@127.0.0.1:${port}/relay`,
    REDIS_URL: `redis://127.0.0.1:${port}`,
  });
  expect(performance.now() - startedAt).toBeLessThan(15_000);
  expect(causes(said.json())).toEqual(['postgres-away', 'redis-away']);
  silent.close();
});

it('shows on a terminal what it looks at, and nothing of it to a program', async () => {
  let shown = '';
  const stderr = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      shown += chunk.toString();
      done();
    },
  });
  await run(['doctor'], world.env, { isTerminal: true, stderr });
  expect(shown).toContain('asking PostgreSQL');
  expect((await doctor()).err).toBe('');
});

describe('of several shops', () => {
  beforeAll(async () => {
    const own = world.shop.settings;
    const raw = {
      WC_BASE_URL: 'http://127.0.0.1:9',
      WC_CONSUMER_KEY: 'ck_second',
      WC_CONSUMER_SECRET: 'cs_second',
      WC_WEBHOOK_SECRET: 'a-secret-for-tests',
      HFT71_BASE_URL: own.hft71.baseUrl,
      HFT71_USERNAME: own.hft71.username,
      HFT71_PASSWORD: world.sandbox.hft71Password,
      HFT71_REFERENCE_PREFIX: 'B-',
    };
    await addShop(world.relay, { id: 'second', raw, actor: 'eve' });
  });

  it('names the shop in the command that closes a breaker of it', async () => {
    await world.say('breaker', 'open', '--shop', 'main', '--host', '--reason', 'update');
    await world.say('breaker', 'open', '--shop', 'main', '--reason', 'stock-taking');
    const said = await world.say('doctor', '--shop', 'main', '--json');
    const advice = (said.json()['findings'] as readonly Json[]).map(({ toDo }) => String(toDo));
    expect(advice).toEqual([
      expect.stringContaining('`relay breaker close --shop main --reason …`'),
      expect.stringContaining('`relay breaker close --shop main --host --reason …`'),
    ]);
    for (const each of advice) expect(await follow(each)).toContain('The breaker is closed');
  });
});
