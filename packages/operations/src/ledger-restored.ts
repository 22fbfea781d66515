import {
  acceptCluster,
  declareRestored,
  followCluster,
  LEDGER_MOVED,
  raiseAlert,
  readCluster,
  type MoveDeclared,
  type RestoreDeclared,
} from '@relay/ledger';
import type { Relay } from './relay.js';

/**
 * `relay ledger restored`: the ledger comes from a backup, so everything that it does not know as sent is in doubt for
 * settle + lease. Refused while a worker lives.
 */
export async function declareLedgerRestored(
  relay: Relay,
  by: { actor: string; reason: string },
): Promise<RestoreDeclared> {
  const { ledger, settings, shops } = relay;
  return declareRestored(ledger, {
    ...by,
    settleMs: longestSettleMs(relay),
    leaseMs: settings.timing.leaseMs,
    cluster: await readCluster(ledger),
    unmarkedShops: [...shops.values()].flatMap(({ id, marker }) => (marker ? [] : [id])),
  });
}

/** `relay ledger moved`: another cluster, and nothing was lost. Refused while a worker lives. */
export async function declareLedgerMoved(relay: Relay, by: { actor: string; reason: string }): Promise<MoveDeclared> {
  return acceptCluster(relay.ledger, { ...by, cluster: await readCluster(relay.ledger) });
}

/** At each start of a worker: another system identifier or timeline may mean a restored backup. Says so, stops nothing. */
export async function offerRestoreCheck({ ledger, log }: Relay): Promise<void> {
  const former = await followCluster(ledger, await readCluster(ledger));
  if (former === null) return;
  const message =
    'the ledger is on another PostgreSQL cluster or timeline than before. If it was restored from a backup: stop the workers, ' +
    'then relay ledger restored; if it was moved without loss: stop them too, then relay ledger moved';
  if (await raiseAlert(ledger, { kind: LEDGER_MOVED, severity: 1, subject: 'ledger', message }))
    log.error(`SEV-1 ${message}`, { former });
}

/** Without a shop in the settings: the default of HFT71_SETTLE. */
const DEFAULT_SETTLE_MS = 10 * 60_000;

export function longestSettleMs({ shops }: Pick<Relay, 'shops'>): number {
  const all = [...shops.values()].map((shop) => shop.settleMs);
  return all.length === 0 ? DEFAULT_SETTLE_MS : Math.max(...all);
}
