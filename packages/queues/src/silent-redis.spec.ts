import { createTestRedis, startTcpProxy, waitFor, type TcpProxy, type TestRedis } from '@relay/testing';
import { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { connectRedis, connectWorkerRedis } from './connection.js';

/** One dispatch lease and the timer: so long may a worker stand still (protocol, "Dispatch"). */
const MOVING_AGAIN_MS = 65_000;

let server: TestRedis;
let proxy: TcpProxy;
let throughProxy: string;
const connections: Redis[] = [];

beforeAll(async () => {
  server = await createTestRedis();
  const url = new URL(server.url);
  proxy = await startTcpProxy(Number(url.port));
  url.port = String(proxy.port);
  throughProxy = url.href;
});
afterAll(async () => {
  connections.forEach((connection) => connection.disconnect());
  await proxy.close();
  await server.close();
});

function keep(connection: Redis): Redis {
  connections.push(connection);
  return connection;
}

test(
  'a Redis that goes silent without a word is left for a new connection: commands pass, and a worker takes jobs',
  async () => {
    const commands = keep(connectRedis(throughProxy, () => undefined));
    const direct = keep(connectRedis(server.url, () => undefined));
    const queue = new Queue('silent', { connection: direct });
    const done: string[] = [];
    const worker = new Worker('silent', async (job) => void done.push(job.name), {
      connection: keep(connectWorkerRedis(throughProxy, () => undefined)),
    });
    worker.on('error', () => undefined);
    await queue.add('before', {});
    await waitFor(() => done.includes('before'), { what: 'a job before the silence' });
    await commands.ping();

    proxy.silence();
    await queue.add('in the silence', {});
    const within = { timeoutMs: MOVING_AGAIN_MS, intervalMs: 200 };
    await waitFor(() => commands.ping(), { what: 'a command', ...within });
    await waitFor(() => done.includes('in the silence'), { what: 'the job of the silence', ...within });
    await worker.close();
    await queue.close();
  },
  MOVING_AGAIN_MS + 10_000,
);
