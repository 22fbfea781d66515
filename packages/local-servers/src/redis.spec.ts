import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertNoProcessLeft, startProcess, waitFor } from '@relay/testing';
import { findRedisServer, howToInstallRedis, startRedis, type LocalServer } from './index.js';
import { identify, isAlive } from './process-identity.js';

const started: LocalServer[] = [];
let folder: string;

async function start(options?: Parameters<typeof startRedis>[0]): Promise<LocalServer> {
  const server = await startRedis(options);
  started.push(server);
  return server;
}

/** One command in Redis's plain-text form. */
function ask(port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`));
    socket.once('data', (answer) => {
      resolve(answer.toString());
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'relay-local-servers-'))));
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
  rmSync(folder, { recursive: true, force: true });
  await assertNoProcessLeft();
});

describe('startRedis', () => {
  it('starts twice at once on ports of their own', async () => {
    const [one, other] = await Promise.all([start(), start({ databases: 512 })]);
    expect(one.port).not.toBe(other.port);
    expect(await ask(one.port, 'PING')).toBe('+PONG\r\n');
    expect(await ask(one.port, 'SELECT 511')).toMatch(/^-ERR/);
    expect(await ask(other.port, 'SELECT 511')).toBe('+OK\r\n');
    expect(await ask(one.port, 'CONFIG GET maxmemory-policy')).toContain('noeviction');
  });

  it('keeps its content over a restart where asked to', async () => {
    const first = await start({ dir: folder, appendOnly: true });
    await ask(first.port, 'SET key kept');
    await first.stop();
    const second = await start({ dir: folder, appendOnly: true });
    expect(await ask(second.port, 'GET key')).toContain('kept');
  });

  it('refuses a port that is taken, and a folder that is in use', async () => {
    const { port, pid } = await start({ dir: folder });
    await expect(startRedis({ port })).rejects.toThrow(`Redis cannot start: port ${port} is in use.`);
    await expect(startRedis({ dir: folder })).rejects.toThrow(`in use by the Redis with process id ${pid}`);
  });

  it('ends by itself when its program is killed, and takes its temporary folder along', async () => {
    const index = join(__dirname, 'index.ts');
    const program = `const { startRedis } = await import(${JSON.stringify(index)});
      const { pid } = await startRedis(); console.log('redis is', pid); setInterval(() => {}, 1000);`;
    const child = startProcess({ script: '-e', args: [program], nodeArgs: ['--import', 'tsx', '--input-type=module'] });
    const server = identify(Number((await child.waitForLine('redis is')).split(' ').at(-1)));
    if (server === null) throw new Error('it should run');
    await child.kill('SIGKILL');
    await waitFor(() => !isAlive(server), { what: 'the end of a server without its program' });
  });

  it('ends a server that was left over on the folder', async () => {
    const left = await start({ dir: folder });
    const record = join(folder, 'relay-server.json');
    const { server } = JSON.parse(readFileSync(record, 'utf8')) as { server: unknown };
    const gone = startProcess({ script: '-e', args: ['0'] });
    await gone.ended;
    writeFileSync(record, JSON.stringify({ server, owner: { pid: gone.pid, startedAt: 'before' } }));
    const next = await start({ dir: folder });
    expect(next.pid).not.toBe(left.pid);
    expect(identify(left.pid)).toBeNull();
  });
});

describe('findRedisServer', () => {
  it('prefers what is named, then redis-server, then valkey-server', () => {
    for (const name of ['redis-server', 'valkey-server', 'mine']) {
      writeFileSync(join(folder, name), '#!/bin/sh\n');
      chmodSync(join(folder, name), 0o755);
    }
    const PATH = folder;
    expect(findRedisServer({ PATH, REDIS_SERVER_BIN: join(folder, 'mine') })).toBe(join(folder, 'mine'));
    expect(findRedisServer({ PATH })).toBe(join(folder, 'redis-server'));
    rmSync(join(folder, 'redis-server'));
    expect(findRedisServer({ PATH })).toBe(join(folder, 'valkey-server'));
    expect(findRedisServer({ PATH: '/nowhere' })).toBeNull();
    expect(() => findRedisServer({ PATH, REDIS_SERVER_BIN: '/nowhere/redis' })).toThrow('REDIS_SERVER_BIN');
  });
});

describe('howToInstallRedis', () => {
  it.each([
    ['darwin', [], 'brew install redis'],
    ['linux', ['apt-get'], 'apt-get install -y redis-server'],
    ['linux', ['dnf'], 'dnf install -y valkey'],
    ['linux', ['apk'], 'apk add redis'],
    ['linux', [], 'docker run'],
  ] as const)('on %s with %j is one sentence with "%s"', (platform, tools: readonly string[], command) => {
    const sentence = howToInstallRedis(platform, (name) => tools.includes(name));
    expect(sentence).toContain(command);
    expect(sentence).not.toContain('\n');
  });
});

describe('a server', () => {
  it('knows nothing of the secrets in the environment of its program', async () => {
    process.env.RELAY_SECRET_KEY = 'very-secret';
    const { pid } = await start();
    delete process.env.RELAY_SECRET_KEY;
    const seen = existsSync('/proc')
      ? readFileSync(`/proc/${pid}/environ`, 'utf8')
      : execFileSync('ps', ['-Eww', '-p', String(pid)]);
    expect(String(seen)).not.toContain('very-secret');
  });
});
