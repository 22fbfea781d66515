import { oneRow, type Ledger } from './connect.js';
import type { OrderVerdict } from '@relay/core';
import { isUniqueViolation } from './attempt.js';
import { shownElsewhere } from './shown-elsewhere.js';

/** What step 1 of an attempt found, carried out while the intent is still ready and nobody prepared an attempt. */
const STILL_READY = `i.id = $1 and i.state = 'ready'
  and not exists (select 1 from attempt a where a.intent_id = i.id and a.claimed_at is null and a.ended_at is null)`;

export async function holdReady(
  ledger: Ledger,
  intentId: string,
  held: { reason: string; detail: string | null; contentHash: string | null },
): Promise<boolean> {
  const row = await oneRow(
    ledger.pool,
    `update intent i set state = 'held', reason = case when i.doubt_since is not null then 'in-doubt' else $2 end,
       reason_detail = $3, content_hash = coalesce($4, i.content_hash), dispatched_until = null, state_since = now()
     where ${STILL_READY} returning i.id`,
    [intentId, held.reason, held.detail, held.contentHash],
  );
  return row !== null;
}

export async function leaveReady(
  ledger: Ledger,
  intentId: string,
  to: {
    state: 'skipped' | 'cancelled' | 'not_for_hft71';
    reason: string | null;
    contentHash: string | null;
    /** The `HFT71_LINES` by which none of its lines is HFT71's. */
    leftOutBy?: string | null;
  },
): Promise<boolean> {
  const row = await oneRow(
    ledger.pool,
    `update intent i set state = $2, reason = $3, content_hash = coalesce($4, i.content_hash), left_out_by = $5,
       dispatched_until = null, state_since = now()
     where ${STILL_READY} and i.doubt_since is null returning i.id`,
    [intentId, to.state, to.reason, to.contentHash, to.leftOutBy ?? null],
  );
  return row !== null;
}

/**
 * An unknown or abandoned marker, an unknown reprint, a restore that may have forgotten it, or a cancellation while a doubt
 * stands.
 */
export async function doubtReady(
  ledger: Ledger,
  intentId: string,
  doubt: {
    cause: Extract<OrderVerdict, { kind: 'doubt' }>['cause'] | 'ledger-restored';
    /** What a person needs to see of it; null leaves what is there. */
    detail: string | null;
    /** The attempt that the marker names; one that has ended harmlessly since it was looked at makes no doubt. */
    markedToken: string | null;
    settleMs: number;
  },
): Promise<boolean> {
  const row = await oneRow(
    ledger.pool,
    `update intent i set state = 'in_doubt', doubt_since = coalesce(i.doubt_since, now()), reason = null,
       unreadable_look_ups = 0, look_up_at = null,
       reason_detail = coalesce($3, i.reason_detail),
       settle_until = now() + $4::bigint * interval '1 millisecond', last_failure = $2,
       cancel_requested = i.cancel_requested or $2 = 'cancelled', dispatched_until = null, may_be_forgotten = false,
       state_since = now()
     where ${STILL_READY} and not exists (
       select 1 from attempt m where m.token = $5::uuid and m.outcome in ('not_processed', 'rejected')) returning i.id`,
    [intentId, doubt.cause, doubt.detail, doubt.settleMs, doubt.markedToken],
  );
  return row !== null;
}

/** Nothing was tried at HFT71: no attempt is burnt, the intent comes again at `not_before`. */
export async function deferIntent(
  ledger: Ledger,
  intentId: string,
  why: { notBeforeMs: number; lastFailure: string | null },
): Promise<boolean> {
  const row = await oneRow(
    ledger.pool,
    `update intent i set not_before = now() + $2::bigint * interval '1 millisecond', dispatched_until = null,
       failures = i.failures + case when $3::text is null then 0 else 1 end, last_failure = coalesce($3, i.last_failure)
     where ${STILL_READY} returning i.id`,
    [intentId, why.notBeforeMs, why.lastFailure],
  );
  return row !== null;
}

/**
 * The shop shows an id that has been checked: the order is done. Guarded by the states that may be adopted.
 * @returns `taken` when another order of the account has this id; the order that has it is named.
 */
export async function adoptIntent(
  ledger: Ledger,
  intentId: string,
  hft71OrderId: string,
  /** HFT71's order names this one. Without it, an id that another order of the account shows too proves nothing. */
  proven: boolean,
): Promise<{ kind: 'adopted' } | { kind: 'not-adoptable' } | { kind: 'taken'; byOrder: string }> {
  if (!proven) {
    const byOrder = await shownElsewhere(ledger, { intentId }, hft71OrderId);
    if (byOrder !== null) return { kind: 'taken', byOrder };
  }
  try {
    const row = await oneRow(
      ledger.pool,
      `update intent i set state = 'adopted', hft71_order_id = $2, doubt_since = null, settle_until = null, no_resend = false, reason = null,
         reason_detail = null, dispatched_until = null, last_failure = null, state_since = now()
       where i.id = $1 and coalesce(i.reason, '') <> 'conflict' and (i.state in ('in_doubt', 'held', 'rejected') or i.state = 'ready'
         and not exists (select 1 from attempt a where a.intent_id = i.id and a.claimed_at is null and a.ended_at is null))
       returning i.id`,
      [intentId, hft71OrderId],
    );
    return { kind: row === null ? 'not-adoptable' : 'adopted' };
  } catch (error) {
    if (!isUniqueViolation(error, 'intent_account_id_hft71_order_id_key')) throw error;
    const owner = await oneRow<{ number: string }>(
      ledger.pool,
      `select o.number from intent i join shop_order o on o.shop_id = i.shop_id and o.order_id = i.order_id
       where i.account_id = (select account_id from intent where id = $1) and i.hft71_order_id = $2`,
      [intentId, hft71OrderId],
    );
    return { kind: 'taken', byOrder: owner?.number ?? '?' };
  }
}

/** The id shown in the shop is not this order's. `reason_detail` keeps it: another one there is checked anew. */
export async function holdForeignId(
  ledger: Ledger,
  intentId: string,
  belongsTo: string,
  shownId: string,
): Promise<void> {
  await ledger.pool.query(
    `update intent i set state = 'held', reason = 'id-belongs-to-order-' || $2::text, reason_detail = $3,
       dispatched_until = null, state_since = now()
     where i.id = $1 and i.state in ('in_doubt', 'held', 'rejected', 'ready')
       and not exists (select 1 from attempt a where a.intent_id = i.id and a.claimed_at is null and a.ended_at is null)`,
    [intentId, belongsTo, shownId],
  );
}

/** An adoption check that could not be made now: later. */
export async function deferAdoption(ledger: Ledger, intentId: string, notBeforeMs: number): Promise<void> {
  await ledger.pool.query(
    `update intent set not_before = now() + $2::bigint * interval '1 millisecond' where id = $1 and state in ('held', 'in_doubt', 'rejected')`,
    [intentId, notBeforeMs],
  );
}
