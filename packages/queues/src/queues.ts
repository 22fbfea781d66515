import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { HandOffJob, MaintenanceJob, MaintenanceTask, PollJob, StockJob } from './jobs.js';
import { QUEUE_NAMES, queuePrefix, type QueueName } from './queue-names.js';

const HOUR_SECONDS = 3600;

export interface Queues {
  readonly byName: Readonly<Record<QueueName, Queue>>;
  /** Adds the jobs of one dispatch, id `<intent>-<dispatch_no>`: never the same id twice, so BullMQ never swallows one. */
  addHandOffs(queue: HandOffQueue, jobs: readonly HandOffJob[]): Promise<void>;
  /** Adds the jobs of polls, id `<intent>-<poll_no>`, with the tries of their own that a read may have. */
  addPolls(jobs: readonly PollJob[]): Promise<void>;
  /** Adds the job of a stock run, id `<run>-<dispatch_no>`, with tries of its own. */
  addStockRun(job: StockJob): Promise<void>;
  /** Puts the schedulers back: after a FLUSHALL they are gone while workers live. */
  ensureSchedulers(schedules: readonly MaintenanceSchedule[]): Promise<void>;
  close(): Promise<void>;
}

/** What the dispatcher fills. */
export type HandOffQueue = 'send-order' | 'update-order' | 'write-back';

/** A read repeats without harm: BullMQ's own attempts, with a backoff that asks the error (protocol, "Dispatch"). */
export const POLL_TRIES = 4;
export const STOCK_TRIES = 3;

export interface MaintenanceSchedule {
  readonly task: MaintenanceTask;
  readonly shopId: string;
  readonly everyMs: number;
}

export function createQueues({
  connection,
  installationId,
  onError,
}: {
  connection: Redis;
  installationId: string;
  onError: (error: Error) => void;
}): Queues {
  const queue = (name: QueueName) => {
    const made = new Queue(name, {
      connection,
      prefix: queuePrefix(installationId),
      defaultJobOptions: {
        attempts: 1,
        // What is kept is for the Board; the evidence is in the ledger.
        removeOnComplete: { age: 24 * HOUR_SECONDS, count: 2_000 },
        removeOnFail: { age: 7 * 24 * HOUR_SECONDS, count: 5_000 },
        // A POST's story in a stack trace helps nobody, and a trace may quote data.
        stackTraceLimit: 1,
      },
    });
    made.on('error', onError);
    return made;
  };
  const byName: Record<QueueName, Queue> = {
    'send-order': queue('send-order'),
    'update-order': queue('update-order'),
    'write-back': queue('write-back'),
    'poll-status': queue('poll-status'),
    'stock-sync': queue('stock-sync'),
    maintenance: queue('maintenance'),
  };

  return {
    byName,
    async addHandOffs(name, jobs) {
      await byName[name].addBulk(
        jobs.map((job) => ({ name, data: job, opts: { jobId: `${job.intentId}-${job.dispatchNo}` } })),
      );
    },
    async addPolls(jobs) {
      await byName['poll-status'].addBulk(
        jobs.map((job) => ({
          name: 'poll-status',
          data: job,
          opts: { jobId: `${job.intentId}-${job.pollNo}`, attempts: POLL_TRIES, backoff: { type: 'custom' } },
        })),
      );
    },
    async addStockRun(job) {
      const opts = { jobId: `${job.runId}-${job.dispatchNo}`, attempts: STOCK_TRIES, backoff: { type: 'custom' } };
      await byName['stock-sync'].add('stock-sync', job, opts);
    },
    async ensureSchedulers(schedules) {
      for (const { task, shopId, everyMs } of schedules) {
        const data: MaintenanceJob = { version: 1, task, shopId };
        await byName.maintenance.upsertJobScheduler(`${task}-${shopId}`, { every: everyMs }, { name: task, data });
      }
    },
    async close() {
      await Promise.all(QUEUE_NAMES.map((name) => byName[name].close()));
    },
  };
}
