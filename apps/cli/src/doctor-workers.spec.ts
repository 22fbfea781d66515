import { assertNoProcessLeft } from '@relay/testing';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { EXIT } from './exit-codes.js';
import { connect, startWorld, type Json, type World } from './test-support.js';

const MINUTES = 60;

let world: World;
let strangers: ChildProcess[] = [];

beforeAll(async () => {
  world = await startWorld();
  await connect(world);
});
beforeEach(async () => {
  await world.relay.ledger.pool.query('delete from process_beat');
});
afterEach(async () => {
  await Promise.all(
    strangers.map(async (stranger) => {
      stranger.kill('SIGKILL');
      if (stranger.exitCode === null && stranger.signalCode === null) await once(stranger, 'exit');
    }),
  );
  strangers = [];
});
afterAll(async () => {
  await world.stop();
  await assertNoProcessLeft();
});

async function heard(host: string, silentSeconds: number, pid = 7): Promise<void> {
  await world.relay.ledger.pool.query(
    `insert into process_beat (id, kind, host, pid, seen_at) values ($1, 'worker', $2, $3, now() - make_interval(secs => $4))`,
    [randomUUID(), host, pid, silentSeconds],
  );
}

/** A process of this machine that beats no more, as a worker that hangs. */
async function hanging(): Promise<number> {
  const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  strangers.push(stranger);
  await once(stranger, 'spawn');
  return stranger.pid ?? 0;
}

async function diagnosed(): Promise<{ code: number; findings: readonly Json[]; out: string }> {
  const said = await world.say('doctor', '--json');
  return { code: said.code, findings: said.json()['findings'] as readonly Json[], out: said.out };
}

describe.each([
  { silentFor: '1 min', seconds: MINUTES, cause: 'worker-stuck' },
  { silentFor: '11 min', seconds: 11 * MINUTES, cause: 'no-worker' },
  { silentFor: '20 h', seconds: 20 * 60 * MINUTES, cause: 'no-worker' },
])('the only worker, on another machine, was heard $silentFor ago', ({ seconds, cause }) => {
  it(`is SEV-1, and not a warning: ${cause}`, async () => {
    await heard('lost-container', seconds);
    const { code, findings } = await diagnosed();
    expect(findings).toMatchObject([{ cause, state: 'failed', severity: 1 }]);
    expect(code).toBe(EXIT.sev1);
  });
});

it('whether a worker of another machine was killed it does not claim to know', async () => {
  await heard('lost-container', 11 * MINUTES);
  const { out } = await diagnosed();
  expect(out).toContain('lost-container/7, was heard 11 min ago');
  expect(out).toContain('it was killed, hangs, or its machine is lost');
});

it('a worker of another machine that fell silent beside one that runs is a warning for ten minutes, then forgotten', async () => {
  await heard('new-container', 0);
  await heard('killed-container', 9 * MINUTES);
  const soon = await diagnosed();
  expect(soon).toMatchObject({ code: EXIT.ok, findings: [{ cause: 'worker-stuck', state: 'warning' }] });

  await world.relay.ledger.pool.query('delete from process_beat');
  await heard('new-container', 0);
  await heard('killed-container', 11 * MINUTES);
  expect(await diagnosed()).toMatchObject({ code: EXIT.ok, findings: [] });
});

it('a worker of this machine that is alive and silent is told however long that lasts', async () => {
  await heard(hostname(), 60 * MINUTES, await hanging());
  expect(await diagnosed()).toMatchObject({ code: EXIT.sev1, findings: [{ cause: 'worker-stuck', state: 'failed' }] });
  await heard(hostname(), 0, process.pid);
  expect(await diagnosed()).toMatchObject({ code: EXIT.ok, findings: [{ cause: 'worker-stuck', state: 'warning' }] });
});

it('a container that was started again has its host and pid: what was heard before is not another worker', async () => {
  await heard(hostname(), 5 * MINUTES, process.pid);
  await heard(hostname(), 0, process.pid);
  expect(await diagnosed()).toMatchObject({ code: EXIT.ok, findings: [] });
});
