/**
 * One PostgreSQL and one Redis for the whole run, on free ports, whatever servers the environment names: tests never
 * touch real things. PostgreSQL is durable, since tests of the hand-off judge by what survives a kill.
 */
import { Redis } from 'ioredis';
import { tsImport } from 'tsx/esm/api';

export default async function setUp() {
  // From the sources, so that tests need no build.
  const { startPostgres, startRedis } = await tsImport('../local-servers/src/index.ts', import.meta.url);
  const { createTemplate } = await tsImport('./src/database-template.ts', import.meta.url);
  const { VARIABLE_NAMES } = await tsImport('../config/src/index.ts', import.meta.url);
  for (const name of VARIABLE_NAMES) delete process.env[name];

  const starting = [startPostgres({ durable: true }), startRedis({ databases: 512 })];
  const [postgres, redis] = await Promise.allSettled(starting);
  globalThis.relayTestServers = [postgres, redis].flatMap(({ value }) => value ?? []);
  try {
    const failed = [postgres, redis].find(({ status }) => status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    await Promise.all([createTemplate(postgres.value.url), forbidFlushAll(redis.value.url)]);
  } catch (error) {
    await Promise.all(globalThis.relayTestServers.map((server) => server.stop()));
    throw error;
  }
  process.env.RELAY_TEST_POSTGRES_URL = postgres.value.url;
  process.env.RELAY_TEST_REDIS_URL = redis.value.url;
}

/** It would empty the databases of tests that run beside. A test that needs it starts a Redis of its own. */
async function forbidFlushAll(url) {
  const redis = new Redis(url);
  await redis.acl('SETUSER', 'default', '-flushall');
  redis.disconnect();
}
