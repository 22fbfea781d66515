import { inTransaction, oneRow, rows, type Ledger, type Queryable } from './connect.js';
import { raiseAlertOn } from './alerts.js';
import { isUniqueViolation } from './attempt.js';
import { shownElsewhere } from './shown-elsewhere.js';
import { wantWriteBack } from './want-write-back.js';
import type { HandOffState, IntentKind } from '@relay/core';

/** A doubt that a look-up or the policy may still settle: in doubt, or held for it and still being looked for. */
export interface DoubtView {
  readonly id: string;
  readonly kind: IntentKind;
  readonly shopId: string;
  readonly orderId: number;
  readonly number: string;
  readonly reference: string;
  readonly state: HandOffState;
  readonly reason: string | null;
  readonly token: string | null;
  readonly cancelRequested: boolean;
  readonly noResend: boolean;
  /** No policy sends it again, and an absence does not let it go. */
  readonly heldByPerson: boolean;
  readonly settledMarker: string | null;
  /** By the database's clock, as the doubt was taken. */
  readonly settled: boolean;
  /** Until it is, ms. */
  readonly settleInMs: number;
  readonly unreadableLookUps: number;
}

/** SQL: doubts on which an id, an absence or a policy still counts as in `in_doubt`. */
const OPEN_DOUBT = `(i.state = 'in_doubt' or i.state = 'held' and i.doubt_since is not null and i.reason in ('in-doubt', 'exists'))`;

/**
 * Takes doubts to be looked at now, for one process; after `againMs` another may, whatever became of this one. The
 * longer a doubt has been looked at in vain, the seldomer: look-ups share the budget of live sends.
 */
export async function takeDueDoubts(
  ledger: Ledger,
  accountId: string,
  { againMs, limit }: { againMs: number; limit: number },
): Promise<DoubtView[]> {
  const found = await rows<Omit<DoubtView, 'orderId'> & { orderId: string }>(
    ledger.pool,
    `with due as (
       select i.id from intent i
       where i.account_id = $1 and i.kind in ('send_order', 'reprint') and i.reference is not null and ${OPEN_DOUBT}
         and (i.look_up_at is null or i.look_up_at <= now())
       order by i.look_up_at nulls first, i.doubt_since limit $3 for update skip locked
     )
     update intent i set look_ups = i.look_ups + 1,
       look_up_at = now() + interval '1 millisecond' * ($2::bigint * 2 ^ least(6, greatest(0, i.look_ups - ${PATIENT_LOOK_UPS})))
     from due, shop_order o where i.id = due.id and o.shop_id = i.shop_id and o.order_id = i.order_id
     returning i.id, i.kind, i.shop_id as "shopId", i.order_id as "orderId", o.number, i.reference, i.state, i.reason, i.token,
       i.cancel_requested as "cancelRequested", i.no_resend as "noResend", i.person_hold is not null as "heldByPerson", i.settled_marker as "settledMarker",
       coalesce(i.settle_until <= now(), true) as settled,
       greatest(0, coalesce(extract(epoch from i.settle_until - now()) * 1000, 0))::float8 as "settleInMs", i.unreadable_look_ups as "unreadableLookUps"`,
    [accountId, againMs, limit],
  );
  return found.map((row) => ({ ...row, orderId: Number(row.orderId) }));
}

/** With a minute between two: an hour at full pace, then 2, 4 … 64 min apart. */
const PATIENT_LOOK_UPS = 60;

/** What settle, and the two reads of a sure absence, are measured by. */
export async function databaseNow(ledger: Ledger): Promise<Date> {
  const row = await oneRow<{ now: Date }>(ledger.pool, 'select now() as now');
  return (row as { now: Date }).now;
}

/** The account's latest reference that HFT71 accepted at least settle ago: a look-up that works has to find it. */
export async function lookUpControl(
  ledger: Ledger,
  accountId: string,
  settleMs: number,
): Promise<{ reference: string; hft71OrderId: string } | null> {
  return oneRow(
    ledger.pool,
    `select i.reference, i.hft71_order_id as "hft71OrderId" from intent i join attempt a on a.intent_id = i.id and a.outcome = 'accepted'
     where i.account_id = $1 and i.state in ('sent', 'written_back') and i.reference is not null and i.hft71_order_id is not null
       and i.hft71_order_id = a.hft71_order_id and a.ended_at <= now() - $2::bigint * interval '1 millisecond'
     order by a.ended_at desc limit 1`,
    [accountId, settleMs],
  );
}

export interface LookedUp {
  readonly intentId: string;
  readonly token: string | null;
  /** By the database's clock, read before the call. */
  readonly startedAt: Date;
}

/** Bound to the attempt that was in doubt when the read began, and to the states in which it still is. */
const STILL_OPEN = `i.id = $1 and i.token is not distinct from $2::uuid and ${OPEN_DOUBT}`;

/** Evidence for whoever looks at the order. A look-up that proves nothing is counted from settle on. */
export async function recordLookUp(
  ledger: Ledger,
  looked: LookedUp & {
    answer: 'found' | 'several' | 'absent' | 'no-control' | 'unreadable' | 'failed';
    detail: string | null;
    hft71OrderId?: string | null;
    /** The next one comes sooner than planned. */
    againMs?: number;
  },
): Promise<void> {
  await ledger.pool.query(
    `with told as (
       insert into look_up (intent_id, started_at, answer, detail, hft71_order_id) values ($1, $3, $4, $5, $6)
     )
     update intent i set
       unreadable_look_ups = case when i.settle_until > $3 or $4 = 'failed' then i.unreadable_look_ups
                                  when $4 in ('no-control', 'unreadable') then i.unreadable_look_ups + 1 else 0 end,
       look_up_at = case when $7::bigint is null then i.look_up_at else now() + $7 * interval '1 millisecond' end
     where ${STILL_OPEN}`,
    [
      looked.intentId,
      looked.token,
      looked.startedAt,
      looked.answer,
      looked.detail,
      looked.hft71OrderId ?? null,
      looked.againMs === undefined ? null : Math.ceil(looked.againMs),
    ],
  );
}

/**
 * One read of a sure absence. It counts from settle on; the second one, begun at least `gapMs` after the first, proves it
 * (model, R4). @returns `proven` when this was the second.
 */
export async function countAbsence(
  ledger: Ledger,
  looked: LookedUp,
  gapMs: number,
): Promise<'proven' | 'first' | null> {
  const row = await oneRow<{ proven: boolean }>(
    ledger.pool,
    `update intent i set
       absent_since = case when i.absent_since > i.settle_until then i.absent_since else $3 end
     where ${STILL_OPEN} and i.reason is distinct from 'exists' and i.settle_until <= $3
     returning i.absent_since <= $3::timestamptz - $4::bigint * interval '1 millisecond' as proven`,
    [looked.intentId, looked.token, looked.startedAt, gapMs],
  );
  return row === null ? null : row.proven ? 'proven' : 'first';
}

/** HFT71 has the order under this id. @returns `conflict` when another order of the account has the id, or shows it. */
export async function settleAsFound(
  ledger: Ledger,
  looked: Pick<LookedUp, 'intentId' | 'token'>,
  hft71OrderId: string,
): Promise<'sent' | 'conflict' | null> {
  const conflict = async (detail: string) =>
    (await holdConflict(ledger.pool, looked, detail)) === null ? null : 'conflict';
  const shownBy = await shownElsewhere(ledger, looked, hft71OrderId);
  if (shownBy !== null) return conflict(`HFT71’s order ${hft71OrderId} is shown by order ${shownBy}`);
  try {
    const row = await oneRow(
      ledger.pool,
      `with sent as (
         update intent i set state = 'sent', hft71_order_id = $3, doubt_since = null, settle_until = null, no_resend = false,
           reason = null, reason_detail = null, last_failure = null, failures = 0, not_before = null, state_since = now(),
           accepted_hash = coalesce((select a.payload_hash from attempt a where a.intent_id = i.id
             and a.outcome in ('in_doubt', 'abandoned') order by a.prepared_at desc limit 1), i.payload_hash),
           address_hash = coalesce((select a.address_hash from attempt a where a.intent_id = i.id
             and a.outcome in ('in_doubt', 'abandoned') order by a.prepared_at desc limit 1), i.address_hash)
         where ${STILL_OPEN} returning *
       ),
       to_write as (${wantWriteBack('sent')})
       select id from sent`,
      [looked.intentId, looked.token, hft71OrderId],
    );
    return row === null ? null : 'sent';
  } catch (error) {
    if (!isUniqueViolation(error, 'intent_account_id_hft71_order_id_key')) throw error;
    return conflict(`HFT71’s order ${hft71OrderId} is another order’s already`);
  }
}

/** HFT71 has several orders of it: a person looks, and is called in the same transaction, since no look comes here again. */
export async function holdDuplicate(
  ledger: Ledger,
  looked: Pick<LookedUp, 'intentId' | 'token'>,
  message: string,
): Promise<boolean> {
  return inTransaction(ledger, async (client) => {
    const order = await holdConflict(client, looked, message);
    if (order === null) return false;
    const subject = `${order.shop_id}/${order.order_id}`;
    await raiseAlertOn(client, { kind: 'duplicate at HFT71', severity: 1, subject, message });
    return true;
  });
}

/** Several orders at HFT71, or one that is another's: a person looks. @returns whose it is; null when it is open no more. */
async function holdConflict(
  on: Queryable,
  looked: Pick<LookedUp, 'intentId' | 'token'>,
  detail: string,
): Promise<{ shop_id: string; order_id: string } | null> {
  return oneRow(
    on,
    `update intent i set state = 'held', reason = 'conflict', reason_detail = $3, state_since = now()
     where ${STILL_OPEN} returning i.shop_id, i.order_id`,
    [looked.intentId, looked.token, detail],
  );
}

/** `in_doubt → held(in-doubt)`, with what a person needs to see; it goes on being looked for. */
export async function holdInDoubt(
  ledger: Ledger,
  looked: Pick<LookedUp, 'intentId' | 'token'>,
  detail: string,
): Promise<boolean> {
  const row = await oneRow(
    ledger.pool,
    `update intent i set state = 'held', reason = 'in-doubt', reason_detail = $3, state_since = now()
     where ${STILL_OPEN} and i.state = 'in_doubt' returning i.id`,
    [looked.intentId, looked.token, detail],
  );
  return row !== null;
}

/**
 * `in_doubt → ready`: surely absent (the doubt is over), or by policy (the doubt stays, sticky). The marker that the shop
 * shows was read just before; one not seen before restarts settle. A cancellation meanwhile ends it; a person's hold is
 * what it comes to, and what no policy overrules.
 */
export async function rearmDoubt(
  ledger: Ledger,
  looked: Pick<LookedUp, 'intentId' | 'token'>,
  how: {
    why: 'absent' | 'policy';
    shownMarker: string | null;
    /** The attempt that the marker names, where it is this installation's. */
    markedToken: string | null;
    settleMs: number;
    /** For `absent`: the gap between the two reads, judged once more on the locked row. */
    gapMs: number;
  },
): Promise<'ready' | 'held' | 'cancelled' | 'settle-restarted' | null> {
  return inTransaction(ledger, async (client) => {
    const row = await oneRow<{ known: boolean }>(
      client,
      `select $3::text is null or coalesce(i.settled_marker = $3, false) or exists (
                select 1 from attempt a where a.token = $4::uuid and a.intent_id = i.id and a.ended_at is not null) as known
       from intent i where ${STILL_OPEN} and i.settle_until <= now() and ${
         how.why === 'absent'
           ? `i.reason is distinct from 'exists' and i.absent_since > i.settle_until and now() - i.absent_since >= $5::bigint * interval '1 millisecond'`
           : `i.state = 'in_doubt' and not i.cancel_requested and not i.no_resend and i.person_hold is null and $5::bigint is not null`
       } for update`,
      [looked.intentId, looked.token, how.shownMarker, how.markedToken, how.gapMs],
    );
    if (row === null) return null;
    if (!row.known) {
      await client.query(
        `update intent set settled_marker = $2, settle_until = now() + $3::bigint * interval '1 millisecond', unreadable_look_ups = 0
         where id = $1`,
        [looked.intentId, how.shownMarker, how.settleMs],
      );
      return 'settle-restarted';
    }
    const armed = await oneRow<{ state: 'ready' | 'held' | 'cancelled' }>(
      client,
      `update intent set state = case when cancel_requested then 'cancelled' when person_hold is not null then 'held' else 'ready' end,
         doubt_since = case when $3::boolean then null else doubt_since end,
         settle_until = case when $3 then null else settle_until end, no_resend = false,
         reason = case when person_hold is not null and not cancel_requested then 'person' end,
         reason_detail = case when not cancel_requested then person_hold end,
         settled_marker = $2, dispatched_until = null, last_failure = null, state_since = now()
       where id = $1 returning state`,
      [looked.intentId, how.shownMarker, how.why === 'absent'],
    );
    return armed?.state ?? null;
  });
}

/** Reads fail now: this account's doubts wait a moment. */
export async function deferLookUps(ledger: Ledger, accountId: string, waitMs: number): Promise<void> {
  await ledger.pool.query(
    `update account set look_up_not_before = now() + $2::bigint * interval '1 millisecond' where id = $1`,
    [accountId, Math.ceil(waitMs)],
  );
}

/** Whether doubts of this account may be looked up now, and whether there is one. */
export async function mayLookUp(ledger: Ledger, accountId: string): Promise<boolean> {
  const row = await oneRow<{ may: boolean }>(
    ledger.pool,
    `select (a.look_up_not_before is null or a.look_up_not_before <= now()) and not coalesce(a.frozen_until > now(), false)
       and exists (select 1 from intent i where i.account_id = a.id and i.doubt_since is not null) as may
     from account a where a.id = $1`,
    [accountId],
  );
  return row?.may ?? false;
}

export interface LookUpView {
  readonly startedAt: Date;
  readonly answer: string;
  readonly detail: string | null;
  readonly hft71OrderId: string | null;
}

/** The newest first. */
export async function lookUpsOf(ledger: Ledger, intentId: string, limit = 20): Promise<LookUpView[]> {
  return rows(
    ledger.pool,
    `select started_at as "startedAt", answer, detail, hft71_order_id as "hft71OrderId" from look_up
     where intent_id = $1 order by started_at desc, id desc limit $2`,
    [intentId, limit],
  );
}
