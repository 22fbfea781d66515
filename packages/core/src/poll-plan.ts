/**
 * When an order's status is read next. Pure: the caller tells the clock and the dice. `npm run bench -- --only polling`
 * plays these rules over thousands of orders.
 */
export interface PollRules {
  /** `HFT71_POLL_INTERVAL`: of an order in production, while no webhook tells of changes. */
  readonly intervalMs: number;
  /** `HFT71_POLL_INTERVAL_WITH_WEBHOOKS`: while webhooks come; a lost one is found within this and a tenth. */
  readonly withWebhooksMs: number;
  /** `HFT71_POLL_MAX_AGE`: an order that is older is read no more. */
  readonly maxAgeMs: number;
}

export interface PolledOrder {
  readonly acceptedAtMs: number;
  /** The relay has seen a status of it. */
  readonly hasStatus: boolean;
  /** It is closed at HFT71: nothing will change any more. */
  readonly isTerminal: boolean;
  /** Since when its status is what it is, as far as the relay knows; when it was accepted, before the first. */
  readonly statusSinceMs: number;
}

export type PollPlan =
  { readonly kind: 'at'; readonly atMs: number } | { readonly kind: 'end'; readonly reason: EndOfPolling };
export type EndOfPolling = 'terminal' | 'too-old';

/** Production begins within hours, so a new order is looked at more often than one that is being made. */
const NEW_SHARE = 1 / 2;
/** An order that stands still for long will not move in the next minutes. */
const SLOWER_SHARE = 1 / 20;
/** Something is wrong with an order that stands still for so long: then even less often. */
const LATE_AFTER_MS = 72 * 3_600_000;
const LATE_SHARE = 1 / 6;
const LONGEST_MS = 36 * 3_600_000;
/** So that orders which came together are not read together for ever. */
const SPREAD = 0.1;

export function planPoll(
  order: PolledOrder,
  now: { readonly nowMs: number; readonly webhooksAreSilent: boolean; readonly random: number },
  rules: PollRules,
): PollPlan {
  if (order.isTerminal) return { kind: 'end', reason: 'terminal' };
  if (now.nowMs - order.acceptedAtMs >= rules.maxAgeMs) return { kind: 'end', reason: 'too-old' };
  const intervalMs = now.webhooksAreSilent ? silentIntervalMs(order, now.nowMs, rules) : rules.withWebhooksMs;
  return { kind: 'at', atMs: now.nowMs + intervalMs * (1 - SPREAD + 2 * SPREAD * now.random) };
}

/** New: half of the interval; in production: the interval; standing still: longer and longer. */
function silentIntervalMs(order: PolledOrder, nowMs: number, { intervalMs }: PollRules): number {
  const standsMs = Math.max(0, nowMs - order.statusSinceMs);
  const shareOfTime = standsMs * (standsMs > LATE_AFTER_MS ? LATE_SHARE : SLOWER_SHARE);
  const longestMs = Math.max(LONGEST_MS, intervalMs);
  return Math.min(longestMs, Math.max(order.hasStatus ? intervalMs : intervalMs * NEW_SHARE, shareOfTime));
}

/** No delivery for so long, or none ever, while orders are open: the webhook is taken for dead, whatever the reason. */
export function webhooksAreSilent(lastDeliveryAtMs: number | null, nowMs: number, silenceMs: number): boolean {
  return lastDeliveryAtMs === null || nowMs - lastDeliveryAtMs > silenceMs;
}
