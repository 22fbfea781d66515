import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { HandOffJob, MaintenanceJob, MaintenanceTask } from './jobs.js';
import { QUEUE_NAMES, queuePrefix, type QueueName } from './queue-names.js';

const HOUR_SECONDS = 3600;

export interface Queues {
  readonly byName: Readonly<Record<QueueName, Queue>>;
  /** Adds the jobs of one dispatch, id `<intent>-<dispatch_no>`: never the same id twice, so BullMQ never swallows one. */
  addHandOffs(queue: 'send-order' | 'write-back', jobs: readonly HandOffJob[]): Promise<void>;
  /** Puts the schedulers back: after a FLUSHALL they are gone while workers live. */
  ensureSchedulers(schedules: readonly MaintenanceSchedule[]): Promise<void>;
  close(): Promise<void>;
}

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
    'write-back': queue('write-back'),
    maintenance: queue('maintenance'),
  };

  return {
    byName,
    async addHandOffs(name, jobs) {
      await byName[name].addBulk(
        jobs.map((job) => ({ name, data: job, opts: { jobId: `${job.intentId}-${job.dispatchNo}` } })),
      );
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
