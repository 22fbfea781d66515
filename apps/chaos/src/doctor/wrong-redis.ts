import { Redis } from 'ioredis';
import { startOwnRedis } from '../world/own-server.js';
import type { World } from '../world/world.js';
import type { Spoiled } from './wrong-thing.js';

export async function redisPolicy(world: World): Promise<Spoiled> {
  const url = await redisWith(world, (redis) => redis.config('SET', 'maxmemory-policy', 'allkeys-lru'));
  return { settings: { REDIS_URL: url } };
}

/** Really full: a write is refused. */
export async function redisMemory(world: World): Promise<Spoiled> {
  const url = await redisWith(world, async (redis) => {
    await redis.config('SET', 'maxmemory', '3mb');
    const large = 'x'.repeat(100_000);
    for (let written = 0; written < 1_000; written += 1) {
      try {
        await redis.set(`of-somebody-else:${written}`, large);
      } catch (error) {
        if (/OOM/.test(String(error))) return;
        throw error;
      }
    }
    throw new Error('Redis took more than its maxmemory.');
  });
  return { settings: { REDIS_URL: url } };
}

async function redisWith(world: World, act: (redis: Redis) => Promise<unknown>): Promise<string> {
  const server = await startOwnRedis();
  world.onClose(() => server.remove());
  const redis = new Redis(server.url);
  try {
    await act(redis);
  } finally {
    redis.disconnect();
  }
  return server.url;
}
