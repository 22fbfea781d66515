import {
  advanceCouldGo,
  alone,
  holdDoubts,
  holdOverdue,
  openByShare,
  promoteWaiting,
  rescueLeases,
  rescuePrepared,
  tellAge,
  tellReprintsNotMade,
  type DoubtRules,
  type Ledger,
} from '@relay/ledger';
import type { Logger } from '@relay/observability';

export interface HousekeepingOptions {
  readonly ledger: Ledger;
  readonly log: Logger;
  readonly preparedTimeoutMs: number;
  readonly deadlineMs: number;
  /** Entry into doubt starts it; the longest of the accounts. */
  readonly settleMs: number;
  readonly accounts: readonly { readonly accountId: string; readonly doubtRules: DoubtRules }[];
  /** Orders became ready. */
  readonly onReady: () => void;
}

/** Breakers and deadlines look at minutes and hours: once a second is often enough. */
const SLOW_EVERY_MS = 1_000;

/**
 * What needs no call and no job, in one process at a time: the rescue of what a dead worker left, doubts that only a
 * person settles, send delays, deadlines, breakers that open by their share. It lives when Redis does not.
 */
export function createHousekeeping(options: HousekeepingOptions): () => Promise<void> {
  let slowAt = -Infinity;
  return async () => {
    await alone(options.ledger, 'housekeeping', async () => {
      await rescue(options);
      for (const { accountId, doubtRules } of options.accounts)
        for (const held of await holdDoubts(options.ledger, accountId, doubtRules))
          options.log.error('order held', { orderId: held.orderId, shop: held.shopId, reason: 'in-doubt' });
      if ((await promoteWaiting(options.ledger)) > 0) options.onReady();
      if (performance.now() - slowAt < SLOW_EVERY_MS) return;
      slowAt = performance.now();
      await watch(options);
    });
  };
}

async function rescue({ ledger, log, settleMs, preparedTimeoutMs }: HousekeepingOptions): Promise<void> {
  for (const rescued of await rescueLeases(ledger, settleMs))
    log.error('order in doubt', { orderId: rescued.orderId, shop: rescued.shopId, cause: 'lease-expired' });
  for (const rescued of await rescuePrepared(ledger, preparedTimeoutMs))
    log.warn('attempt abandoned', { orderId: rescued.orderId, shop: rescued.shopId });
}

async function watch({ ledger, log, deadlineMs }: HousekeepingOptions): Promise<void> {
  for (const { id } of await openByShare(ledger))
    log.error('the breaker opens: half of the calls of the last minute failed', { account: id });
  await advanceCouldGo(ledger);
  for (const held of await holdOverdue(ledger, deadlineMs))
    log.error('order held', { orderId: held.orderId, shop: held.shopId, reason: 'deadline' });
  for (const { shopId, message } of await tellAge(ledger, OLD_MS)) log.error(`SEV-2 ${message}`, { shop: shopId });
  for (const { shopId, orderId, message } of await tellReprintsNotMade(ledger))
    log.error(`SEV-2 ${message}`, { shop: shopId, orderId });
}

/** Protocol: age has its own alert. */
const OLD_MS = 4 * 3_600_000;
