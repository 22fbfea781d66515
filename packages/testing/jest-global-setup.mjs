/**
 * One PostgreSQL and one Redis for the whole run, on free ports, whatever servers the environment names: tests never
 * touch real things. PostgreSQL is durable, since tests of the hand-off judge by what survives a kill.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import pg from 'pg';
import { tsImport } from 'tsx/esm/api';

const ROOT = new URL('../../', import.meta.url);
const TEMPLATE = 'relay_template';

export default async function setUp() {
  // From the sources, so that tests need no build.
  const { startPostgres, startRedis } = await tsImport('../local-servers/src/index.ts', import.meta.url);
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

/** The migrated database of which `createTestDatabase` makes copies. */
async function createTemplate(serverUrl) {
  const url = new URL(serverUrl);
  url.pathname = `/${TEMPLATE}`;
  const prisma = new URL('node_modules/prisma/build/index.js', ROOT);
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, DATABASE_URL: url.href, CHECKPOINT_DISABLE: '1' };
  try {
    await promisify(execFile)(process.execPath, [prisma.pathname, 'migrate', 'deploy'], { cwd: ROOT, env });
  } catch (error) {
    throw new Error(`The migrations could not be applied:\n${error.stdout}${error.stderr}`, { cause: error });
  }
  const client = new pg.Client(serverUrl);
  await client.connect();
  // A database that someone is connected to cannot be copied.
  await client.query(`ALTER DATABASE ${TEMPLATE} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false`);
  await client.end();
}

/** It would empty the databases of tests that run beside. A test that needs it starts a Redis of its own. */
async function forbidFlushAll(url) {
  const redis = new Redis(url);
  await redis.acl('SETUSER', 'default', '-flushall');
  redis.disconnect();
}
