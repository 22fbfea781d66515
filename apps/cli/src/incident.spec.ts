import { raiseAlert } from '@relay/ledger';
import { evaluateAlerts } from '@relay/operations';
import { assertNoProcessLeft } from '@relay/testing';
import { EXIT } from './exit-codes.js';
import { connect, startWorld, type World } from './test-support.js';

let world: World;

beforeAll(async () => {
  world = await startWorld();
  await connect(world);
  await raiseAlert(world.relay.ledger, {
    kind: 'duplicate at HFT71',
    severity: 1,
    subject: 'main/1',
    message: 'HFT71 has several orders under the reference 1: 7, 8',
  });
  await evaluateAlerts(world.relay);
});
afterAll(async () => {
  await world.stop();
  await assertNoProcessLeft();
});

describe('relay incident', () => {
  it('lists what is open, with its severity and since when', async () => {
    const { out, code } = await world.say('incident', 'list');
    expect(code).toBe(EXIT.ok);
    expect(out).toMatch(/1 +SEV-1 +firing +\d+ s ago +1 +duplicate at HFT71/);
    expect((await world.say('incident', 'list', '--json')).json()).toMatchObject({
      incidents: [{ id: 1 }],
      more: false,
    });
  });

  it('is acknowledged once, by somebody, and says by whom', async () => {
    const ack = await world.say('incident', 'ack', '1', '--as', 'Eve', '--reason', 'on it');
    expect([ack.code, ack.out]).toEqual([EXIT.ok, expect.stringContaining('Incident 1 is acknowledged.')]);
    expect(ack.out).not.toContain('SEV-1');
    expect(ack.err).toContain('SEV-1 incident 1 acknowledged: by Eve: on it'); // its log
    const again = await world.say('incident', 'ack', '1');
    expect([again.code, again.err]).toEqual([EXIT.failed, expect.stringContaining('acknowledged already, by Eve')]);
  });

  it('is mitigated, shown, and closed with a reason', async () => {
    expect((await world.say('incident', 'mitigate', '1', '--reason', 'held')).code).toBe(EXIT.ok);
    const shown = await world.say('incident', 'show', '1');
    expect(shown.out).toContain('Incident 1: SEV-1 duplicate at HFT71');
    expect(shown.out).toMatch(/acknowledged +\d{4}-.* by Eve, target/);
    expect(shown.out).toContain('in the log only: ALERT_WEBHOOK_URL and SMTP_URL are not set');
    expect(Math.max(...shown.out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    expect((await world.say('incident', 'close', '1')).code).toBe(EXIT.usage); // why is missing
    expect((await world.say('incident', 'close', '1', '--reason', 'cancelled one')).code).toBe(EXIT.ok);
    expect((await world.say('incident', 'list')).out).toContain('No incident is open.');
  });

  it('is reported as Markdown and as JSON', async () => {
    const { out } = await world.say('incident', 'report', '1');
    expect(out).toContain('# Incident 1: SEV-1, resolved');
    expect(out).toContain('- [ ] Runbook updated with lessons learned.');
    expect((await world.say('incident', 'report', '1', '--json')).json()).toMatchObject({
      incident: { id: 1, state: 'resolved' },
      evidence: { affected: { total: 0 } },
      runbook: ['docs/runbook.md#held-orders'],
    });
  });

  it.each([
    ['one that is not there', ['incident', 'show', '99'], EXIT.failed, 'there is no incident 99'],
    ['no number', ['incident', 'show', 'twelve'], EXIT.usage, 'relay incident list shows'],
  ])('%s is answered with what to do', async (_what, argv, code, text) => {
    const said = await world.say(...argv);
    expect([said.code, said.err]).toEqual([code, expect.stringContaining(text)]);
  });
});

describe('of one shop', () => {
  const list = async (shop: string) => (await world.say('incident', 'list', '--all', '--shop', shop, '--json')).json();
  const idsOf = async (shop: string) =>
    ((await list(shop))['incidents'] as unknown as { id: number }[]).map(({ id }) => id).toSorted();

  beforeAll(async () => {
    const { ledger } = world.relay;
    await ledger.pool.query(`insert into account (id, base_url, username, window_base, max_in_flight)
      values ('00000000-0000-4000-8000-000000000002', 'https://other.example', 'other', 6, 6)`);
    await ledger.pool.query(`insert into shop (id, account_id, base_url, mode)
      values ('second', '00000000-0000-4000-8000-000000000002', 'https://second.example', 'shadow')`);
    await raiseAlert(ledger, { kind: 'another sender', severity: 1, subject: 'second', message: 'order 7' });
    await evaluateAlerts(world.relay);
  });

  it('its account’s incidents are listed, shown, reported and acted on, and no other’s', async () => {
    expect(await idsOf('main')).toEqual([1]);
    expect(await idsOf('second')).toEqual([2]);
    expect((await world.say('incident', 'show', '2', '--shop', 'second')).code).toBe(EXIT.ok);
    for (const argv of [['show'], ['report'], ['ack'], ['close', '--reason', 'x']]) {
      const [how = '', ...rest] = argv;
      const said = await world.say('incident', how, '2', '--shop', 'main', ...rest);
      expect([said.code, said.err]).toEqual([
        EXIT.failed,
        expect.stringContaining('incident 2 is not one of shop main'),
      ]);
    }
    expect((await world.say('incident', 'ack', '2', '--shop', 'second')).code).toBe(EXIT.ok);
    expect((await world.say('incident', 'list', '--shop', 'mian')).err).toContain('no shop mian is known');
  });

  it('the status is that shop’s', async () => {
    const second = (await world.say('status', '--shop', 'second', '--json')).json();
    expect(second).toMatchObject({
      shops: [{ id: 'second' }],
      accounts: [{ username: 'other' }],
      hosts: [],
      orders: {},
      alerts: [{ subject: 'second' }],
    });
    const main = (await world.say('status', '--shop', 'main', '--json')).json();
    expect(main).toMatchObject({ shops: [{ id: 'main' }], hosts: [expect.anything()], alerts: [] });
    expect((await world.say('status', '--shop', 'mian')).err).toContain('no shop mian is known');
  });
});
