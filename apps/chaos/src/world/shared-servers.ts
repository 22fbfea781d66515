import { startPostgres, startRedis, type LocalServer } from '@relay/local-servers';
import { createTemplate } from '@relay/testing';

/** For the scenarios that leave the servers alone: a database and a numbered Redis database each. */
export interface SharedServers {
  readonly postgresUrl: string;
  readonly redisUrl: string;
  stop(): Promise<void>;
}

/** Whatever the environment names: chaos never touches real things. Durable, since it judges by what survives a kill. */
export async function startSharedServers(): Promise<SharedServers> {
  const started: LocalServer[] = [];
  const stop = async () => void (await Promise.all(started.map((server) => server.stop())));
  const keep = async <T extends LocalServer>(starting: Promise<T>): Promise<T> => {
    const server = await starting;
    started.push(server);
    return server;
  };
  const [postgres, redis] = await Promise.allSettled([
    keep(startPostgres({ durable: true })),
    keep(startRedis({ databases: 512 })),
  ]);
  try {
    if (postgres.status === 'rejected') throw postgres.reason;
    if (redis.status === 'rejected') throw redis.reason;
    await createTemplate(postgres.value.url);
    return { postgresUrl: postgres.value.url, redisUrl: redis.value.url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
