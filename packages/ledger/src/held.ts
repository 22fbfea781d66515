import { inTransaction, oneRow, rows, type Ledger } from './connect.js';
import { writeAuditOn } from './audit.js';
import { isUniqueViolation } from './attempt.js';
import type { HandOffState, ShopMode } from '@relay/core';
import { wantWriteBack } from './want-write-back.js';

export interface HeldOrder {
  readonly shopId: string;
  readonly orderId: number;
  readonly number: string;
  /** 1, and 2, 3, … for reprints, which are held and resolved on their own. */
  readonly copy: number;
  readonly state: HandOffState;
  readonly reason: string;
  /** The shop uses its id for another order now, whatever else it is held for. */
  readonly identityChanged: boolean;
  readonly detail: string | null;
  readonly since: Date;
  readonly reference: string | null;
  readonly hft71OrderId: string | null;
  /** To be repeated in a resolution: it binds the answer to the attempt that was looked at. */
  readonly token: string | null;
  readonly settleUntil: Date | null;
}

/**
 * SQL: what waits for a person, why and since when: held, refused by HFT71, and orders whose id the shop uses again after
 * the first was sent. In two parts, each with an index of its own, since alerts ask for it again and again.
 */
export const WAITS_FOR_PERSON = `(
  select i.id, i.shop_id, i.reason, i.state_since as since from intent i
  where i.kind in ('send_order', 'reprint') and i.state in ('held', 'rejected')
  union all
  select i.id, i.shop_id, 'order-identity-changed', o.identity_changed_at
  from shop_order o join intent i on i.shop_id = o.shop_id and i.order_id = o.order_id and i.kind = 'send_order'
  where o.identity_changed_at is not null and i.state in ('sent', 'written_back', 'adopted')
)`;

/** What waits for a person, the longest first. */
export async function heldOrders(
  ledger: Ledger,
  filter: { shopId?: string; limit?: number } = {},
): Promise<HeldOrder[]> {
  const found = await rows<Omit<HeldOrder, 'orderId'> & { orderId: string }>(
    ledger.pool,
    `select i.shop_id as "shopId", i.order_id as "orderId", o.number, i.copy, i.state, w.reason, i.reason_detail as detail, w.since,
            o.identity_changed_at is not null as "identityChanged",
            i.reference, i.hft71_order_id as "hft71OrderId", i.token, i.settle_until as "settleUntil"
     from ${WAITS_FOR_PERSON} w join intent i on i.id = w.id join shop_order o on o.shop_id = i.shop_id and o.order_id = i.order_id
     where $1::text is null or w.shop_id = $1
     order by w.since, i.order_id limit $2`,
    [filter.shopId ?? null, filter.limit ?? 1_000],
  );
  return found.map((row) => ({ ...row, orderId: Number(row.orderId) }));
}

/** Of one shop, or over all of them; without a limit. */
export async function countHeldOrders(ledger: Ledger, shopId?: string): Promise<number> {
  const row = await oneRow<{ count: number }>(
    ledger.pool,
    `select count(*)::int as count from ${WAITS_FOR_PERSON} w where $1::text is null or w.shop_id = $1`,
    [shopId ?? null],
  );
  return row?.count ?? 0;
}

export interface AttemptView {
  readonly token: string;
  readonly worker: string;
  readonly preparedAt: Date;
  readonly claimedAt: Date | null;
  readonly leftAt: Date | null;
  readonly endedAt: Date | null;
  readonly outcome: string | null;
  readonly cause: string | null;
  readonly httpStatus: number | null;
  readonly errorCode: string | null;
  readonly hft71OrderId: string | null;
}

export interface OrderView {
  readonly intentId: string | null;
  /** 1 for the order itself; 2, 3, … where this is the hand-off of one of its reprints. */
  readonly copy: number;
  readonly accountId: string | null;
  readonly shopId: string;
  readonly orderId: number;
  readonly number: string;
  readonly shopStatus: string;
  readonly state: HandOffState | null;
  readonly reason: string | null;
  readonly detail: string | null;
  readonly reference: string | null;
  readonly hft71OrderId: string | null;
  readonly shopHft71Id: string | null;
  readonly identityChanged: boolean;
  readonly shopMode: ShopMode;
  readonly token: string | null;
  readonly doubtSince: Date | null;
  readonly settleUntil: Date | null;
  readonly cancelRequested: boolean;
  readonly notBefore: Date | null;
  readonly failures: number;
  readonly lastFailure: string | null;
  readonly stateSince: Date | null;
  readonly writeBackState: string | null;
  readonly writeBackFailure: string | null;
  readonly attempts: readonly AttemptView[];
}

/**
 * One order with its evidence, by the shop's number, its id, its reference, or HFT71's id; a reprint by its reference or as
 * `<number>-R2`. Several where numbers repeat over shops.
 */
export async function findOrders(ledger: Ledger, wanted: string, shopId?: string): Promise<OrderView[]> {
  const found = await rows<Omit<OrderView, 'orderId' | 'attempts'> & { orderId: string }>(
    ledger.pool,
    `select i.id as "intentId", coalesce(i.copy, 1) as copy, i.account_id as "accountId", o.shop_id as "shopId", o.order_id as "orderId", o.number,
            o.status as "shopStatus", i.state, i.reason, i.reason_detail as detail, i.reference,
            i.hft71_order_id as "hft71OrderId", o.shop_hft71_id as "shopHft71Id",
            o.identity_changed_at is not null as "identityChanged", s.mode as "shopMode", i.token, i.doubt_since as "doubtSince",
            i.settle_until as "settleUntil", coalesce(i.cancel_requested, false) as "cancelRequested",
            i.not_before as "notBefore", coalesce(i.failures, 0) as failures, i.last_failure as "lastFailure",
            i.state_since as "stateSince", w.state as "writeBackState", w.last_failure as "writeBackFailure"
     from shop_order o
     join shop s on s.id = o.shop_id
     left join intent i on i.shop_id = o.shop_id and i.order_id = o.order_id and (i.kind = 'send_order' or i.kind = 'reprint'
       and $1 in (i.reference, i.hft71_order_id, o.number || '-R' || i.copy, o.order_id || '-R' || i.copy))
     left join intent w on w.shop_id = o.shop_id and w.order_id = o.order_id and w.kind = 'write_back' and w.copy = i.copy
     where ($2::text is null or o.shop_id = $2)
       and (i.kind = 'reprint' or $1 in (o.number, o.order_id::text, i.hft71_order_id, i.reference))
     order by o.number = $1 desc limit 20`,
    [wanted, shopId ?? null],
  );
  return Promise.all(
    found.map(async (row) => ({
      ...row,
      orderId: Number(row.orderId),
      attempts: row.intentId === null ? [] : await attemptsOf(ledger, row.intentId),
    })),
  );
}

export async function attemptsOf(ledger: Ledger, intentId: string): Promise<AttemptView[]> {
  return rows<AttemptView>(
    ledger.pool,
    `select token, worker, prepared_at as "preparedAt", claimed_at as "claimedAt", left_at as "leftAt", ended_at as "endedAt",
            outcome, cause, http_status as "httpStatus", error_code as "errorCode", hft71_order_id as "hft71OrderId"
     from attempt where intent_id = $1 order by prepared_at`,
    [intentId],
  );
}

/** Why a resolution was refused. Nothing was changed. */
export type ResolutionRefusal =
  'not-held' | 'another-attempt' | 'settle-not-over' | 'settle-restarted' | 'id-taken' | 'has-id' | 'no-reference';

/** A person, after looking: "exists with id N", N verified by the caller. Bound to the attempt shown. */
export async function resolveAsExisting(
  ledger: Ledger,
  resolution: { intentId: string; token: string | null; hft71OrderId: string; actor: string; reason: string },
): Promise<'sent' | ResolutionRefusal> {
  try {
    return await inTransaction(ledger, async (client) => {
      const held = await lockHeld(client, resolution, ['held', 'rejected']);
      if (typeof held === 'string') return held;
      await client.query(
        `with sent as (
           update intent set state = 'sent', hft71_order_id = $2, doubt_since = null, settle_until = null, no_resend = false, reason = null,
             reason_detail = null, last_failure = null, failures = 0, not_before = null, state_since = now()
           where id = $1 returning *
         )
         ${wantWriteBack('sent')}`,
        [resolution.intentId, resolution.hft71OrderId],
      );
      await writeAudit(client, held, resolution, 'orders resolve --exists', { hft71OrderId: resolution.hft71OrderId });
      return 'sent';
    });
  } catch (error) {
    if (isUniqueViolation(error, 'intent_account_id_hft71_order_id_key')) return 'id-taken';
    throw error;
  }
}

/**
 * A person, after looking once settle was over: "does not exist, send". The marker that the shop shows now is named, so
 * that the next attempt does not take it for somebody else's.
 */
export async function resolveAsAbsent(
  ledger: Ledger,
  resolution: {
    intentId: string;
    token: string | null;
    /** What the shop shows now, and the attempt that it names where it is this installation's. */
    shownMarker: string | null;
    markedToken: string | null;
    settleMs: number;
    actor: string;
    reason: string;
  },
): Promise<'ready' | 'cancelled' | ResolutionRefusal> {
  return inTransaction(ledger, async (client) => {
    const held = await lockHeld(client, resolution, ['held', 'rejected']);
    if (typeof held === 'string') return held;
    if (held.settling) return 'settle-not-over';
    if (!held.hasReference) return 'no-reference';
    if (held.hasId) return 'has-id';
    if (!(await isKnownMarker(client, resolution))) {
      // Somebody may have just sent it: settle runs anew, and the next look finds this marker known.
      await client.query(
        `update intent set settled_marker = $2, doubt_since = coalesce(doubt_since, now()),
           settle_until = now() + $3::interval
         where id = $1`,
        [resolution.intentId, resolution.shownMarker, `${resolution.settleMs} milliseconds`],
      );
      return 'settle-restarted';
    }
    const row = await oneRow<{ state: 'ready' | 'cancelled' }>(
      client,
      `update intent set state = case when cancel_requested then 'cancelled' else 'ready' end, doubt_since = null,
         settle_until = null, no_resend = false, could_go_from = null, reason = null, reason_detail = null, person_hold = null,
         may_be_forgotten = false, settled_marker = $2, hft71_order_id = null, failures = 0, not_before = null, dispatched_until = null, last_failure = null, state_since = now()
       where id = $1 returning state`,
      [resolution.intentId, resolution.shownMarker],
    );
    // A person has released it: what a later refusal or fault makes of it is no matter of before going live any more.
    await client.query(
      `update shop_order o set before_live = false from intent i
       where i.id = $1 and o.shop_id = i.shop_id and o.order_id = i.order_id`,
      [resolution.intentId],
    );
    await writeAudit(client, held, resolution, 'orders resolve --send', {});
    return row?.state ?? 'not-held';
  });
}

interface LockedHeld {
  readonly subject: string;
  readonly copy: number;
  readonly settling: boolean;
  readonly hasReference: boolean;
  /** HFT71 answered an id for it at some time. */
  readonly hasId: boolean;
}

async function lockHeld(
  client: Parameters<typeof oneRow>[0],
  resolution: { intentId: string; token: string | null },
  from: readonly HandOffState[],
): Promise<LockedHeld | 'not-held' | 'another-attempt'> {
  const row = await oneRow<LockedHeld & { state: HandOffState; token: string | null }>(
    client,
    `select state, token, shop_id || '/' || order_id as subject, copy, coalesce(settle_until > now(), false) as settling,
            reference is not null as "hasReference",
            hft71_order_id is not null or exists (select 1 from attempt a where a.intent_id = intent.id and a.outcome = 'accepted') as "hasId"
     from intent where id = $1 for update`,
    [resolution.intentId],
  );
  if (row === null || !from.includes(row.state)) return 'not-held';
  return row.token === resolution.token ? row : 'another-attempt';
}

async function writeAudit(
  client: Parameters<typeof oneRow>[0],
  held: LockedHeld,
  { actor, reason, token }: { actor: string; reason: string; token: string | null },
  action: string,
  details: Record<string, unknown>,
): Promise<void> {
  await writeAuditOn(client, {
    actor,
    reason,
    action,
    subject: held.subject,
    details: { ...details, token, ...(held.copy > 1 && { copy: held.copy }) },
  });
}

/** No marker, one that a settlement named already, or one of an attempt of this very intent. */
async function isKnownMarker(
  client: Parameters<typeof oneRow>[0],
  resolution: { intentId: string; shownMarker: string | null; markedToken: string | null },
): Promise<boolean> {
  if (resolution.shownMarker === null) return true;
  const row = await oneRow<{ known: boolean }>(
    client,
    `select coalesce(i.settled_marker = $2, false)
            or exists (select 1 from attempt a where a.token = $3::uuid and a.intent_id = i.id and a.ended_at is not null) as known
     from intent i where i.id = $1`,
    [resolution.intentId, resolution.shownMarker, resolution.markedToken],
  );
  return row?.known ?? false;
}

/**
 * A person has settled by hand what the new order under a used id needs: it is not listed any more. The ledger's order
 * stays the one that was sent, under its own key, so that nothing of either is told of the other.
 */
export async function acknowledgeIdentity(
  ledger: Ledger,
  order: { shopId: string; orderId: number; orderKeyHash: string; actor: string; reason: string },
): Promise<void> {
  await ledger.pool.query(
    `with known as (
       update shop_order set identity_changed_at = null, acknowledged_key_hash = nullif($3, order_key_hash) where shop_id = $1::text and order_id = $2::bigint
     )
     insert into audit (actor, action, subject, reason, details) values ($4, 'orders resolve --exists', $1 || '/' || $2::text, $5, $6)`,
    [
      ...[order.shopId, order.orderId, order.orderKeyHash, order.actor, order.reason],
      JSON.stringify({ settled: 'the new order under the used id' }),
    ],
  );
}
