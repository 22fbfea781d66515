import { chmodSync, existsSync, mkdtempSync, readlinkSync, rmSync, lstatSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startPostgres, type PostgresServer } from './index.js';

const started: PostgresServer[] = [];
const folders: string[] = [];

async function start(options: Parameters<typeof startPostgres>[0]): Promise<PostgresServer> {
  const server = await startPostgres(options);
  started.push(server);
  return server;
}

function folder(mode = 0o755): string {
  const path = mkdtempSync(join(tmpdir(), 'relay-local-servers-'));
  chmodSync(path, mode);
  folders.push(path);
  return path;
}

async function query(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return ((await client.query(statement)) as { rows: Record<string, unknown>[] }).rows;
  } finally {
    await client.end();
  }
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
  folders.splice(0).forEach((path) => rmSync(path, { recursive: true, force: true }));
});

describe('startPostgres', () => {
  it('starts twice at once on ports of their own, and removes what it made', async () => {
    const [one, other] = await Promise.all([start({ durable: true }), start({ durable: false })]);
    expect(one.port).not.toBe(other.port);
    expect(await query(one.url, 'show fsync')).toEqual([{ fsync: 'on' }]);
    expect(await query(other.url, 'show fsync')).toEqual([{ fsync: 'off' }]);
    expect(await query(one.url, 'show unix_socket_directories')).toEqual([{ unix_socket_directories: '' }]);
    await Promise.all([one.stop(), other.stop()]);
    expect([one.dataDir, other.dataDir].filter(existsSync)).toEqual([]);
    await one.stop(); // once more does no harm
  });

  it('lets nobody in without the password', async () => {
    const { url } = await start({ durable: false, user: 'someone', password: 'p@ss/word' });
    expect(await query(url, 'select current_user')).toEqual([{ current_user: 'someone' }]);
    const guess = new URL(url);
    guess.password = 'wrong';
    await expect(query(guess.href, 'select 1')).rejects.toThrow('password authentication failed');
  });

  it('keeps what was committed over a kill -9 and a start on the same folder', async () => {
    const dataDir = join(folder(), 'data');
    const first = await start({ dataDir, durable: true });
    await query(first.url, 'create table kept as select generate_series(1, 1000) as id');
    process.kill(first.pid, 'SIGKILL');
    await first.stop();
    expect(existsSync(join(first.dataDir, 'postmaster.pid'))).toBe(true); // stale
    const second = await start({ dataDir, durable: true, port: first.port });
    expect(second.port).toBe(first.port);
    expect(await query(second.url, 'select count(*)::int as kept from kept')).toEqual([{ kept: 1000 }]);
  });

  it('refuses a folder that a running server holds, and says which', async () => {
    const dataDir = join(folder(), 'data');
    const { pid } = await start({ dataDir, durable: false });
    await expect(startPostgres({ dataDir, durable: false })).rejects.toThrow(
      `is in use by the PostgreSQL with process id ${pid}, started by process ${process.pid}`,
    );
  });

  it('refuses a port that is taken, in a sentence, and leaves nothing behind', async () => {
    const { port } = await start({ durable: false });
    await expect(startPostgres({ durable: false, port })).rejects.toThrow(`port ${port} is in use`);
  });

  it('finds a place for the data where the folders above are closed to its user', async () => {
    const dataDir = join(folder(0o700), 'data');
    const { url } = await start({ dataDir, durable: false });
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    if (lstatSync(dataDir).isSymbolicLink()) folders.push(readlinkSync(dataDir)); // as root
  });
});
