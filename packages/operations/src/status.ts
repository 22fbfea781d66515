import type { IntentKind } from '@relay/core';
import {
  countHeldOrders,
  countIntents,
  currentFeed,
  listAccounts,
  listHosts,
  listShops,
  openAlerts,
  readProgress,
  waitingFailures,
} from '@relay/ledger';
import type { Relay } from './relay.js';

/**
 * The state of everything, for one look: counts from the ledger, never from the queues. @param shopId of that shop, its
 * account and its host alone; workers and what is due are the relay's as a whole.
 */
export async function readStatus(relay: Relay, shopId?: string) {
  const { ledger } = relay;
  const [allShops, allAccounts, allHosts, hosts, intents, heldOrders, progress, allAlerts, waiting] = await Promise.all(
    [
      listShops(ledger),
      listAccounts(ledger),
      listHosts(ledger),
      listHosts(ledger, shopId),
      countIntents(ledger, shopId),
      countHeldOrders(ledger, shopId),
      readProgress(ledger),
      openAlerts(ledger),
      waitingFailures(ledger, shopId),
    ],
  );
  const shops = allShops.filter(({ id }) => shopId === undefined || id === shopId);
  const accounts = allAccounts.filter(({ id }) =>
    shops.some(({ accountId }) => shopId === undefined || accountId === id),
  );
  const own = new Set([...shops, ...accounts, ...hosts].map(({ id }) => id));
  const others = new Set([...allShops, ...allAccounts, ...allHosts].map(({ id }) => id).filter((id) => !own.has(id)));
  // What names neither shop, account nor host concerns them all.
  const alerts = allAlerts.filter(({ subject }) => !others.has(subject.split('/')[0] ?? ''));
  const countsOf = (kind: IntentKind) =>
    Object.fromEntries(intents.filter((each) => each.kind === kind).map(({ state, count }) => [state, count]));
  const feeds = await Promise.all(accounts.map((account) => currentFeed(ledger, account.id)));
  return {
    shops: shops.map(({ id, homeUrl, mode, liveAt, sweptAt, fault, pausedAt, pausedBy, pauseReason }) => ({
      id,
      homeUrl,
      mode,
      liveAt,
      sweptAt,
      fault,
      pausedAt,
      pausedBy,
      pauseReason,
    })),
    accounts: accounts.map((account, index) => ({ ...account, feed: feeds[index] ?? null })),
    hosts,
    orders: countsOf('send_order'),
    reprints: countsOf('reprint'),
    writeBacks: countsOf('write_back'),
    heldOrders,
    progress,
    waiting,
    alerts,
  };
}
export type RelayStatus = Awaited<ReturnType<typeof readStatus>>;
