import type { SecretBox } from '@relay/core';
import type { Redis } from 'ioredis';
import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { StoredToken, TokenStore } from './token-store.js';

const storedTokenSchema = z.object({ token: z.string().min(1), receivedAtMs: z.number(), lifeMs: z.number() });

/** Longer than a log-in can take (connect 3 s, answer 20 s), so that a lock lost in one is the exception. */
const LOCK_LIFE_MS = 30_000;

/** Deletes the lock only while it is still ours: after its expiry it is another worker's. */
const RELEASE_LOCK = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0`;

/**
 * The account's token in Redis, encrypted. Redis may be emptied at any time: the next call logs in.
 * @param accountKey names the account (base URL and user) and is hashed: no user name in a key.
 */
export function createRedisTokenStore(redis: Redis, accountKey: string, box: SecretBox): TokenStore {
  const account = sha256(accountKey).slice(0, 32);
  const tokenKey = `hft71:token:{${account}}`;
  const acceptedKey = `hft71:token-accepted:{${account}}`;
  const lockKey = `hft71:log-in-lock:{${account}}`;
  return {
    async read() {
      const closed = await redis.get(tokenKey);
      return closed === null ? null : parseStoredToken(box.open(closed));
    },
    async write(token) {
      await redis.set(tokenKey, box.close(JSON.stringify(token)), 'PX', expiryMs(token));
    },
    async markAccepted(token) {
      await redis.set(acceptedKey, sha256(token.token), 'PX', expiryMs(token));
    },
    async wasAccepted(token) {
      return (await redis.get(acceptedKey)) === sha256(token);
    },
    async withLogInLock<T>(logIn: () => Promise<T>): Promise<T | 'busy'> {
      const holder = randomUUID();
      if ((await redis.set(lockKey, holder, 'PX', LOCK_LIFE_MS, 'NX')) === null) return 'busy';
      try {
        return await logIn();
      } finally {
        // A release that fails is made good by the expiry; it must not hide how the log-in ended.
        await redis.eval(RELEASE_LOCK, 1, lockKey, holder).catch(() => undefined);
      }
    },
  };
}

/** Closed under another key, or by an older version: as if there were none. */
function parseStoredToken(text: string | null): StoredToken | null {
  if (text === null) return null;
  try {
    return storedTokenSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** Never below a second: Redis refuses 0, and a token without life is seen as such by its readers. */
function expiryMs(token: StoredToken): number {
  return Math.max(1000, Math.ceil(token.lifeMs));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
