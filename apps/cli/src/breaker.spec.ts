import { countHostFailure, freezeAccount, openAlerts, raiseAlert, stopAccount } from '@relay/ledger';
import { assertNoProcessLeft } from '@relay/testing';
import { EXIT } from './exit-codes.js';
import { run, startWorld, type World } from './test-support.js';

let world: World;

beforeEach(async () => {
  world = await startWorld();
});
afterEach(async () => {
  await world.stop();
  await assertNoProcessLeft();
});

const shown = async () => (await world.say('breaker', 'show', '--json')).json();
async function audit(): Promise<unknown[]> {
  const sql = 'select actor, action, subject, reason from audit order by id';
  return (await world.relay.ledger.pool.query<Record<string, unknown>>(sql)).rows;
}

it('breaker close lets a stopped account go again, with a reason, and is written down', async () => {
  const { ledger } = world.relay;
  await stopAccount(ledger, world.shop.accountId, 'another sender: order 7 shows 99');
  await raiseAlert(ledger, { kind: 'another sender', severity: 1, subject: 'main', message: 'x' });
  const open = (await world.say('breaker', 'show')).out;
  expect(open).toMatch(/breaker +open, since /);
  expect(open).toContain('the relay: another sender: order 7 shows 99');
  expect(open).toContain('a person only: relay breaker close --reason …');

  expect((await world.say('breaker', 'close', '--yes')).code).toBe(EXIT.usage);
  expect((await world.say('breaker', 'close', '--reason', 'plugin off')).code).toBe(EXIT.failed); // no yes, no terminal
  const said = await world.say('breaker', 'close', '--reason', 'plugin off', '--yes', '--as', 'Eve');
  expect([said.code, said.out]).toEqual([EXIT.ok, 'The breaker is closed: orders go again.\n']);
  expect(await shown()).toMatchObject({ shop: 'main', account: { state: 'closed', owner: null } });
  expect(await openAlerts(ledger)).toEqual([]);
  expect(await audit()).toMatchObject([{ actor: 'Eve', action: 'breaker close', reason: 'plugin off' }]);
  expect((await world.say('audit', '--shop', 'main')).out).toContain('“plugin off”');
});

it('breaker close ends the alerts of every shop of the account, also of one that was raised once it was closed', async () => {
  const { ledger } = world.relay;
  await ledger.pool.query(
    `insert into shop (id, account_id, base_url) select 'second', account_id, 'https://second.example' from shop where id = 'main'`,
  );
  const tell = (kind: string, subject: string) => raiseAlert(ledger, { kind, severity: 1, subject, message: 'x' });
  await stopAccount(ledger, world.shop.accountId, 'another sender: order 7 shows 99');
  await tell('another sender', 'main');
  await tell('another installation is sending', 'second');
  const close = () => world.say('breaker', 'close', '--reason', 'plugin off', '--yes', '--as', 'Eve');
  expect((await close()).out).toBe('The breaker is closed: orders go again.\n');
  expect(await openAlerts(ledger)).toEqual([]);

  await tell('another sender', 'second'); // of the same stop, told a moment too late
  expect((await close()).code).toBe(EXIT.ok);
  expect(await openAlerts(ledger)).toEqual([]);
  expect(await audit()).toMatchObject([{ action: 'breaker close' }, { action: 'breaker close' }]);
  expect((await close()).out).toBe('The breaker was closed already.\n');
  expect(await audit()).toHaveLength(2);
});

it('breaker open stops the account until a person closes it, and says who did', async () => {
  const said = await world.say('breaker', 'open', '--reason', 'they asked us to', '--as', 'Eve');
  expect(said.code).toBe(EXIT.ok);
  expect(await shown()).toMatchObject({
    account: {
      state: 'open',
      owner: 'person:Eve',
      reason: 'they asked us to',
      nextProbeAt: null,
      sendWindow: { now: 0 },
    },
    host: { state: 'closed' },
  });
  expect((await world.say('breaker', 'show')).out).toMatch(/opened by +Eve: they asked us to/);
  expect((await world.say('status')).out).toContain('opened by person:Eve: they asked us to');
  expect(await audit()).toMatchObject([{ actor: 'Eve', action: 'breaker open', reason: 'they asked us to' }]);
});

it('breaker open leaves what stopped the account as it is, and says so', async () => {
  await stopAccount(world.relay.ledger, world.shop.accountId, 'another sender');
  const said = await world.say('breaker', 'open', '--reason', 'me too');
  expect(said.code).toBe(EXIT.failed);
  expect(said.err).toContain('the relay has stopped the account already');
  expect(await shown()).toMatchObject({ account: { owner: 'relay', reason: 'another sender' } });
});

it('--host moves the breaker of the shop’s host, and leaves the account’s', async () => {
  const opened = await world.say('breaker', 'open', '--host', '--reason', 'update of the shop', '--as', 'Eve');
  expect([opened.code, opened.out]).toEqual([EXIT.ok, expect.stringContaining('(relay breaker close --host)')]);
  expect(await shown()).toMatchObject({
    account: { state: 'closed' },
    host: { host: world.shop.host, state: 'open', owner: 'person:Eve' },
  });
  expect((await world.say('breaker', 'show')).out).toContain('a person only: relay breaker close --host --reason …');
  const asked: string[] = [];
  const confirm = (question: string) => Promise.resolve(asked.push(question) === 1);
  const closed = await run(['breaker', 'close', '--host', '--reason', 'done'], world.env, {
    isTerminal: true,
    confirm,
  });
  expect(closed.code).toBe(EXIT.ok);
  expect(asked).toEqual([`Call ${world.shop.host} again?`]);
  expect(await shown()).toMatchObject({ host: { state: 'closed' } });
  expect(await audit()).toMatchObject([
    { action: 'breaker open', subject: world.shop.host },
    { action: 'breaker close', subject: world.shop.host },
  ]);
  expect((await world.say('audit', '--shop', 'main', '--json')).json()).toHaveLength(2);
});

it('shows failures in a row, the next probe, and a freeze', async () => {
  const { ledger } = world.relay;
  for (let n = 0; n < 2; n++) await countHostFailure(ledger, world.shop.host, 'HTTP 503');
  expect(await shown()).toMatchObject({ host: { state: 'closed', failuresInARow: 2, nextProbeAt: null } });
  await countHostFailure(ledger, world.shop.host, 'HTTP 503');
  await freezeAccount(ledger, world.shop.accountId, 60_000);
  expect(await shown()).toMatchObject({
    account: { frozenUntil: expect.any(String), sendWindow: { now: 0 } },
    host: { state: 'open', owner: 'failures', failuresInARow: 3, nextProbeAt: expect.any(String) },
  });
  const { out } = await world.say('breaker', 'show');
  for (const text of ['failed calls: HTTP 503', 'next probe', 'HFT71 answered 429']) expect(out).toContain(text);
  const status = await world.say('status');
  for (const text of ['frozen until', `open     ${world.shop.host}`, 'opened by failures: HTTP 503'])
    expect(status.out).toContain(text);
});
