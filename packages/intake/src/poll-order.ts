import {
  backoffMs,
  CallFailure,
  comparable,
  furthestOf,
  isTerminal,
  leastAdvanced,
  planPoll,
  rankOf,
  saysNothing,
  shownStatus,
  webhooksAreSilent,
  type PollRules,
  type StatusMapping,
} from '@relay/core';
import type { Hft71Client, SkuStatus } from '@relay/hft71';
import {
  loadPoll,
  raiseAlert,
  recordPoll,
  recordPollFault,
  resolveAlerts,
  type PolledProgress,
  type ShippingRow,
} from '@relay/ledger';
import type { IntakeContext } from './context.js';

/** What a shop's settings say of statuses. */
export interface StatusRules {
  /** `HFT71_STATUS_MAPPING` */
  readonly mapping: StatusMapping;
  /** `HFT71_TERMINAL_STATUSES`, and `HFT71_CANCEL_STATUS` where there is one. */
  readonly terminal: readonly string[];
  /** `HFT71_STATUS_OF_MIXED_ORDERS`: the shop's status follows HFT71's also where some lines are not HFT71's. */
  readonly mixedOrders: boolean;
  /** `HFT71_STATUS_BACKWARDS` */
  readonly backwards: boolean;
  /** `HFT71_CUSTOMER_STATUS_ENABLED` */
  readonly customerStatus: boolean;
  /** `HFT71_SHIPPING_SYNC_ENABLED` */
  readonly shipping: boolean;
  /** `HFT71_LINE_STATUS_ENABLED` */
  readonly lines: boolean;
  /** `HFT71_WEBHOOK_SILENCE` */
  readonly webhookSilenceMs: number;
}

export interface PollingShop {
  readonly id: string;
  readonly hft71: Hft71Client;
  readonly statuses: StatusRules;
  readonly pollRules: PollRules;
  /** A line of the call log for what was not called: the plugin logged it too. */
  readonly logSkippedShipping: (orderId: number, hft71OrderId: string, why: string) => void;
}

/** A reading that failed and is worth another try soon. Its text is stored by the queue: class and ids only. */
export class PollFailed extends Error {
  override readonly name = 'PollFailed';
  constructor(
    failure: CallFailure,
    orderId: number,
    /** Not before, as the answer asks. */
    readonly retryAfterMs: number | null,
  ) {
    super(`${failure.message} (order ${orderId})`);
  }
}

/** A Retry-After that is longer is waited for in the ledger. */
const LONGEST_WAIT_IN_QUEUE_MS = 60_000;
/** A status that a webhook told and HFT71 does not show yet is looked for again after these. */
const UNCONFIRMED_HINT_MS = [60_000, 5 * 60_000, 30 * 60_000];

/**
 * Reads what has become of one order at HFT71, and plans the next reading. What cannot be believed changes nothing but the
 * fault that is noted. @throws PollFailed while another try of the same job may help.
 */
export async function pollOrder(
  ctx: IntakeContext,
  shop: PollingShop,
  job: { readonly intentId: string; readonly pollNo: number },
  { isLastTry }: { readonly isLastTry: boolean },
): Promise<string> {
  const poll = await loadPoll(ctx.ledger, job);
  if (poll === null) return 'nothing to do: another poll has taken its place';
  let told: Told;
  try {
    told = await readProgress(shop, poll);
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error;
    return fail(ctx, shop, poll, error, isLastTry);
  }
  const fault = faultOf(poll, told.statuses);
  if (fault !== null) {
    await recordPollFault(ctx.ledger, poll, { fault, pollInMs: shop.pollRules.intervalMs, ended: endOf(shop, poll) });
    ctx.log.warn('HFT71’s status of an order cannot be believed', { orderId: poll.orderId, shop: shop.id, fault });
    return `not believed: ${fault}`;
  }
  return record(ctx, shop, poll, told);
}

interface Told {
  readonly statuses: readonly SkuStatus[];
  readonly customerStatuses: readonly SkuStatus[] | null;
  readonly shipping: ShippingRow | null;
}

async function readProgress(shop: PollingShop, poll: PolledProgress): Promise<Told> {
  const hft71 = shop.hft71.reading('poll');
  const { hft71OrderId, orderId } = poll;
  const statuses = bySku(await hft71.orderStatus(hft71OrderId, orderId));
  const isMoved = !isSame(statuses, poll.statuses);
  const customerStatuses = shop.statuses.customerStatus
    ? await unlessAbsent(async () => bySku(await hft71.customerStatus(hft71OrderId, orderId)))
    : null;
  return { statuses, customerStatuses, shipping: await readShipping(shop, poll, isMoved) };
}

/** The parcel is asked for until it is known, and again whenever the status moves. */
async function readShipping(shop: PollingShop, poll: PolledProgress, isMoved: boolean): Promise<ShippingRow | null> {
  const { hft71OrderId, orderId } = poll;
  const skipped = (why: string) => (isMoved ? shop.logSkippedShipping(orderId, hft71OrderId, why) : undefined);
  if (!shop.statuses.shipping) {
    skipped('switched-off');
    return null;
  }
  if (!isMoved && poll.shipping?.tracking) return null;
  const order = await unlessAbsent(() => shop.hft71.reading('poll').order(hft71OrderId, orderId));
  const shipping = order === null || order === 'not-found' ? null : order.shipping;
  if (shipping === null || (shipping.carrier === null && shipping.tracking === null && shipping.trackingRet === null)) {
    skipped('no-parcel');
    return null;
  }
  return { carrier: shipping.carrier, tracking: shipping.tracking, trackingRet: shipping.trackingRet };
}

/** These two are extras: that HFT71 has no such endpoint must not keep the status away. */
async function unlessAbsent<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    // A page or cut JSON with a 2xx is a failure of the moment, and read again.
    if (error instanceof CallFailure && saysNothing(error) && (error.status ?? 0) >= 300) return null;
    throw error;
  }
}

/** Why a list that could be read says nothing of this order; null when it does. */
function faultOf(poll: PolledProgress, statuses: readonly SkuStatus[]): string | null {
  if (statuses.length === 0) return 'empty-list';
  const skus = statuses.map(({ sku }) => sku);
  if (new Set(skus).size < skus.length) return 'sku-twice';
  const strange = skus.filter((sku) => !poll.skus.includes(sku) && !poll.statuses?.some((row) => row.sku === sku));
  if (strange.length > 0) return `unknown-sku: ${strange.slice(0, 3).join(', ')}`;
  // A line that HFT71 told of before does not vanish: with it missing the order would seem further than it is.
  const missing = (poll.statuses ?? []).filter(({ sku }) => !skus.includes(sku) && poll.skus.includes(sku));
  return missing.length > 0
    ? `missing-sku: ${missing
        .map(({ sku }) => sku)
        .slice(0, 3)
        .join(', ')}`
    : null;
}

async function fail(
  ctx: IntakeContext,
  shop: PollingShop,
  poll: PolledProgress,
  failure: CallFailure,
  isLastTry: boolean,
): Promise<string> {
  const { retryAfterMs } = failure;
  if (failure.failure === 'not-found') {
    await recordPollFault(ctx.ledger, poll, {
      ...{ fault: 'not-found', pollInMs: shop.pollRules.withWebhooksMs, ended: endOf(shop, poll) },
    });
    const message = `HFT71 accepted order ${poll.orderId} as ${poll.hft71OrderId} and does not know it now: look it up there`;
    if (await raiseAlert(ctx.ledger, { kind: UNKNOWN_AT_HFT71, severity: 2, subject: subjectOf(poll), message }))
      ctx.log.error(message, { orderId: poll.orderId, shop: shop.id });
    return 'not known at HFT71';
  }
  if (!isLastTry && (retryAfterMs ?? 0) <= LONGEST_WAIT_IN_QUEUE_MS)
    throw new PollFailed(failure, poll.orderId, retryAfterMs);
  const pollInMs = Math.max(retryAfterMs ?? 0, backoffMs(6)); // a shaken minutes' wait: the plan's own may be a day
  await recordPollFault(ctx.ledger, poll, { fault: failure.message.slice(0, 200), pollInMs, ended: endOf(shop, poll) });
  if (isLastTry) throw new PollFailed(failure, poll.orderId, retryAfterMs);
  return 'later: HFT71 asks to wait';
}

/** An order that is too old is read no more, whatever HFT71 answers. */
function endOf({ pollRules }: PollingShop, { acceptedAt, now }: PolledProgress): 'too-old' | null {
  return now.getTime() - acceptedAt.getTime() >= pollRules.maxAgeMs ? 'too-old' : null;
}

const UNKNOWN_AT_HFT71 = 'order unknown at HFT71';
/** Kind of the alert about a status that `HFT71_STATUS_MAPPING` does not know. Subject: shop and status. */
export const UNKNOWN_HFT71_STATUS = 'unknown HFT71 status';

function subjectOf(poll: PolledProgress): string {
  return `${poll.shopId}/${poll.orderId}`;
}

async function record(ctx: IntakeContext, shop: PollingShop, poll: PolledProgress, told: Told): Promise<string> {
  const { statuses: rules, pollRules } = shop;
  const statuses = told.statuses.map(({ status }) => status);
  const isMoved = !isSame(told.statuses, poll.statuses);
  const isOther = (next: unknown, before: unknown) => next !== null && JSON.stringify(next) !== JSON.stringify(before);
  const changed =
    isMoved ||
    poll.conflict !== null ||
    isOther(told.customerStatuses, poll.customerStatuses) ||
    isOther(told.shipping, poll.shipping);
  const status = shownStatus(rules.mapping, statuses);
  const nowMs = poll.now.getTime();
  const plan = planPoll(
    {
      acceptedAtMs: poll.acceptedAt.getTime(),
      hasStatus: true,
      isTerminal: isTerminal(rules.terminal, statuses) && !isParcelAwaited(shop, poll, told, status),
      statusSinceMs: status === poll.status && poll.statusSince !== null ? poll.statusSince.getTime() : nowMs,
    },
    {
      nowMs,
      webhooksAreSilent: webhooksAreSilent(poll.webhookHeardAt?.getTime() ?? null, nowMs, rules.webhookSilenceMs),
      random: Math.random(),
    },
    pollRules,
  );
  const hint = unconfirmed(rules.mapping, poll, statuses);
  const pollInMs =
    plan.kind === 'end' ? null : hint === null ? plan.atMs - nowMs : (UNCONFIRMED_HINT_MS[poll.hintReads] as number);
  const isRecorded = await recordPoll(ctx.ledger, poll, {
    ...told,
    status,
    furthest: furthestOf(rules.mapping, poll.furthest, statuses),
    changed,
    pollInMs,
    ended: plan.kind === 'end' ? plan.reason : null,
    hint: plan.kind === 'end' ? null : hint,
  });
  if (!isRecorded) return 'nothing to do: another poll has taken its place';
  await resolveAlerts(ctx.ledger, [UNKNOWN_AT_HFT71], subjectOf(poll));
  await tellUnknown(ctx, shop, poll, statuses);
  if (!changed) return `unchanged: ${status}`;
  ctx.log.info('HFT71 tells a change', {
    orderId: poll.orderId,
    shop: shop.id,
    hft71OrderId: poll.hft71OrderId,
    status,
  });
  ctx.onReceived?.();
  return `changed: ${status}`;
}

/** A closed order whose parcel has no number yet is read on for a while: the number often comes a little later. */
function isParcelAwaited(shop: PollingShop, poll: PolledProgress, told: Told, status: string): boolean {
  if (!shop.statuses.shipping || told.shipping?.tracking || poll.shipping?.tracking) return false;
  const sinceMs =
    status === poll.status && poll.statusSince !== null ? poll.now.getTime() - poll.statusSince.getTime() : 0;
  return sinceMs < PARCEL_AWAITED_MS;
}

const PARCEL_AWAITED_MS = 72 * 3_600_000;

/** The status that a webhook told, while HFT71's own answer has not come to it and it is still looked for. */
function unconfirmed(
  mapping: StatusMapping,
  { hint, hintReads }: PolledProgress,
  statuses: readonly string[],
): string | null {
  if (hint === null || hintReads >= UNCONFIRMED_HINT_MS.length) return null;
  if (statuses.some((status) => comparable(status) === comparable(hint))) return null;
  const rank = rankOf(mapping, hint);
  const least = leastAdvanced(mapping, statuses);
  return rank !== null && least.kind === 'known' && least.rank > rank ? null : hint;
}

async function tellUnknown(
  ctx: IntakeContext,
  shop: PollingShop,
  poll: PolledProgress,
  statuses: readonly string[],
): Promise<void> {
  for (const status of new Set(
    statuses.filter(
      (each) => rankOf(shop.statuses.mapping, each) === null && !isTerminal(shop.statuses.terminal, [each]),
    ),
  )) {
    const message = `HFT71 says “${status}”, which HFT71_STATUS_MAPPING does not know: the shop’s status of such orders stays (first: order ${poll.orderId})`;
    const alert = {
      kind: UNKNOWN_HFT71_STATUS,
      severity: 3 as const,
      subject: `${shop.id}/${status.toLowerCase()}`,
      message,
    };
    if (await raiseAlert(ctx.ledger, alert)) ctx.log.warn(message, { shop: shop.id });
  }
}

/** In one order, so that HFT71 may list them in any. */
function bySku(rows: readonly SkuStatus[]): SkuStatus[] {
  return rows.map(({ sku, status }) => ({ sku, status })).sort((a, b) => (a.sku < b.sku ? -1 : a.sku > b.sku ? 1 : 0));
}

function isSame(next: readonly SkuStatus[], before: readonly SkuStatus[] | null): boolean {
  return before !== null && JSON.stringify(next) === JSON.stringify(bySku(before));
}
