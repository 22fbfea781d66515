import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres, startRedis, type LocalServer } from '@relay/local-servers';
import { migrate } from '@relay/testing';

/** A server of one scenario's own, which it may stop, kill and start again on the same port. */
export interface OwnServer {
  readonly url: string;
  /** In order. */
  stop(): Promise<void>;
  /** `kill -9`: without a word. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** For good, with its data. */
  remove(): Promise<void>;
}

/** Emptied by each restart, as a Redis without persistence is. */
export function startOwnRedis(): Promise<OwnServer> {
  return ownServer('redis', (dir, port) => startRedis({ dir, ...(port === undefined ? {} : { port }) }));
}

/** Durable and migrated. */
export async function startOwnPostgres(): Promise<OwnServer> {
  const server = await ownServer('postgres', (folder, port) =>
    startPostgres({ dataDir: join(folder, 'data'), durable: true, ...(port === undefined ? {} : { port }) }),
  );
  try {
    await migrate(server.url);
  } catch (error) {
    await server.remove();
    throw error;
  }
  return server;
}

async function ownServer(
  name: string,
  launch: (folder: string, port?: number) => Promise<LocalServer>,
): Promise<OwnServer> {
  const folder = await mkdtemp(join(tmpdir(), `relay-chaos-${name}-`));
  await chmod(folder, 0o755); // PostgreSQL runs as another user, and has to reach what lies below
  let running: LocalServer | null = await launch(folder);
  const { url, port } = running;
  const stop = async () => {
    await running?.stop();
    running = null;
  };
  return {
    url,
    stop,
    async kill() {
      if (running !== null) process.kill(running.pid, 'SIGKILL');
      await stop(); // waits for its end
    },
    async start() {
      // The sessions of a killed PostgreSQL may outlive it by a moment, and keep its shared memory.
      for (let tries = 1; running === null; tries += 1)
        running = await launch(folder, port).catch((error: unknown) => {
          if (tries === TRIES) throw error;
          return null;
        });
    },
    async remove() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const TRIES = 20;
