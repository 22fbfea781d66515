import {
  holdDoubts,
  listAccounts,
  promoteWaiting,
  rescueLeases,
  rescuePrepared,
  takeDueSends,
  takeDueWriteBacks,
  undoDispatch,
  type DueIntent,
  type Ledger,
} from '@relay/ledger';
import type { Logger } from '@relay/observability';
import type { HandOffJob, Queues } from '@relay/queues';

export interface DispatcherOptions {
  readonly ledger: Ledger;
  readonly queues: Queues;
  readonly log: Logger;
  readonly intervalMs: number;
  readonly dispatchLeaseMs: number;
  readonly preparedTimeoutMs: number;
  readonly maxUnmirrored: number;
  /** Entry into doubt starts it; per account one day, one for all now. */
  readonly settleMs: number;
}

export interface Dispatcher {
  /** Something was committed or a job finished: look now instead of at the next tick. */
  nudge(): void;
  stop(): Promise<void>;
}

/**
 * Moves what is due from the ledger into the queues, four times a second in every worker, and rescues what a dead worker
 * left. Needs no job of its own: it lives when Redis does not (protocol, "Dispatch").
 */
export function startDispatcher(options: DispatcherOptions): Dispatcher {
  let stopping = false;
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> = Promise.resolve();
  let isRunning = false;
  let again = false;
  let failing = false;

  const run = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (isRunning) {
      again = true;
      return;
    }
    isRunning = true;
    running = tick(options)
      .then(
        () => {
          if (failing) options.log.info('dispatch works again');
          failing = false;
        },
        (error: unknown) => {
          if (!failing) options.log.error('dispatch does not work: it goes on trying', { error });
          failing = true;
        },
      )
      .finally(() => {
        isRunning = false;
        if (stopping) return;
        timer = setTimeout(run, again && !failing ? 0 : options.intervalMs);
        again = false;
      });
  };
  run();

  return {
    nudge: () => {
      if (!stopping) run();
    },
    stop: async () => {
      stopping = true;
      if (timer !== null) clearTimeout(timer);
      await running;
    },
  };
}

/** One look: rescue, promote, dispatch. Also what tests drive by hand. */
export async function tick(options: Omit<DispatcherOptions, 'intervalMs'>): Promise<number> {
  const { ledger, log } = options;
  for (const rescued of await rescueLeases(ledger, options.settleMs))
    log.error('order in doubt', { orderId: rescued.orderId, shop: rescued.shopId, cause: 'lease-expired' });
  for (const rescued of await rescuePrepared(ledger, options.preparedTimeoutMs))
    log.warn('attempt abandoned', { orderId: rescued.orderId, shop: rescued.shopId });
  for (const held of await holdDoubts(ledger))
    log.error('order held', { orderId: held.orderId, shop: held.shopId, reason: 'in-doubt' });
  await promoteWaiting(ledger);

  let dispatched = 0;
  for (const account of await listAccounts(ledger)) {
    if (account.breakerState === 'open') continue;
    dispatched += await dispatch(
      options,
      'send-order',
      await takeDueSends(ledger, account.id, options.dispatchLeaseMs, options.maxUnmirrored),
    );
  }
  dispatched += await dispatch(
    options,
    'write-back',
    await takeDueWriteBacks(ledger, options.dispatchLeaseMs, WRITE_BACKS_A_TICK),
  );
  return dispatched;
}

const WRITE_BACKS_A_TICK = 20;

async function dispatch(
  { ledger, queues }: Omit<DispatcherOptions, 'intervalMs'>,
  queue: 'send-order' | 'write-back',
  due: readonly DueIntent[],
): Promise<number> {
  if (due.length === 0) return 0;
  const jobs: HandOffJob[] = due.map((intent) => ({
    version: 1,
    intentId: intent.id,
    dispatchNo: intent.dispatchNo,
    shopId: intent.shopId,
    orderId: intent.orderId,
  }));
  try {
    await queues.addHandOffs(queue, jobs);
  } catch (error) {
    await undoDispatch(
      ledger,
      due.map((intent) => intent.id),
    );
    throw error;
  }
  return due.length;
}
