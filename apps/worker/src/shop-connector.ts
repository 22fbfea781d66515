import { setTimeout as sleep } from 'node:timers/promises';
import { CallFailure } from '@relay/core';
import { connectShop, keepShopWebhooks, ShopChanged, verifyShop, type IntakeContext } from '@relay/intake';
import { readStockFeed } from '@relay/stock';
import { alone, forgetLiveWish, loadShop, setShopFault, wantSweep } from '@relay/ledger';
import { checkStatusMapping, switchLive, type ConnectedShop, type Relay } from '@relay/operations';
import { needsFirstFeed } from './maintenance.js';

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

/** Connects the shop, however long it is away: home URL, baseline, webhooks, the first feed; live where that is set. */
export function startShopConnector(
  relay: Relay,
  intake: IntakeContext,
  shop: ConnectedShop,
  /** The shop that answers is the one of the ledger. */
  onVerified: () => void,
): { stop: () => void } {
  const stopping = new AbortController();
  void (async () => {
    for (let waitMs = FIRST_WAIT_MS; !stopping.signal.aborted; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      if (await connectOnce(relay, intake, shop, onVerified)) return;
      await sleep(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined); // stopped: the loop ends
    }
  })();
  return { stop: () => stopping.abort() };
}

/** @returns true when nothing is left to do. */
async function connectOnce(
  relay: Relay,
  intake: IntakeContext,
  shop: ConnectedShop,
  onVerified: () => void,
): Promise<boolean> {
  const { ledger, log } = relay;
  try {
    await verifyShop(intake, shop);
    onVerified();
    let done = false;
    const wasAlone = await alone(ledger, `connect ${shop.id}`, async () => {
      await connectShop(intake, shop, relay.settings.mode === 'live');
      await keepShopWebhooks(intake, shop).catch((error: unknown) =>
        log.warn('the shop’s webhooks could not be looked at: the sweeps do their work', { shop: shop.id, error }),
      );
      if (await needsFirstFeed(ledger, shop)) {
        const { skus } = await readStockFeed(intake, shop);
        log.info('stock feed read', { shop: shop.id, skus });
      }
      done = await followModeSetting(relay, intake, shop);
      if (!done) return;
      await checkStatusMapping(relay, shop).catch((error: unknown) =>
        log.warn('HFT71_STATUS_MAPPING could not be compared with the shop’s statuses', { shop: shop.id, error }),
      );
      await setShopFault(ledger, shop.id, null);
      // What came while nothing ran is found now, not at the next turn of the schedule.
      await wantSweep(ledger, shop.id, []);
    });
    if (!wasAlone) log.info('another process connects the shop: looking again', { shop: shop.id });
    return done;
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    log.error('the shop is not connected: it goes on trying', { shop: shop.id, error });
    if (error instanceof CallFailure || error instanceof ShopChanged)
      await setShopFault(ledger, shop.id, fault).catch(() => undefined); // PostgreSQL away
    return false;
  }
}

/**
 * `RELAY_MODE` counts only when a shop is first connected; afterwards the ledger's mode does.
 * @returns false when it could not be followed because a server is away: to be tried again.
 */
async function followModeSetting(relay: Relay, intake: IntakeContext, shop: ConnectedShop): Promise<boolean> {
  const { log, settings } = relay;
  const view = await loadShop(relay.ledger, shop.id);
  if (view?.mode === 'going_live') return true; // somebody is at it, or a worker goes on with it (going-on-live.ts)
  // The wish of the first connection, until it was followed.
  if (settings.mode === 'live' && view?.liveWanted === true) {
    const went = await switchLive(relay, shop, {
      pluginSendingIsOff: false,
      actor: 'RELAY_MODE',
      ...(intake.onReceived === undefined ? {} : { onReceived: intake.onReceived }),
    });
    if (went.kind !== 'refused') return true;
    const { refusals } = went;
    log.error('RELAY_MODE=live is refused: the shop stays in shadow mode', { shop: shop.id, refusals });
    if (refusals.some(({ kind }) => kind !== 'refused')) return false;
    await forgetLiveWish(relay.ledger, shop.id);
    return true;
  }
  if (view !== null && view.mode !== settings.mode)
    log.warn(`RELAY_MODE=${settings.mode} is set, and the shop is ${view.mode}: only \`relay mode\` changes it now`, {
      shop: shop.id,
    });
  return true;
}
