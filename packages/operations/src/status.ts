import {
  countIntents,
  currentFeed,
  listAccounts,
  listShops,
  openAlerts,
  readProgress,
  waitingFailures,
} from '@relay/ledger';
import type { Relay } from './relay.js';

/** The state of everything, for one look: counts from the ledger, never from the queues. */
export async function readStatus(relay: Relay) {
  const { ledger } = relay;
  const [shops, accounts, intents, progress, alerts, waiting] = await Promise.all([
    listShops(ledger),
    listAccounts(ledger),
    countIntents(ledger),
    readProgress(ledger),
    openAlerts(ledger),
    waitingFailures(ledger),
  ]);
  const feeds = await Promise.all(accounts.map((account) => currentFeed(ledger, account.id)));
  return {
    shops: shops.map(({ id, homeUrl, mode, liveAt, sweptAt, fault }) => ({
      id,
      homeUrl,
      mode,
      liveAt,
      sweptAt,
      fault,
    })),
    accounts: accounts.map((account, index) => ({ ...account, feed: feeds[index] ?? null })),
    orders: Object.fromEntries(
      intents.filter(({ kind }) => kind === 'send_order').map(({ state, count }) => [state, count]),
    ),
    writeBacks: Object.fromEntries(
      intents.filter(({ kind }) => kind === 'write_back').map(({ state, count }) => [state, count]),
    ),
    progress,
    waiting,
    alerts,
  };
}
export type RelayStatus = Awaited<ReturnType<typeof readStatus>>;
