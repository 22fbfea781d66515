import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { endLeftover } from './owner-record.js';
import { findRedisServer, howToInstallRedis } from './redis-binary.js';
import { launch, type LocalServer } from './server-process.js';

export interface RedisOptions {
  /** Kept between starts. Left out: a temporary one, removed by `stop`. */
  readonly dir?: string;
  /** Left out: any free one. */
  readonly port?: number;
  /** Keep the content over a restart (a second's worth may be lost). Off by default: the relay's Redis is disposable. */
  readonly appendOnly?: boolean;
  /** How many numbered databases; 16 when left out. */
  readonly databases?: number;
}

/** A private Redis (or Valkey) on 127.0.0.1. @throws a sentence with the command to install it, where it is missing. */
export async function startRedis(options: RedisOptions = {}): Promise<LocalServer> {
  const program = findRedisServer();
  if (program === null) throw new Error(howToInstallRedis());
  const folder = options.dir === undefined ? mkdtempSync(join(tmpdir(), 'relay-redis-')) : resolve(options.dir);
  mkdirSync(folder, { recursive: true });
  await endLeftover(folder, 'Redis');

  const server = await launch({
    what: 'Redis',
    program,
    args: (port) => redisArguments(port, folder, options),
    port: options.port,
    folder,
    logFile: join(folder, 'relay-server.log'),
    readyText: 'Ready to accept connections',
    stopSignals: ['SIGTERM'],
    removeFolder: options.dir === undefined,
  });
  return { ...server, url: `redis://127.0.0.1:${server.port}` };
}

function redisArguments(port: number, folder: string, { appendOnly = false, databases = 16 }: RedisOptions): string[] {
  const settings: Record<string, string> = {
    port: String(port),
    bind: '127.0.0.1',
    dir: folder,
    databases: String(databases),
    save: '',
    appendonly: appendOnly ? 'yes' : 'no',
    'maxmemory-policy': 'noeviction', // BullMQ's jobs must not be dropped
    daemonize: 'no',
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}
