import { Redis } from 'ioredis';

/**
 * A connection as BullMQ's workers want it: a command waits for Redis to come back instead of failing.
 * @param onError told of every fault, since a listener-less error would end the process; ioredis reconnects by itself.
 */
export function connectWorkerRedis(url: string, onError: (error: Error) => void): Redis {
  return withListener(new Redis(url, { maxRetriesPerRequest: null }), onError);
}

/** A connection for commands that rather fail than wait: budget, token, adding a job. */
export function connectRedis(url: string, onError: (error: Error) => void): Redis {
  return withListener(
    new Redis(url, { maxRetriesPerRequest: 1, commandTimeout: 5_000, enableOfflineQueue: true }),
    onError,
  );
}

function withListener(redis: Redis, onError: (error: Error) => void): Redis {
  redis.on('error', onError);
  return redis;
}
