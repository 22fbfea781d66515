import type { Budget, Caller } from '@relay/budget';
import {
  listAccounts,
  takeDueCampaignSends,
  takeDueSends,
  takeDueUpdates,
  takeDueWriteBacks,
  undoDispatch,
  type DueIntent,
  type Ledger,
} from '@relay/ledger';
import type { Logger } from '@relay/observability';
import type { HandOffJob, HandOffQueue, Queues } from '@relay/queues';

export interface DispatcherOptions {
  readonly ledger: Ledger;
  readonly queues: Queues;
  readonly log: Logger;
  readonly intervalMs: number;
  readonly dispatchLeaseMs: number;
  readonly maxUnmirrored: number;
  /** How long a job waits in the process for its slot. */
  readonly slotWaitMs: number;
  /** By account: whose calls this process may make. */
  readonly budgets: ReadonlyMap<string, Budget>;
}

export interface Dispatcher {
  /** Something was committed or a job finished: look now instead of at the next tick. */
  nudge(): void;
  stop(): Promise<void>;
}

/**
 * Moves what is due from the ledger into the queues, four times a second in every worker. Needs no job of its own
 * (protocol, "Dispatch"); what must live without Redis too is in `housekeeping.ts`. The hand-offs have a loop of their own:
 * an order that has just become ready waits for no look at write-backs.
 */
export function startDispatcher(options: DispatcherOptions): Dispatcher {
  const loops = [
    startLoop(options, 'dispatch', dispatchSends),
    startLoop(options, 'dispatch of updates and write-backs', dispatchShown),
  ];
  return {
    nudge: () => loops.forEach((loop) => loop.nudge()),
    stop: async () => {
      await Promise.all(loops.map((loop) => loop.stop()));
    },
  };
}

/** Looks, waits for its interval or for a nudge, and looks again; a nudge in the middle of a look means one more at once. */
function startLoop(
  options: DispatcherOptions,
  what: string,
  look: (options: DispatcherOptions) => Promise<void>,
): Dispatcher {
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
    running = look(options)
      .then(
        () => {
          if (failing) options.log.info(`${what} works again`);
          failing = false;
        },
        (error: unknown) => {
          if (!failing) options.log.error(`${what} does not work: it goes on trying`, { error });
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

/** Hand-offs that are due, as far as the send window and the budget have room for them. */
async function dispatchSends(options: DispatcherOptions): Promise<void> {
  const { ledger, maxUnmirrored, dispatchLeaseMs } = options;
  for (const account of await listAccounts(ledger)) {
    if (account.sendWindow === 0) continue;
    const slots = await slotsSoon(options, account.id, 'send');
    if (slots === 0) continue;
    const live = await takeDueSends(ledger, account.id, dispatchLeaseMs, { maxUnmirrored, slots });
    await dispatch(options, 'send-order', live);
    if (account.campaignShare !== null) await dispatchCampaign(options, account.id, account.campaignShare);
  }
}

/** What is to be shown: an edited order to HFT71, HFT71's id and status to the shop. */
async function dispatchShown(options: DispatcherOptions): Promise<void> {
  const { ledger, dispatchLeaseMs } = options;
  await dispatch(options, 'update-order', await takeDueUpdates(ledger, dispatchLeaseMs, UPDATES_A_TICK));
  await dispatch(options, 'write-back', await takeDueWriteBacks(ledger, dispatchLeaseMs, WRITE_BACKS_A_TICK));
}

/** By class, live before campaign: it gets what is left, and never more than its share. */
async function dispatchCampaign(options: DispatcherOptions, accountId: string, share: number): Promise<void> {
  const slots = await slotsSoon(options, accountId, { callClass: 'campaign', share });
  if (slots === 0) return;
  const { ledger, maxUnmirrored, dispatchLeaseMs } = options;
  const due = await takeDueCampaignSends(ledger, accountId, dispatchLeaseMs, { maxUnmirrored, slots });
  await dispatch(options, 'send-order', due);
}

/**
 * Slots that the account's budget has now or gives within the time that a job waits for one. An order that is dispatched
 * without one would be read from the shop in vain, and come back.
 */
async function slotsSoon(
  { budgets, slotWaitMs }: DispatcherOptions,
  accountId: string,
  caller: Caller,
): Promise<number> {
  const budget = budgets.get(accountId);
  if (budget === undefined) return 0; // no shop in the settings: nothing may be called
  return (await budget.room(caller, slotWaitMs)).free;
}

const WRITE_BACKS_A_TICK = 20;
const UPDATES_A_TICK = 5;

async function dispatch(
  { ledger, queues }: DispatcherOptions,
  queue: HandOffQueue,
  due: readonly DueIntent[],
): Promise<void> {
  if (due.length === 0) return;
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
}
