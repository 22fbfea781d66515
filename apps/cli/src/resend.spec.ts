import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { advanceCampaign, closeBreaker, openBreaker } from '@relay/ledger';
import { EXIT } from './exit-codes.js';
import { connect, leaveInDoubt, run, startWorld, takeOrder, type World } from './test-support.js';

let world: World;
let folder: string;
beforeAll(async () => {
  world = await startWorld();
  await connect(world);
  await sql(`update shop set mode = 'live'`);
  folder = await mkdtemp(join(tmpdir(), 'relay-resend-'));
  for (const id of [9001, 9002, 9003]) await rejected(id);
  await rejected(9004, 'person');
  await takeOrder(world, { id: 9005 });
  await leaveInDoubt(world, 9005, 600_000);
  await takeOrder(world, { id: 9006, beforeLive: true });
  await takeOrder(world, { id: 9007 });
  await sql(`update intent set state = 'written_back', hft71_order_id = 'H7' where order_id = 9007`);
}, 60_000);
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await world?.stop();
});

const sql = (text: string, params: unknown[] = []) =>
  world.relay.ledger.pool.query<Record<string, unknown>>(text, params);
const resend = (...argv: string[]) => world.say('resend', ...argv);
const why = ['--reason', 'after the outage', '--as', 'Eve'];
const campaigns = async () => (await sql('select count(*)::int as n from campaign')).rows[0]?.['n'];
const stateOf = async (id: number) =>
  (await sql('select state, campaign_id from intent where order_id = $1', [id])).rows[0];

/** Refused by HFT71, or held for a person's reason. */
async function rejected(id: number, heldFor?: string): Promise<void> {
  await takeOrder(world, { id });
  await sql(`update intent set state = $2, reason = $3, reason_detail = 'the SKU is unknown' where order_id = $1`, [
    ...[id, heldFor === undefined ? 'rejected' : 'held', heldFor ?? 'http-422'],
  ]);
}

async function planned(...argv: string[]): Promise<number> {
  return Number((await resend('plan', ...argv, '--json')).json()['campaignId']);
}

describe('relay resend plan', () => {
  const ALL = ['--orders', '9001,9002,9003,9004,9005,9006,9007,4711'];

  it('says what would be sent and what not, with what settles it, and sends nothing', async () => {
    const said = await resend('plan', ...ALL);
    expect([said.code, said.err]).toEqual([EXIT.ok, '']);
    for (const text of [
      '7 orders match; 3 of them would be sent.',
      /3 +rejected +http-422 +re-arm/,
      /1 +held +person +person/,
      /in-doubt: 1\n +HFT71 may have them/,
      /before-go-live: 1\n/,
      /has-id: 1\n/,
      '(1): 4711',
      'the SKU is unknown',
      /3 orders take at least 6 s: 30 a minute, with 50 % of\s+HFT71’s 60 calls per 60 s/,
      /relay resend start \d+ --reason "WHY"/,
    ])
      expect(said.out).toMatch(text);
    expect(Math.max(...said.out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(await stateOf(9001)).toEqual({ state: 'rejected', campaign_id: null });
    expect((await resend('list')).out).toMatch(/planned +\S+ \S+ UTC/);
  });

  it('takes what a person holds only when that is asked for by name', async () => {
    const said = await resend('plan', ...ALL, '--because', 'person', '--json');
    expect(said.json()).toMatchObject({ orders: 1, toSend: 1, parts: [{ part: 're-arm', numbers: ['9004'] }] });
  });

  it('leaves out what HFT71_LINES says is not HFT71’s', async () => {
    const said = await run(['resend', 'plan', '--orders', '9001,9002', '--json'], {
      ...world.env,
      HFT71_LINES: '^TEE-',
    });
    expect(said.json()).toMatchObject({ orders: 2, toSend: 0, hft71s: 0, parts: [{ part: 'not-hft71s', orders: 2 }] });
  });

  it('makes no campaign where nothing is to be sent', async () => {
    const before = await campaigns();
    const said = await resend('plan', '--orders', '9005,9007', '--json');
    expect(said.json()).toMatchObject({ campaignId: null, orders: 2, toSend: 0 });
    expect(await campaigns()).toBe(before);
  });

  it('reads a CSV from a file and from stdin', async () => {
    const path = join(folder, 'orders.csv');
    await writeFile(path, '\ufeff"order";"name"\r\n"9001";"x"\r\n"77";"y"\r\n');
    expect((await resend('plan', '--csv', path, '--json')).json()).toMatchObject({ toSend: 1, unknownNumbers: ['77'] });
    const piped = await run(['resend', 'plan', '--csv', '-', '--json'], world.env, {
      readStdin: () => Promise.resolve('9002\n9003\n'),
    });
    expect(piped.json()).toMatchObject({ toSend: 2, notes: ['2 order numbers were read from the CSV'] });
  });

  it('looks 50,000 numbers up in seconds, and names those that nobody has', async () => {
    const path = join(folder, 'many.csv');
    await writeFile(path, Array.from({ length: 50_000 }, (_, at) => String(9_001 + at)).join('\n'));
    const startedAt = performance.now();
    const said = (await resend('plan', '--csv', path, '--json')).json();
    expect(said).toMatchObject({ orders: 7, toSend: 3 });
    expect(said['unknownNumbers']).toHaveLength(49_993);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it.each<[string, string[], string]>([
    ['no selection', [], 'nothing says which orders'],
    ['a date that is none', ['--from', '2026-02-30'], 'there is no day'],
    ['a window in the future', ['--from', '2099-01-01'], 'lies in the future'],
    ['an unknown state', ['--state', 'rejcted'], 'there is no state “rejcted”'],
    ['numbers that nobody has', ['--orders', '4711,4712'], 'no order has the number 4711, 4712'],
    ['a state that no order has', ['--state', 'shadowed'], 'no order matches'],
    ['a file that is not there', ['--csv', '/nowhere/orders.csv'], 'cannot be read (ENOENT)'],
  ])('refuses %s, and nothing else happens', async (_what, argv, text) => {
    const before = await campaigns();
    const said = await resend('plan', ...argv);
    expect([said.code, said.out]).toEqual([EXIT.failed, '']);
    expect(said.err).toContain(text);
    expect(said.err).toContain('What to do:');
    expect(await campaigns()).toBe(before);
  });

  it('refuses a CSV with formulas, with their lines', async () => {
    const path = join(folder, 'formulas.csv');
    await writeFile(path, 'order\n9001\n=1+1\n');
    const said = await resend('plan', '--csv', path, '--json');
    expect([said.code, said.json()['advice']?.[0]?.['what']]).toEqual([
      EXIT.failed,
      'line 3 of the CSV holds a formula, not an order number',
    ]);
  });
});

describe('a campaign on the command line', () => {
  it('is started after a yes, paused, resumed, cancelled, resumed and reported, all of it written down', async () => {
    const { ledger } = world.relay;
    const id = await planned('--orders', '9001,9002,9003');
    expect((await resend('start', String(id), ...why)).err).toContain('--yes');
    const asked: string[] = [];
    const confirm = (question: string) => Promise.resolve(asked.push(question) === 0);
    await run(['resend', 'start', String(id), ...why], world.env, { isTerminal: true, confirm });
    expect(asked).toEqual([`Send the 3 waiting orders of campaign ${id}?`]);

    const started = await resend('start', String(id), ...why, '--canary', '2', '--share', '30 %', '--yes');
    expect([started.code, started.err]).toEqual([EXIT.ok, '']);
    expect(started.out).toContain(`Campaign ${id} is canary`);
    await advanceCampaign(ledger, id);
    expect(await stateOf(9001)).toEqual({ state: 'ready', campaign_id: String(id) });
    const status = await resend('status', String(id));
    expect(status.out).toMatch(/0 of 3 accepted by HFT71[^]*1 waiting, 2 released[^]*30 % of the budget/);

    const other = await planned('--orders', '9001,9002,9003');
    expect((await resend('start', String(other), ...why, '--yes')).err).toContain(
      'another campaign of this HFT71 account sends now',
    );

    expect((await resend('pause', String(id), ...why)).code).toBe(EXIT.ok);
    expect(await stateOf(9001)).toEqual({ state: 'rejected', campaign_id: null });
    const watched = await resend('status', String(id), '--watch', '--json');
    expect([watched.code, watched.json()['campaign']?.['state']]).toEqual([EXIT.failed, 'paused']);
    expect((await resend('resume', String(id), ...why, '--yes')).code).toBe(EXIT.ok);
    expect((await resend('cancel', String(id), ...why)).code).toBe(EXIT.ok);
    expect((await resend('pause', String(id), ...why)).err).toContain(`campaign ${id} is cancelled`);
    const report = await resend('report', String(id));
    expect(report.out).toMatch(/Not through[^]*9001 +9001 +rejected: http-422[^]*HFT71 refuses it\. Mend the order/);
    const audit = await sql(`select action from audit where subject = $1 order by id`, [`main/campaign ${id}`]);
    expect(audit.rows.map((row) => row['action'])).toEqual([
      ...['resend plan', 'resend start', 'resend pause', 'resend resume', 'resend cancel'],
    ]);
  });

  it('is refused where it could send nothing', async () => {
    const id = await planned('--orders', '9001');
    const start = () => resend('start', String(id), ...why, '--yes');
    await sql(`update shop set mode = 'shadow'`);
    expect((await start()).err).toContain('the shop is not live but shadow');
    await sql(`update shop set mode = 'live'`);
    const account = { kind: 'account', id: world.shop.accountId } as const;
    await openBreaker(world.relay.ledger, account, { owner: 'person:Eve', reason: 'maintenance' });
    expect((await start()).err).toMatch(/its breaker is open\s+\(maintenance\)/);
    await closeBreaker(world.relay.ledger, account);
    expect((await resend('status', '4711')).err).toContain('there is no campaign 4711');
    expect((await resend('start', '4711', ...why, '--yes')).err).toContain('there is no campaign 4711');
  });

  it.each<[string, string[], string]>([
    ['a campaign that is no number', ['status', 'seven'], 'the number that relay resend list prints'],
    ['a share of everything', ['start', '7', ...why, '--share', '100'], 'a whole number from 1 to 90'],
    ['a canary of nothing', ['start', '7', ...why, '--canary', '0'], 'a whole number from 1 to 100'],
    ['no reason', ['cancel', '7'], "required option '--reason <text>'"],
  ])('%s ends with 64', async (_what, argv, text) => {
    const said = await resend(...argv);
    expect([said.code, said.out]).toEqual([EXIT.usage, '']);
    expect(said.err.replace(/\s+/g, ' ')).toContain(text);
  });

  it('shows a bar on a terminal only', async () => {
    const id = await planned('--orders', '9001');
    const on = await run(['resend', 'status', String(id), '--watch'], world.env, { isTerminal: true });
    expect(on.err).toContain('[░░░');
    expect((await resend('status', String(id), '--watch')).err).toBe('');
  });
});
