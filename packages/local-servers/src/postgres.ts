import { join } from 'node:path';
import { endLeftover } from './owner-record.js';
import { postgresBinaries } from './postgres-binaries.js';
import {
  createCluster,
  hasCluster,
  prepareDataFolder,
  removeStaleLock,
  temporaryDataFolder,
} from './postgres-cluster.js';
import { launch, type LocalServer } from './server-process.js';
import { unprivilegedUser } from './unprivileged-user.js';

export interface PostgresOptions {
  /** Kept between starts. Left out: a temporary one, removed by `stop`. */
  readonly dataDir?: string;
  /** Left out: any free one. */
  readonly port?: number;
  /**
   * Whether a commit that was acknowledged survives a crash. Without it thousands of rows are lost at `kill -9`, so it
   * must be on wherever orders are sent; off is for tests that send nothing.
   */
  readonly durable: boolean;
  /** Superuser of a new cluster; an existing one keeps what it was made with. */
  readonly user?: string;
  readonly password?: string;
}

export interface PostgresServer extends LocalServer {
  readonly dataDir: string;
}

/** A private PostgreSQL 18 on 127.0.0.1. */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const { durable, user: superuser = 'relay', password = 'relay' } = options;
  const user = unprivilegedUser();
  const { postgres, initdb } = postgresBinaries(user);
  const folder = options.dataDir === undefined ? temporaryDataFolder(user) : prepareDataFolder(options.dataDir, user);

  if (hasCluster(folder)) {
    await endLeftover(folder, 'PostgreSQL');
    removeStaleLock(folder);
  } else {
    await createCluster({ initdb, folder, user, superuser, password, durable });
  }

  const server = await launch({
    what: 'PostgreSQL',
    program: postgres,
    args: (port) => ['-D', folder, '-p', String(port), ...settings(durable).flatMap((setting) => ['-c', setting])],
    port: options.port,
    folder,
    logFile: join(folder, 'relay-server.log'),
    readyText: 'database system is ready to accept connections',
    stopSignals: ['SIGINT', 'SIGQUIT'], // end all sessions in order; else at once, and recover at the next start
    removeFolder: options.dataDir === undefined,
    ...(user === undefined ? {} : { user }),
  });
  const login = `${encodeURIComponent(superuser)}:${encodeURIComponent(password)}`;
  return { ...server, url: `postgresql://${login}@127.0.0.1:${server.port}/postgres`, dataDir: folder };
}

function settings(durable: boolean): string[] {
  return [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=', // it would be a second way in, and its path is too long below deep folders
    'max_connections=200',
    'shared_buffers=128MB',
    'timezone=UTC',
    'log_timezone=UTC',
    ...(durable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
  ];
}
