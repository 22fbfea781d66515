import { Redis } from 'ioredis';
import pg from 'pg';
import { assertNoProcessLeft, createTestDatabase, createTestRedis, startProcess, waitFor } from './index.js';

describe('createTestDatabase', () => {
  it('gives a migrated database of its own, and drops it', async () => {
    const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    expect(one.url).not.toBe(other.url);
    const client = new pg.Client(one.url);
    client.on('error', () => undefined); // dropped under its feet below
    await client.connect();
    const migrations = await client.query(
      'select migration_name from _prisma_migrations where finished_at is not null',
    );
    expect(migrations.rowCount).toBeGreaterThan(0);
    await Promise.all([one.drop(), other.drop()]);
    await expect(client.query('select 1')).rejects.toThrow();
    await client.end().catch(() => undefined);
  });
});

describe('createTestRedis', () => {
  it('gives each caller an empty database of its own', async () => {
    const [one, other] = await Promise.all([createTestRedis(), createTestRedis()]);
    const clients = [new Redis(one.url), new Redis(other.url)] as const;
    await clients[0].set('key', 'one');
    expect(await clients[1].get('key')).toBeNull();
    await one.close();
    expect(await clients[0].get('key')).toBeNull();
    clients.forEach((client) => client.disconnect());
  });

  it('refuses FLUSHALL, which would empty what other tests use', async () => {
    const redis = new Redis((await createTestRedis()).url);
    await expect(redis.flushall()).rejects.toThrow('NOPERM');
    redis.disconnect();
  });
});

describe('the environment of a test', () => {
  it('names no real server', () => {
    expect(process.env.DATABASE_URL).toBeUndefined();
    expect(process.env.REDIS_URL).toBeUndefined();
  });
});

describe('waitFor', () => {
  it('returns the first truthy answer', async () => {
    let asked = 0;
    expect(await waitFor(() => ++asked === 3 && 'there', { what: 'the third time', intervalMs: 1 })).toBe('there');
  });

  it('says what it waited for, and what it saw last', async () => {
    const waiting = waitFor(() => null, { what: 'a reply', timeoutMs: 5, intervalMs: 1 });
    await expect(waiting).rejects.toThrow('Waited 5 ms in vain for a reply; the last answer was null');
    const throwing = waitFor(() => Promise.reject(new Error('away')), { what: 'a reply', timeoutMs: 5, intervalMs: 1 });
    await expect(throwing).rejects.toThrow('away');
  });
});

describe('startProcess', () => {
  const run = (program: string) => startProcess({ script: '-e', args: [program], env: { GREETING: 'hello' } });

  it('collects the output, waits for a line and ends by signal', async () => {
    const child = run('console.log(process.env.GREETING); console.error("on stderr"); setInterval(() => {}, 1000)');
    expect(await child.waitForLine(/^hel+o$/)).toBe('hello');
    await child.waitForLine('on stderr');
    expect(await child.kill('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('fails at once when the process ends before the line', async () => {
    const child = run('process.exit(3)');
    await expect(child.waitForLine('never')).rejects.toThrow('before its end');
    expect(await child.ended).toEqual({ code: 3, signal: null });
  });

  it('tells of a process that was left running, and ends it', async () => {
    const child = run('setInterval(() => {}, 1000)');
    await expect(assertNoProcessLeft()).rejects.toThrow('Left running by the test');
    expect((await child.ended).signal).toBe('SIGKILL');
    await expect(assertNoProcessLeft()).resolves.toBeUndefined();
  });
});
