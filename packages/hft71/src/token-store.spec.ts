import { SecretBox } from '@relay/core';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { createServer, type AddressInfo } from 'node:net';
import { createMemoryTokenStore } from './memory-token-store.js';
import { createRedisTokenStore } from './redis-token-store.js';
import type { StoredToken, TokenStore } from './token-store.js';

const box = new SecretBox(['a'.repeat(32)], 'log-in token');
const TOKEN: StoredToken = { token: 'eyJ-secret', receivedAtMs: 1_700_000_000_000, lifeMs: 300_000 };

let server: ChildProcess;
let redis: Redis;

beforeAll(async () => {
  const port = await freePort();
  server = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], {
    stdio: 'ignore',
  });
  redis = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 20, maxRetriesPerRequest: 200 });
  redis.on('error', () => undefined); // refused until the server is up
  await redis.ping();
});
afterAll(async () => {
  redis.disconnect();
  server.kill();
  await once(server, 'exit');
});
beforeEach(async () => {
  await redis.flushall();
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

const stores: [string, () => TokenStore][] = [
  ['in Redis', () => createRedisTokenStore(redis, 'https://api.example user', box)],
  ['in memory', () => createMemoryTokenStore()],
];

describe.each(stores)('a token store %s', (_where, create) => {
  test('gives back what was written', async () => {
    const store = create();
    expect(await store.read()).toBeNull();
    await store.write(TOKEN);
    expect(await store.read()).toEqual(TOKEN);
  });

  test('remembers with which token a call was accepted', async () => {
    const store = create();
    await store.write(TOKEN);
    expect(await store.wasAccepted(TOKEN.token)).toBe(false);
    await store.markAccepted(TOKEN);
    expect(await store.wasAccepted(TOKEN.token)).toBe(true);
    expect(await store.wasAccepted('another')).toBe(false);
  });

  test('lets one at a time log in, and the next one after it, however it ended', async () => {
    const store = create();
    const inner = await store.withLogInLock(async () => store.withLogInLock(async () => 'second'));
    expect(inner).toBe('busy');
    await expect(store.withLogInLock(() => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
    expect(await store.withLogInLock(async () => 'third')).toBe('third');
  });
});

describe('in Redis', () => {
  const store = () => createRedisTokenStore(redis, 'https://api.example user', box);

  test('neither token nor user can be read', async () => {
    await store().write(TOKEN);
    await store().markAccepted(TOKEN);
    const keys = await redis.keys('*');
    const values = await redis.mget(keys);
    expect(`${keys.join()} ${values.join()}`).not.toMatch(/eyJ-secret|api\.example|user/);
    expect(values.join()).not.toContain(Buffer.from('eyJ-secret').toString('base64'));
  });

  test('everything expires by itself', async () => {
    await store().write(TOKEN);
    await store().markAccepted(TOKEN);
    for (const key of await redis.keys('*')) expect(await redis.pttl(key)).toBeGreaterThan(0);
    await store().withLogInLock(async () => {
      for (const key of await redis.keys('*')) expect(await redis.pttl(key)).toBeGreaterThan(0);
    });
  });

  test('a token closed under another key is as if there were none', async () => {
    await createRedisTokenStore(redis, 'https://api.example user', new SecretBox(['b'.repeat(32)], 'x')).write(TOKEN);
    expect(await store().read()).toBeNull();
  });

  test('accounts do not see each other', async () => {
    await store().write(TOKEN);
    expect(await createRedisTokenStore(redis, 'https://api.example other', box).read()).toBeNull();
  });

  test('a lock that expired and went to another worker is not released by the first', async () => {
    const lockKeys = async () => redis.keys('*lock*');
    await store().withLogInLock(async () => {
      const [key] = await lockKeys();
      await redis.set(key as string, 'another worker');
    });
    expect(await lockKeys()).toHaveLength(1);
  });
});
