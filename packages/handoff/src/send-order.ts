import { randomUUID } from 'node:crypto';
import type { Caller } from '@relay/budget';
import { backoffMs, backoffUnderBreakerMs, CallFailure, keyedHash, makeMarker, SHOP_META } from '@relay/core';
import type { OrderConnection } from '@relay/hft71';
import {
  claimAttempt,
  deferIntent,
  loadIntent,
  prepareAttempt,
  recordNotProcessed,
  type IntentView,
} from '@relay/ledger';
import { checkOrder, type SendableOrder } from './check-order.js';
import { HandOffFailed, type HandOffContext, type ShopRuntime } from './context.js';
import { recordOutcome } from './record-outcome.js';
import { untilRecorded } from './until-recorded.js';

/**
 * One attempt to hand an order to HFT71, in the protocol's order. The story of one failing order:
 *
 * The dispatcher found the intent `ready` and added this job. (1) The order is read from the shop: what it shows now
 * decides, not what the ledger remembers. (2) A log-in token, (3) a slot of the account's budget. (4) The attempt's token
 * is committed, and written into the shop's order as the marker: the second record, for a ledger that forgets. The
 * connection is opened. (5) The claim: one guarded statement, `ready → sending`, the lease begins. (6) One POST, its
 * bytes within 2 s of the claim, or none. The answer never comes; after 20 s (7) the outcome is recorded: in doubt.
 *
 * If the worker dies before the claim, the rescue timer ends the attempt as *abandoned* and the next one looks for its
 * marker in the shop. If it dies after the claim, the lease runs out and the order is in doubt. In doubt is never sent
 * again blindly: it stands on the held list until something proves what HFT71 did.
 *
 * @returns what came of it, for the Board. @throws HandOffFailed where the next try is a new dispatch.
 */
export async function sendOrder(ctx: HandOffContext, intentId: string): Promise<string> {
  const intent = await loadIntent(ctx.ledger, intentId);
  if (intent === null || (intent.kind !== 'send_order' && intent.kind !== 'reprint')) return 'no such intent';
  if (intent.state !== 'ready') return `nothing to do: ${intent.state}`;
  if (intent.isPrepared) return 'nothing to do: another attempt is prepared';
  if (intent.campaignId !== null && intent.campaignShare === null) return 'nothing to do: its campaign was stopped';
  const shop = ctx.shops.get(intent.shopId);
  if (shop === undefined) {
    await deferIntent(ctx.ledger, intent.id, { notBeforeMs: NOT_VERIFIED_WAIT_MS, lastFailure: null });
    return 'deferred: this worker has not verified the shop yet';
  }
  const step = async (name: Parameters<NonNullable<HandOffContext['onStep']>>[0]) => ctx.onStep?.(name, intent.orderId);

  await step('before-read');
  const checked = await checkOrder(ctx, shop, intent);
  await step('after-read');
  if (checked.kind === 'done') return checked.what;

  await step('before-token');
  const logInToken = await orDefer(ctx, intent, 'log-in', () => shop.hft71.logInToken());
  await step('after-token');
  const slot = await takeSlot(ctx, shop, intent);
  if (slot === null) return 'deferred: no slot in the budget';
  await step('after-slot');

  if (ctx.isStopping?.() === true) {
    await shop.budget.giveBack(slot).catch(() => undefined); // it runs out by itself
    await deferIntent(ctx.ledger, intent.id, { notBeforeMs: 0, lastFailure: null });
    return 'deferred: the worker stops';
  }
  const attempt = new Attempt(ctx, shop, intent, checked, slot);
  await step('before-prepare');
  if (!(await attempt.prepare())) {
    await shop.budget.giveBack(slot);
    return 'nothing to do: another worker has it';
  }
  await step('after-prepare');
  await step('before-marker');
  await attempt.writeMarker();
  await step('after-marker');
  const connection = await attempt.connect();
  await step('after-connect');
  try {
    await attempt.moveSlotToNow();
    await step('before-claim');
    const claimed = await attempt.claim();
    await step('after-claim');
    await step('before-post');
    const seen = await shop.hft71.postOrder({
      connection,
      token: logInToken,
      payload: checked.payload,
      referenceId: checked.reference,
      orderId: intent.orderId,
      sendBy: () => claimed.tooLate(),
    });
    await step('after-post');
    if (seen.left) await shop.budget.countFrom(slot, seen.durationMs).catch(() => undefined); // it stands as it was taken
    await step('before-record');
    const outcome = await recordOutcome(ctx, shop, {
      intent,
      token: attempt.token,
      reference: checked.reference,
      contentHash: checked.contentHash,
      logInToken,
      slot,
      seen,
    });
    await step('after-record');
    return outcome;
  } finally {
    connection.close();
  }
}

/** Steps 3 to 5 of one attempt: each ends it *not processed* where it fails, since no byte has left. */
class Attempt {
  readonly token = randomUUID();
  readonly #payloadHash: string;

  constructor(
    readonly ctx: HandOffContext,
    readonly shop: ShopRuntime,
    readonly intent: IntentView,
    readonly checked: SendableOrder,
    readonly slot: string,
  ) {
    this.#payloadHash = keyedHash(ctx.installation.hashKey, checked.payload);
  }

  prepare(): Promise<boolean> {
    return prepareAttempt(this.ctx.ledger, {
      intentId: this.intent.id,
      token: this.token,
      worker: this.ctx.worker,
      payloadHash: this.#payloadHash,
    });
  }

  async writeMarker(): Promise<void> {
    if (!this.shop.marker) return;
    const marker = makeMarker(this.ctx.installation.id, this.token);
    try {
      const order = await this.shop.woocommerce.putOrderMeta(this.intent.orderId, { [SHOP_META.marker]: marker });
      if (!order.meta.some((entry) => entry.key === SHOP_META.marker && entry.value === marker))
        throw new CallFailure({
          target: 'shop',
          action: 'write_marker',
          failure: 'misconfigured',
          code: 'marker-not-kept',
        });
    } catch (error) {
      await this.#endNotProcessed('marker-failed', Math.max(this.ctx.times.markerBackoffMs, retryAfter(error)), error);
    }
  }

  async connect(): Promise<OrderConnection> {
    try {
      return await this.shop.hft71.openConnection();
    } catch (error) {
      // A host that takes no connection counts as a failed POST.
      const notBeforeMs = backoffUnderBreakerMs(this.intent.failures + 1);
      return this.#endNotProcessed('nothing-sent', notBeforeMs, error, true);
    }
  }

  async moveSlotToNow(): Promise<void> {
    let moved;
    try {
      moved = await this.shop.budget.moveToNow(this.slot, callerOf(this.intent));
    } catch (error) {
      return this.#endNotProcessed('no-budget', backoffMs(this.intent.failures + 1), error);
    }
    if (!moved.granted) await this.#endNotProcessed('no-slot', moved.waitMs, null);
  }

  /** @returns the guard of the bytes: why they are too late, by the larger of monotonic and wall time since the claim. */
  async claim(): Promise<{ tooLate: () => string | null }> {
    if (this.ctx.isStopping?.() === true) return this.#endNotProcessed('worker-stops', 0, null);
    const monotonicStart = performance.now();
    const wallStart = Date.now();
    let answer;
    try {
      answer = await claimAttempt(this.ctx.ledger, {
        intentId: this.intent.id,
        accountId: this.shop.accountId,
        token: this.token,
        payloadHash: this.#payloadHash,
        addressHash: this.checked.addressHash,
        leaseMs: this.ctx.times.leaseMs,
        maxUnmirrored: this.shop.maxUnmirrored,
      });
    } catch (error) {
      // Whether it was committed is unknown, but no byte has left: handing it back is right either way.
      return this.#endNotProcessed('claim-failed', backoffMs(this.intent.failures + 1), error);
    }
    if (answer !== 'claimed') return this.#endNotProcessed(answer, CLAIM_REFUSED_WAIT_MS, null);
    const { sendByMs } = this.ctx.times;
    return {
      tooLate: () => {
        const elapsedMs = Math.max(performance.now() - monotonicStart, Date.now() - wallStart);
        return elapsedMs <= sendByMs ? null : 'send-by';
      },
    };
  }

  async #endNotProcessed(cause: string, notBeforeMs: number, error: unknown, countsAsFailure = false): Promise<never> {
    await this.shop.budget.giveBack(this.slot).catch(() => undefined); // a slot that is not given back runs out by itself
    const seen = {
      cause,
      notBeforeMs,
      lastFailure: error instanceof CallFailure ? error.message : cause,
      httpStatus: error instanceof CallFailure ? error.status : null,
      errorCode: error instanceof CallFailure ? error.code : null,
      left: false,
      countsAsFailure,
    };
    // Its marker may be in the shop: left to the rescue timer, the attempt would be a doubt that only a person settles.
    await untilRecorded(this.ctx, this.ctx.times.preparedTimeoutMs, () =>
      recordNotProcessed(this.ctx.ledger, this.token, seen),
    );
    throw new HandOffFailed(error instanceof CallFailure ? `${cause}: ${error.message}` : cause, this.intent.orderId);
  }
}

/** Until the shop's home URL was seen in this process nothing is done for it: the settings may lead to a clone. */
const NOT_VERIFIED_WAIT_MS = 5_000;

/** A refused claim's reason lasts longer than a moment; the dispatcher looks at it before the next one anyway. */
const CLAIM_REFUSED_WAIT_MS = 1_000;

async function takeSlot(ctx: HandOffContext, shop: ShopRuntime, intent: IntentView): Promise<string | null> {
  const taken = await orDefer(ctx, intent, 'budget', () =>
    shop.budget.takeOrWait(callerOf(intent), ctx.times.slotWaitMs),
  );
  if (taken.granted) return taken.slot;
  await deferIntent(ctx.ledger, intent.id, { notBeforeMs: taken.waitMs, lastFailure: null });
  return null;
}

/** A campaign's orders have its share of the budget, and live ones all of it. */
function callerOf({ campaignShare }: IntentView): Caller {
  return campaignShare === null ? 'send' : { callClass: 'campaign', share: campaignShare };
}

/** Before the attempt is prepared nothing is burnt: a failure only defers the intent. */
async function orDefer<T>(ctx: HandOffContext, intent: IntentView, what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const failure = error instanceof CallFailure ? error.message : `${what} failed`;
    const notBeforeMs = Math.max(backoffMs(intent.failures + 1), retryAfter(error));
    await deferIntent(ctx.ledger, intent.id, { notBeforeMs, lastFailure: failure });
    ctx.log.warn('hand-off deferred', { orderId: intent.orderId, shop: intent.shopId, what, error });
    throw new HandOffFailed(failure, intent.orderId);
  }
}

function retryAfter(error: unknown): number {
  return error instanceof CallFailure ? (error.retryAfterMs ?? 0) : 0;
}
