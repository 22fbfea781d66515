import { Redis } from 'ioredis';

/**
 * A network can forget a connection without telling either end. Where a command was sent and no byte comes back for so
 * long, the connection is given up and made anew: else a worker would wait until the kernel gives up, a quarter of an
 * hour later. The worker's is longer than BullMQ ever blocks for a job (10 s at most).
 */
const SILENCE_MS = { commands: 10_000, worker: 20_000 };

/**
 * A connection as BullMQ's workers want it: a command waits for Redis to come back instead of failing.
 * @param onError told of every fault, since a listener-less error would end the process; ioredis reconnects by itself.
 */
export function connectWorkerRedis(url: string, onError: (error: Error) => void): Redis {
  return withListener(new Redis(url, { maxRetriesPerRequest: null, socketTimeout: SILENCE_MS.worker }), onError);
}

/** A connection for commands that rather fail than wait: budget, token, adding a job. */
export function connectRedis(url: string, onError: (error: Error) => void): Redis {
  return withListener(
    new Redis(url, {
      maxRetriesPerRequest: 1,
      commandTimeout: 5_000,
      enableOfflineQueue: true,
      socketTimeout: SILENCE_MS.commands,
    }),
    onError,
  );
}

function withListener(redis: Redis, onError: (error: Error) => void): Redis {
  redis.on('error', onError);
  return redis;
}
