import { Redis } from 'ioredis';
import { serverUrl } from './server-url.js';

/** As many as `jest-global-setup.mjs` starts Redis with; number 0 holds the counter. */
const DATABASES = 512;
const COUNTER = 'relay-test:last-database';

export interface TestRedis {
  /** With the number of a database that nobody else uses. */
  readonly url: string;
  /** Empties this database. */
  flush(): Promise<void>;
  /** Empties this database for good. */
  close(): Promise<void>;
}

/** @param server one of 512 databases; the test run's own when left out. */
export async function createTestRedis(server = serverUrl('RELAY_TEST_REDIS_URL')): Promise<TestRedis> {
  const url = new URL(server);
  const database = await using(url.href, (redis) => redis.incr(COUNTER));
  if (database >= DATABASES)
    throw new Error(`More than ${DATABASES - 1} Redis databases in one run: share one per test file.`);
  url.pathname = `/${database}`;
  const flush = () => using(url.href, async (redis) => void (await redis.flushdb()));
  return { url: url.href, flush, close: flush };
}

async function using<T>(url: string, act: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { maxRetriesPerRequest: 1 });
  try {
    return await act(redis);
  } finally {
    redis.disconnect();
  }
}
