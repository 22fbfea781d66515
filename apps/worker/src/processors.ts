import { Worker, type Job } from 'bullmq';
import { backoffMs, CallFailure } from '@relay/core';
import { HandOffFailed, sendOrder, updateOrder, writeBack, type HandOffContext } from '@relay/handoff';
import { PollFailed, pollOrder, type IntakeContext } from '@relay/intake';
import { deferPoll, undoStockDispatch } from '@relay/ledger';
import { quietly, type ConnectedShop, type Relay } from '@relay/operations';
import {
  handOffJobSchema,
  maintenanceJobSchema,
  POLL_TRIES,
  STOCK_TRIES,
  pollJobSchema,
  queuePrefix,
  stockJobSchema,
  type QueueName,
} from '@relay/queues';
import { runStock, type StockContext } from '@relay/stock';
import type { Redis } from 'ioredis';
import { forgetOld } from './forget-old.js';
import { maintain } from './maintenance.js';

const WRITE_BACKS_AT_ONCE = 8;
const UPDATES_AT_ONCE = 4;
const POLLS_AT_ONCE = 4;
const MAINTENANCE_AT_ONCE = 3;
const STOCK_RUNS_AT_ONCE = 2;
const NOT_VERIFIED_WAIT_MS = 30_000;
/** Longer than an attempt can last, so that a living worker's job is never taken for stalled. */
const LOCK_MS = 60_000;

export function startProcessors(parts: {
  relay: Relay;
  handOff: HandOffContext;
  intake: IntakeContext;
  connection: Redis;
  verified: ReadonlyMap<string, ConnectedShop>;
  stockOf: (shop: ConnectedShop) => StockContext;
}): { stop: (graceMs: number) => Promise<void> } {
  const { relay, handOff, intake, connection, verified, stockOf } = parts;
  const { log } = relay;

  const start = (name: QueueName, concurrency: number, work: (job: Job) => Promise<unknown>) => {
    const worker = new Worker(name, (job) => guarded(relay, job, work), {
      connection,
      prefix: queuePrefix(relay.installation.id),
      concurrency,
      lockDuration: LOCK_MS,
      // A job lost with its worker comes again by itself; how often it may is the ledger's business.
      maxStalledCount: 1_000,
      settings: { backoffStrategy: waitBeforeNextTry },
    });
    worker.on('error', quietly(log, `queue ${name}`));
    return worker;
  };
  const workers = [
    start('send-order', mostInFlight(relay), (job) => sendOrder(handOff, handOffJobSchema.parse(job.data).intentId)),
    start('write-back', WRITE_BACKS_AT_ONCE, (job) => writeBack(handOff, handOffJobSchema.parse(job.data).intentId)),
    start('update-order', UPDATES_AT_ONCE, (job) => updateOrder(handOff, handOffJobSchema.parse(job.data).intentId)),
    start('poll-status', POLLS_AT_ONCE, async (job) => {
      const poll = pollJobSchema.parse(job.data);
      const shop = verified.get(poll.shopId);
      if (shop === undefined) {
        await deferPoll(relay.ledger, poll, NOT_VERIFIED_WAIT_MS);
        return 'not verified by this worker yet';
      }
      return pollOrder(intake, shop, poll, { isLastTry: job.attemptsMade + 1 >= POLL_TRIES });
    }),
    start('stock-sync', STOCK_RUNS_AT_ONCE, async (job) => {
      const run = stockJobSchema.parse(job.data);
      const shop = verified.get(run.shopId);
      if (shop === undefined) {
        await undoStockDispatch(relay.ledger, run);
        return 'not verified by this worker yet';
      }
      return runStock(stockOf(shop), shop, run.runId, { isLastTry: job.attemptsMade + 1 >= STOCK_TRIES });
    }),
    start('maintenance', MAINTENANCE_AT_ONCE, async (job) => {
      const { task, ...rest } = maintenanceJobSchema.parse(job.data);
      // The ledger's alone: no shop has to be reached for it.
      if (task === 'retention') return forgetOld(relay.ledger, rest.shopId, relay.settings.timing.keepLogMs);
      const shop = verified.get(rest.shopId);
      return shop === undefined ? 'not connected yet' : maintain(relay, intake, handOff, shop, { task, ...rest });
    }),
  ];
  return {
    stop: async (graceMs) => {
      let timer: NodeJS.Timeout | undefined;
      const overdue = new Promise<'overdue'>((resolve) => (timer = setTimeout(() => resolve('overdue'), graceMs)));
      const closed = Promise.all(workers.map((worker) => worker.close()));
      if ((await Promise.race([closed, overdue])) === 'overdue') {
        log.error('jobs did not end within the stop grace: they are left to their leases');
        // Not waited for: a second close waits for the first one's jobs too.
        workers.forEach((worker) => void worker.close(true).catch(() => undefined));
      }
      clearTimeout(timer);
    },
  };
}

/** Of all accounts together: one account's full window must not keep another's orders waiting for a place. */
function mostInFlight({ shops }: Relay): number {
  const byAccount = new Map([...shops.values()].map((shop) => [shop.accountId, shop.settings.hft71.maxInFlight]));
  return Math.max(
    1,
    [...byAccount.values()].reduce((sum, most) => sum + most, 0),
  );
}

/**
 * What a job throws is stored by the queue and shown on the Board: class and ids pass, everything else is logged here
 * and leaves only its kind (design decision 8).
 */
async function guarded(relay: Relay, job: Job, work: (job: Job) => Promise<unknown>): Promise<unknown> {
  try {
    return await work(job);
  } catch (error) {
    if (error instanceof HandOffFailed || error instanceof CallFailure || error instanceof PollFailed)
      throw withoutStack(error);
    const kind = error instanceof Error ? error.name : typeof error;
    relay.log.error('a job failed unexpectedly', { queue: job.queueName, job: job.id, error });
    throw withoutStack(new Error(`unexpected ${kind}: see the log for job ${job.id ?? '?'}`));
  }
}

/** Exponential, full jitter, capped, and never before the answer's Retry-After. Of polls alone: all else has one try. */
function waitBeforeNextTry(triesMade: number, _type?: string, error?: Error): number {
  const { retryAfterMs } = (error ?? {}) as Partial<PollFailed>;
  return Math.max(backoffMs(triesMade), retryAfterMs ?? 0);
}

function withoutStack(error: Error & { retryAfterMs?: number | null }): Error {
  const bare = Object.assign(new Error(error.message), { retryAfterMs: error.retryAfterMs ?? null });
  bare.name = error.name;
  bare.stack = `${error.name}: ${error.message}`;
  return bare;
}
