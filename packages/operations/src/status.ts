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

/** The state of everything, for one look: counts from the ledger, never from the queues. */
export async function readStatus(relay: Relay) {
  const { ledger } = relay;
  const [shops, accounts, hosts, intents, heldOrders, progress, alerts, waiting] = await Promise.all([
    listShops(ledger),
    listAccounts(ledger),
    listHosts(ledger),
    countIntents(ledger),
    countHeldOrders(ledger),
    readProgress(ledger),
    openAlerts(ledger),
    waitingFailures(ledger),
  ]);
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
