import { setTimeout as sleep } from 'node:timers/promises';
import type { HandOffState } from '@relay/core';
import { loadIntent, loadShop, releaseHeld, type OrderView } from '@relay/ledger';
import { findOrder, refused, type Refusal } from './held-orders.js';
import type { Relay } from './relay.js';
import { resumeCommand } from './shop-pause.js';

/** Why this order cannot be the test order; the order otherwise. */
export async function orderToSend(
  relay: Relay,
  wanted: string,
  shopId?: string,
): Promise<{ readonly kind: 'found'; readonly order: OrderView } | Refusal> {
  const found = await findOrder(relay, wanted, shopId);
  if (found.kind === 'refused') return found;
  const { order } = found;
  const shop = await loadShop(relay.ledger, order.shopId);
  if (shop?.mode !== 'live')
    return refused(
      `shop ${order.shopId} is ${shop?.mode ?? 'unknown'}: nothing of it is sent`,
      'relay mode live first',
    );
  if (shop.pausedAt !== null)
    return refused(
      `shop ${order.shopId} is paused: ${shop.pauseReason ?? ''}`,
      `${await resumeCommand(relay, order.shopId)} first`,
    );
  const isOwnHold = order.state === 'held' && (order.reason === 'person' || order.reason === 'deadline');
  if (order.state === 'ready' || order.state === 'waiting' || isOwnHold) return found;
  return order.state === 'sent' || order.state === 'written_back' || order.state === 'adopted'
    ? refused(`order ${order.number} is at HFT71 already (${order.hft71OrderId ?? '?'})`, 'choose one that is not sent')
    : refused(
        `order ${order.number} is ${order.state ?? 'not to be sent'}${order.reason === null ? '' : ` (${order.reason})`}`,
        'relay orders show says what it needs; smoke sends only what is ready or held by a person',
      );
}

export interface SmokeSent {
  readonly kind: 'sent';
  readonly hft71OrderId: string | null;
  readonly tookMs: number;
}

const SENT: readonly (HandOffState | null)[] = ['written_back', 'adopted'];
const ON_ITS_WAY: readonly (HandOffState | null)[] = ['waiting', 'ready', 'sending', 'sent'];

/**
 * A real order, by the ordinary way: released where a person holds it, and then waited for while a worker hands it over.
 * Nothing is hastened or bypassed. @param patienceMs how long it is waited for; the order goes on its way afterwards too.
 */
export async function sendAsTest(
  relay: Relay,
  order: OrderView,
  { actor, patienceMs }: { actor: string; patienceMs: number },
): Promise<SmokeSent | Refusal> {
  const startedAt = performance.now();
  const { intentId, number } = order;
  if (intentId === null) return refused(`order ${number} is not to be sent`, 'choose another one');
  if (order.state === 'held' && (await releaseHeld(relay.ledger, intentId, { actor, reason: 'smoke test' })) === null)
    return refused(
      `order ${number} is no longer held by a person`,
      `relay orders show ${number} says what became of it`,
    );
  for (;;) {
    // By its intent, never by a name: another order's number may be this one's id.
    const now = await loadIntent(relay.ledger, intentId);
    if (now === null) return refused(`order ${number} is gone from the ledger`, 'look at relay orders held');
    const tookMs = Math.round(performance.now() - startedAt);
    if (SENT.includes(now.state)) return { kind: 'sent', hft71OrderId: now.hft71OrderId, tookMs };
    if (!ON_ITS_WAY.includes(now.state))
      return refused(
        `order ${number} is ${now.state}${now.reason === null ? '' : ` (${now.reason})`}`,
        `relay orders show ${number} says why and what resolves it`,
      );
    if (tookMs > patienceMs)
      return refused(
        `order ${number} is still ${now.state} after ${Math.round(tookMs / 1000)} s`,
        `it goes on its way by itself: relay orders show ${number} says how far it is, relay status says whether workers run, relay breaker show whether HFT71 answers`,
      );
    await sleep(LOOK_EVERY_MS);
  }
}

const LOOK_EVERY_MS = 250;
