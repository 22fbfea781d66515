import { adoptShownIds, noteHeld, type HandOffContext } from '@relay/handoff';
import { keepShopWebhooks, levelSweep, sweep, type IntakeContext } from '@relay/intake';
import { currentFeed, shopMayBeCalled, wantedSweeps, type Ledger } from '@relay/ledger';
import { reconcile, type ConnectedShop, type Relay } from '@relay/operations';
import { readStockFeed } from '@relay/stock';
import type { MaintenanceJob, MaintenanceSchedule, Queues } from '@relay/queues';

/** Adoptions a sweep: each costs a read at HFT71, and the next sweep goes on. */
const ADOPTIONS_A_SWEEP = 20;
/** Notes about held orders: each costs a call to the shop, and the next sweep goes on. */
const NOTES_A_SWEEP = 20;

const RETENTION_EVERY_MS = 3_600_000;

export function maintenanceSchedules(relay: Relay): MaintenanceSchedule[] {
  const { timing } = relay.settings;
  return [...relay.shops.values()].flatMap((shop) => [
    { task: 'sweep' as const, shopId: shop.id, everyMs: timing.sweepIntervalMs },
    { task: 'level-sweep' as const, shopId: shop.id, everyMs: timing.levelSweepIntervalMs },
    { task: 'reconcile' as const, shopId: shop.id, everyMs: timing.reconcileIntervalMs },
    { task: 'retention' as const, shopId: shop.id, everyMs: RETENTION_EVERY_MS },
    ...(shop.lines === 'feed' ? [{ task: 'read-feed' as const, shopId: shop.id, everyMs: timing.feedIntervalMs }] : []),
  ]);
}

/** All but those that the ledger alone is needed for. */
export type ShopMaintenanceJob = MaintenanceJob & { readonly task: Exclude<MaintenanceJob['task'], 'retention'> };

/** One maintenance job. @returns what came of it, for the Board. */
export async function maintain(
  relay: Relay,
  intake: IntakeContext,
  handOff: HandOffContext,
  shop: ConnectedShop,
  job: ShopMaintenanceJob,
): Promise<unknown> {
  if (job.task !== 'read-feed' && !(await shopMayBeCalled(intake.ledger, shop.id)))
    return 'not now: the breaker of the shop’s host is open';
  switch (job.task) {
    case 'sweep': {
      const swept = await sweep(intake, shop);
      if (swept === null) return 'not connected yet';
      await keepShopWebhooks(intake, shop).catch((error: unknown) =>
        // The sweeps do the work of a webhook that cannot be looked at.
        intake.log.warn('the shop’s webhooks could not be looked at', { shop: shop.id, error }),
      );
      const adopted = await adoptShownIds(handOff, shop, ADOPTIONS_A_SWEEP);
      return { ...swept, adopted, notes: await noteHeld(handOff, shop, NOTES_A_SWEEP) };
    }
    case 'level-sweep':
      return (await levelSweep(intake, shop)) ?? 'not connected yet';
    case 'read-feed':
      return readStockFeed(intake, shop);
    case 'reconcile': {
      const { onReceived } = intake;
      const done = await reconcile(relay, shop, {
        windowMs: relay.settings.timing.reconcileWindowMs,
        startedBy: 'schedule',
        hft71: true,
        takesWanted: true,
        mostReads: MOST_READS_A_NIGHT,
        ...(handOff.isStopping === undefined ? {} : { isStopping: handOff.isStopping }),
        ...(onReceived === undefined ? {} : { onReceived }),
      });
      return done.kind === 'refused' ? `not now: ${done.what}` : done;
    }
  }
}

/** With the polls' share of 60 calls a minute some twenty minutes; those read longest ago come first. */
const MOST_READS_A_NIGHT = 1_000;

/** Two intervals without a sweep: the schedule is lost, or was made by a machine whose clock is ahead. */
const OVERDUE_INTERVALS = 2;

/** How soon a comparison is tried again that could not run: another shop's was under way, or a worker died. */
const RECONCILE_AGAIN_MS = 10 * 60_000;

/**
 * Sweeps that do not wait for their schedule: one of a kind at a time, however long it takes. One that is overdue because
 * the shop is away is not asked for more often than the schedule would.
 * @returns what looks once.
 */
export function wantedSweepsEnqueuer(
  ledger: Ledger,
  queues: Queues,
  { sweepIntervalMs, levelSweepIntervalMs, reconcileIntervalMs }: Relay['settings']['timing'],
): () => Promise<void> {
  const intervals = { sweep: sweepIntervalMs, 'level-sweep': levelSweepIntervalMs, reconcile: RECONCILE_AGAIN_MS };
  const overdue = {
    sweepMs: OVERDUE_INTERVALS * sweepIntervalMs,
    levelSweepMs: OVERDUE_INTERVALS * levelSweepIntervalMs,
    // Shops of one account take turns, so one may come a little after its schedule.
    reconcileMs: reconcileIntervalMs + 2 * RECONCILE_AGAIN_MS,
  };
  const enqueuedAt = new Map<string, number>();
  return async () => {
    for (const { shopId, task, isOverdue } of await wantedSweeps(ledger, overdue)) {
      const key = `${task}-${shopId}`;
      const nowMs = performance.now();
      if (isOverdue && nowMs - (enqueuedAt.get(key) ?? -Infinity) < intervals[task]) continue;
      enqueuedAt.set(key, nowMs);
      const data: MaintenanceJob = { version: 1, task, shopId };
      // While a job of this id is there, another add is a no-op; it goes when it ends, whatever came of it.
      const jobId = `wanted-${key}`;
      await queues.byName.maintenance.add(task, data, { jobId, removeOnComplete: true, removeOnFail: true });
    }
  };
}

/** `HFT71_LINES=feed` can decide nothing before the first complete reading. */
export async function needsFirstFeed(ledger: Ledger, shop: ConnectedShop): Promise<boolean> {
  return shop.lines === 'feed' && (await currentFeed(ledger, shop.accountId)) === null;
}
