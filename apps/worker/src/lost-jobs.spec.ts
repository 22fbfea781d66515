import { connectRedis, createQueues, type HandOffJob, type Queues } from '@relay/queues';
import { waitFor } from '@relay/testing';
import { inWorld, stopWorldsLeft, type World } from './testing/world.js';

afterAll(stopWorldsLeft);

describe('jobs may be lost, repeated or late (protocol, "Dispatch")', () => {
  it.concurrent(
    'the same job many times, for two workers: one order at HFT71',
    async () => {
      await inWorld({}, async (world) => {
        await Promise.all([world.startLive(), world.startWorker()]);
        await world.waitForMode('live');
        // Slow enough that the copies meet the order in every state.
        await world.sandbox.faultOnSend({ kind: 'latency', delayMs: 400 });
        const orderIds = await world.sandbox.order({ count: 10 });
        await withQueues(world, async (queues) => {
          for (let copy = 1; copy <= 20; copy += 1) {
            const jobs = await jobsOf(world, orderIds, 1_000 + copy);
            await queues.addHandOffs('send-order', jobs);
            await queues.addHandOffs('write-back', jobs);
          }
          await world.waitForState(orderIds, 'written_back');
          await queues.addHandOffs('send-order', await jobsOf(world, orderIds, 2_000));
          await waitForIdle(queues);
        });
        for (const orderId of orderIds) expect(await world.sandbox.postsOf(orderId)).toBe(1);
        expect(await world.expectGuarantee()).toMatchObject({ sent: 10, writtenBack: 10 });
      });
    },
    90_000,
  );

  it.concurrent(
    'a retry from the Board of a failed hand-off is an early dispatch: the claim decides',
    async () => {
      await inWorld({}, async (world) => {
        const { sandbox } = world;
        await world.startLive();
        await sandbox.faultOnSend({ kind: 'accept-then-hang', times: 1 });
        const doubtful = await sandbox.oneOrder();
        await world.waitForState(doubtful, 'held: in-doubt');
        await sandbox.faultOnSend({ kind: 'status', status: 403, retryAfter: '600', times: 1 });
        const refused = await sandbox.oneOrder();
        await world.waitForFailures([refused]);
        await withQueues(world, async (queues) => {
          const failed = await waitFor(
            async () => {
              const jobs = await queues.byName['send-order'].getFailed();
              return jobs.length >= 2 ? jobs : null;
            },
            { what: 'two failed jobs' },
          );
          await Promise.all(failed.map((job) => job.retry()));
          await waitForIdle(queues);
        });
        // The refused one is due in ten minutes only; its retry sends it now. The doubtful one stays where it is.
        await world.waitForState(refused, 'written_back');
        expect(await world.stateOf(doubtful)).toBe('held: in-doubt');
        expect([await sandbox.postsOf(doubtful), await sandbox.postsOf(refused)]).toEqual([1, 2]);
        expect(await world.expectGuarantee()).toMatchObject({ sent: 2, writtenBack: 1 });
      });
    },
    90_000,
  );

  it.concurrent(
    'Redis loses everything in the middle of 40 orders, twice: all arrive once',
    async () => {
      await inWorld({}, async (world) => {
        await Promise.all([world.startLive(), world.startWorker()]);
        await world.waitForMode('live');
        await world.sandbox.faultOnSend({ kind: 'latency', delayMs: 150 });
        const orderIds = await world.sandbox.order({ count: 40 });
        for (const share of [8, 24]) {
          await waitFor(async () => (await world.sandbox.acceptedOrders()).length >= share, {
            what: `${share} accepted orders`,
            timeoutMs: 30_000,
          });
          await world.redis.flush();
        }
        await world.waitForState(orderIds, 'written_back', 60_000);
        expect(await world.expectGuarantee()).toMatchObject({ sent: 40, writtenBack: 40 });
      });
    },
    120_000,
  );
});

async function withQueues(world: World, act: (queues: Queues) => Promise<void>): Promise<void> {
  const redis = connectRedis(world.redis.url, () => undefined);
  const { rows } = await world.ledger.pool.query<{ id: string }>('select id from installation');
  const installationId = rows[0]?.id ?? '';
  const queues = createQueues({ connection: redis, installationId, onError: () => undefined });
  try {
    await act(queues);
  } finally {
    await queues.close();
    redis.disconnect();
  }
}

/** Waits until the relay has seen the orders, and makes a job of each intent. */
async function jobsOf(world: World, orderIds: readonly number[], dispatchNo: number): Promise<HandOffJob[]> {
  const rows = await waitFor(
    async () => {
      const found = await world.ledger.pool.query<{ id: string; shop_id: string; order_id: string }>(
        `select id, shop_id, order_id from intent where order_id = any($1::bigint[])`,
        [orderIds],
      );
      return found.rows.length >= orderIds.length ? found.rows : null;
    },
    { what: 'the intents', timeoutMs: 20_000 },
  );
  return rows.map((row) => ({
    version: 1,
    intentId: row.id,
    dispatchNo,
    shopId: row.shop_id,
    orderId: Number(row.order_id),
  }));
}

async function waitForIdle(queues: Queues): Promise<void> {
  await waitFor(
    async () => {
      const counts = await queues.byName['send-order'].getJobCounts('active', 'waiting');
      return counts['active'] === 0 && counts['waiting'] === 0;
    },
    { what: 'an idle queue', timeoutMs: 30_000 },
  );
}
