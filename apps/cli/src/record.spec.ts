import { ApiCallLog, writeAudit } from '@relay/ledger';
import { assertNoProcessLeft, waitFor } from '@relay/testing';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { EXIT } from './exit-codes.js';
import { run, startWorld, takeOrder, type Json, type World } from './test-support.js';

let world: World;

beforeAll(async () => {
  world = await startWorld();
  await takeOrder(world, { id: 7, number: '1007' });
  await log([
    { action: 'get_order', target: 'shop', status: 200, orderId: 7 },
    { action: 'send_order', target: 'hft71', status: 503, orderId: 7, requestId: 'req-1' },
    { action: 'send_order', target: 'hft71', status: null, code: 'deadline', orderId: 8 },
  ]);
});
afterAll(async () => {
  await world.stop();
  await assertNoProcessLeft();
});

type Call = Parameters<ApiCallLog['add']>[0];

async function log(calls: readonly (Pick<Call, 'action' | 'target' | 'status'> & Partial<Call>)[]): Promise<void> {
  const book = new ApiCallLog(world.relay.ledger, 'main', (error) => {
    throw error;
  });
  const usual = { method: 'GET', path: '/a', code: null, durationMs: 5, orderId: null, requestId: null };
  calls.forEach((call) => book.add({ ...usual, ...call }));
  await book.flush();
}

const actions = (json: Json) =>
  (json as readonly Json[]).map((call) => `${String(call['action'])} ${String(call['status'])}`);

describe('relay log', () => {
  it('shows the calls that fit, the oldest first', async () => {
    expect(actions((await world.say('log', '--json')).json())).toEqual([
      'get_order 200',
      'send_order 503',
      'send_order null',
    ]);
    for (const [options, fits] of [
      [
        ['--order', '1007'],
        ['get_order 200', 'send_order 503'],
      ],
      [['--class', '5xx'], ['send_order 503']],
      [['--class', 'none', '--target', 'hft71'], ['send_order null']],
      [['--action', 'get_order'], ['get_order 200']],
      [['--since', '2h', '--limit', '1'], ['send_order null']],
      [['--until', '2026-01-01'], []],
    ] as const)
      expect(actions((await world.say('log', '--json', ...options)).json())).toEqual(fits);
  });

  it('is a table for a person', async () => {
    const said = await world.say('log', '--class', '5xx');
    expect(said.out).toMatch(/hft71 +send_order +503 +5 +7 +GET \/a \[req-1\]/);
    expect((await world.say('log', '--action', 'nothing')).out).toBe('No call fits.\n');
  });

  it('refuses what makes no sense, with what to do', async () => {
    for (const wrong of [
      ['--class', '6xx'],
      ['--since', 'yesterday'],
      ['--limit', '0'],
      ['--since', '2026-02-30'], // not the second of March
      ['--until', '2026-04-31T10:00'],
      ['--follow', '--until', '1h'],
    ])
      expect((await world.say('log', ...wrong)).code).toBe(EXIT.usage);
    for (const command of ['log', 'audit']) {
      const empty = await world.say(command, '--since', '1h', '--until', '2h');
      expect([empty.code, empty.err]).toEqual([EXIT.failed, expect.stringContaining('ends before it begins')]);
      const future = await world.say(command, '--since', '2099-01-01', '--json');
      expect([future.code, future.out]).toEqual([EXIT.failed, expect.stringContaining('lies in the future')]);
    }
    expect((await world.say('log', '--order', '4711')).err).toContain('What to do:');
    expect((await world.say('log', '--shop', 'other')).err).toContain('no shop other is known');
  });

  it('follows: what comes is shown once, also what was committed late', async () => {
    const lines: string[] = [];
    const stdout = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        lines.push(chunk.toString());
        done();
      },
    });
    const following = run(['log', '--follow', '--for', '4s', '--json', '--action', 'get_status'], world.env, {
      stdout,
    });
    const { pool } = world.relay.ledger;
    // Its number is drawn before the other's, and it is committed after it.
    const late = await pool.connect();
    await late.query('begin');
    await late.query(`insert into api_call (shop_id, target, action, method, path, status, duration_ms)
      values ('main', 'hft71', 'get_status', 'GET', '/late', 200, 1)`);
    await log([{ action: 'get_status', target: 'hft71', status: 200 }]);
    await waitFor(() => lines.length === 1, { what: 'the first line' });
    await late.query('commit');
    late.release();
    expect((await following).code).toBe(EXIT.ok);
    expect(lines.map((line) => (JSON.parse(line) as { path: string }).path)).toEqual(['/a', '/late']);
  });
});

it('log --follow ends when whoever reads it has enough', async () => {
  const argv = [join(process.cwd(), 'apps/cli/dist/main.js'), 'log', '--follow', '--json', '--action', 'list_orders'];
  const env = Object.fromEntries(Object.entries(world.env).filter((entry) => entry[1] !== undefined));
  const following = spawn(process.execPath, argv, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(following, 'exit');
  try {
    const seen = once(following.stdout, 'data');
    await log([{ action: 'list_orders', target: 'shop', status: 200 }]);
    await seen;
    following.stdout.destroy(); // as `grep -m1` does
    await log([{ action: 'list_orders', target: 'shop', status: 200 }]);
    expect(await ended).toEqual([EXIT.ok, null]);
  } finally {
    following.kill('SIGKILL');
  }
});

describe('relay audit', () => {
  beforeAll(async () => {
    const { ledger } = world.relay;
    await writeAudit(ledger, { actor: 'eve', action: 'orders hold', subject: 'main/7', reason: 'wait' });
    await writeAudit(ledger, {
      actor: 'adam',
      action: 'orders release',
      subject: 'main/7',
      details: { was: 'person' },
    });
    await writeAudit(ledger, { actor: 'eve', action: 'mode live', subject: 'main' });
  });
  const audit = async (...options: string[]) =>
    (((await world.say('audit', '--json', ...options)).json() as readonly Json[]) ?? []).map((line) =>
      String(line['action']),
    );

  it('shows who did what, filtered', async () => {
    expect(await audit()).toEqual(['orders hold', 'orders release', 'mode live']);
    expect(await audit('--by', 'eve')).toEqual(['orders hold', 'mode live']);
    expect(await audit('--action', 'orders')).toEqual(['orders hold', 'orders release']);
    expect(await audit('--order', '1007')).toEqual(['orders hold', 'orders release']);
    expect(await audit('--limit', '1')).toEqual(['mode live']);
    expect(await audit('--shop', 'main', '--since', '1h')).toHaveLength(3);
  });

  it('is a table for a person, with the reason', async () => {
    const { out } = await world.say('audit');
    expect(out).toMatch(/eve +orders hold +main\/7 +“wait”/);
    expect(out).toContain('was: person');
    expect((await world.say('audit', '--by', 'nobody')).out).toContain('Nothing fits');
  });
});
