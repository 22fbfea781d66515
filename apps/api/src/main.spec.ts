import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT_CODES } from '@relay/config';
import {
  assertNoProcessLeft,
  createTestDatabase,
  createTestRedis,
  startProcess,
  type StartedProcess,
  type TestDatabase,
  type TestRedis,
} from '@relay/testing';
import pg from 'pg';
import { cuttable, environment } from './test-support.js';

/** The build, in a folder without a `.env`. */
const SCRIPT = join(__dirname, '../dist/main.js');

let database: TestDatabase;
let redis: TestRedis;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'relay-api-'));
});
beforeEach(async () => {
  [database, redis] = await Promise.all([createTestDatabase(), createTestRedis()]);
});
afterEach(async () => {
  await assertNoProcessLeft();
  await Promise.all([database.drop(), redis.close()]);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const start = (changes: Record<string, string> = {}): StartedProcess =>
  startProcess({ script: SCRIPT, cwd: folder, env: environment(database.url, redis.url, changes) });

async function listening(api: StartedProcess): Promise<string> {
  const line = await api.waitForLine('"api listening"');
  return (JSON.parse(line) as { url: string }).url;
}

it.each(['SIGTERM', 'SIGINT'] as const)('serves until %s, and ends with 0', async (signal) => {
  const api = start();
  const url = await listening(api);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect(await api.kill(signal)).toEqual({ code: EXIT_CODES.ok, signal: null });
  expect(api.stdout()).toContain('"api stopped"');
});

it('is not kept from stopping by a request that never ends', async () => {
  const api = start();
  const { port } = new URL(await listening(api));
  const dripping = connect(Number(port), '127.0.0.1').on('error', () => undefined);
  dripping.write('POST /webhooks/woocommerce/main HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"id":');
  await once(dripping, 'connect');
  const askedAt = Date.now();
  expect(await api.kill('SIGTERM')).toEqual({ code: EXIT_CODES.ok, signal: null });
  expect(Date.now() - askedAt).toBeLessThan(5_000);
});

it('starts and serves while Redis is away, and ends with 0', async () => {
  const api = start({ REDIS_URL: 'redis://127.0.0.1:1' });
  const url = await listening(api);
  const readiness = (await (await fetch(`${url}/readyz`)).json()) as { problems: string[] };
  expect(readiness.problems).toContain('Redis does not answer');
  expect(await api.kill('SIGTERM')).toEqual({ code: EXIT_CODES.ok, signal: null });
});

it('waits for a PostgreSQL that is away, with a line each time, and tells of one that stays away', async () => {
  const toPostgres = await cuttable(database.url);
  await toPostgres.cut();
  const api = start({ DATABASE_URL: toPostgres.url, RELAY_ALERT_LEDGER_AWAY: '0' });
  await api.waitForLine('PostgreSQL does not answer: trying again in 5 s');
  await api.waitForLine('[SEV-1] the ledger is away');
  await toPostgres.mend();
  await api.waitForLine('the ledger is back');
  await listening(api);
  await api.kill();
  await toPostgres.close();
});

it('can be stopped while it waits', async () => {
  const api = start({ DATABASE_URL: 'postgresql://relay@127.0.0.1:1/relay' });
  await api.waitForLine('PostgreSQL does not answer');
  expect(await api.kill('SIGTERM')).toEqual({ code: EXIT_CODES.ok, signal: null });
});

describe('ends with one clear text, and the code for settings, when', () => {
  async function expectRefusal(api: StartedProcess, sentence: string | RegExp): Promise<void> {
    expect(await api.ended).toEqual({ code: EXIT_CODES.config, signal: null });
    expect(api.stderr()).toMatch(sentence);
    expect(api.stderr()).not.toContain('    at ');
  }

  it('settings are wrong: all of them at once', async () => {
    await expectRefusal(start({ RELAY_SECRET_KEY: 'short', PORT: 'many' }), /RELAY_SECRET_KEY[\s\S]*PORT/);
  });

  it('the database is not migrated', async () => {
    const client = new pg.Client(database.url);
    await client.connect();
    await client.query('drop schema public cascade; create schema public');
    await client.end();
    await expectRefusal(start(), 'npx prisma migrate deploy');
  });

  it('the secret key is another one', async () => {
    const first = start();
    await listening(first);
    await first.kill();
    await expectRefusal(start({ RELAY_SECRET_KEY: 'x'.repeat(32) }), 'RELAY_SECRET_KEY does not open this ledger');
  });

  it('the account at HFT71 changed', async () => {
    const first = start();
    await listening(first);
    await first.kill();
    await expectRefusal(start({ HFT71_USERNAME: 'another@hft71.example' }), 'HFT71_BASE_URL or HFT71_USERNAME changed');
  });

  it('PostgreSQL refuses the user', async () => {
    const url = new URL(database.url);
    url.username = 'nobody-known';
    await expectRefusal(start({ DATABASE_URL: url.href }), 'DATABASE_URL');
  });
});

it('ends with 1 when its port is taken', async () => {
  const first = start();
  const url = await listening(first);
  const second = start({ PORT: new URL(url).port });
  expect(await second.ended).toEqual({ code: EXIT_CODES.failed, signal: null });
  expect(second.stderr()).toContain('set PORT to a free one');
  await first.kill();
});
