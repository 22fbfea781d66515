import {
  backoffMs,
  CallFailure,
  comparable,
  furthestOf,
  isTerminal,
  leastAdvanced,
  planPoll,
  rankOf,
  shownStatus,
  webhooksAreSilent,
  type StatusMapping,
} from '@relay/core';
import { loadPoll, raiseAlert, recordPoll, recordPollFault, resolveAlerts, type PolledProgress } from '@relay/ledger';
import type { IntakeContext } from './context.js';
import { faultOf, isSame, readAtHft71, type PollingShop, type Told } from './read-at-hft71.js';

/** A reading that failed and is worth another try soon. Its text is stored by the queue: class and ids only. */
export class PollFailed extends Error {
  override readonly name = 'PollFailed';
  /** Not before, as the answer asks. */
  readonly retryAfterMs: number | null;
  constructor(failure: CallFailure, orderId: number) {
    super(`${failure.message} (order ${orderId})`);
    this.retryAfterMs = failure.retryAfterMs;
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
    told = await readAtHft71(shop, poll);
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
      fault: 'not-found',
      pollInMs: shop.pollRules.withWebhooksMs,
      ended: endOf(shop, poll),
    });
    const message = `HFT71 accepted order ${poll.orderId} as ${poll.hft71OrderId} and does not know it now: look it up there`;
    if (await raiseAlert(ctx.ledger, { kind: UNKNOWN_AT_HFT71, severity: 2, subject: subjectOf(poll), message }))
      ctx.log.error(message, { orderId: poll.orderId, shop: shop.id });
    return 'not known at HFT71';
  }
  if (!isLastTry && (retryAfterMs ?? 0) <= LONGEST_WAIT_IN_QUEUE_MS) throw new PollFailed(failure, poll.orderId);
  const pollInMs = Math.max(retryAfterMs ?? 0, backoffMs(6)); // a shaken minutes' wait: the plan's own may be a day
  await recordPollFault(ctx.ledger, poll, { fault: failure.message.slice(0, 200), pollInMs, ended: endOf(shop, poll) });
  if (isLastTry) throw new PollFailed(failure, poll.orderId);
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
  const isNewer =
    isMoved || isOther(told.customerStatuses, poll.customerStatuses) || isOther(told.shipping, poll.shipping);
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
    // What a person set otherwise is compared again with what they set by now.
    changed: isNewer || poll.conflict !== null,
    pollInMs,
    ended: plan.kind === 'end' ? plan.reason : null,
    hint: plan.kind === 'end' ? null : hint,
  });
  if (!isRecorded) return 'nothing to do: another poll has taken its place';
  await resolveAlerts(ctx.ledger, [UNKNOWN_AT_HFT71], subjectOf(poll));
  await tellUnknown(ctx, shop, poll, statuses);
  if (!isNewer) return `unchanged: ${status}`;
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
