import { rows, type Ledger } from './connect.js';
import type { IntentKind } from '@relay/core';

export interface DueIntent {
  readonly id: string;
  readonly kind: IntentKind;
  readonly shopId: string;
  readonly orderId: number;
  readonly dispatchNo: number;
}

/** `waiting → ready` for every order whose send delay is over. */
export async function promoteWaiting(ledger: Ledger): Promise<number> {
  const result = await ledger.pool.query(
    `update intent set state = 'ready', not_before = null, state_since = now()
     where state = 'waiting' and (not_before is null or not_before <= now())`,
  );
  return result.rowCount ?? 0;
}

/**
 * Takes the hand-offs that are due, tops up to the account's send window, and marks them dispatched for a while; one
 * whose `dispatched_until` has passed is taken again, whatever became of its job (protocol, "Dispatch"). One dispatcher
 * at a time per account; shops take turns, so that one never fills another's places.
 */
export async function takeDueSends(
  ledger: Ledger,
  accountId: string,
  dispatchLeaseMs: number,
  /** A shop with so many failed write-backs gets no claim: what is dispatched for it would only come back. */
  maxUnmirrored: number = Number.MAX_SAFE_INTEGER,
): Promise<DueIntent[]> {
  return toDue(await rows<DueRow>(ledger.pool, TAKE_SENDS, [accountId, dispatchLeaseMs, maxUnmirrored]));
}

const TAKE_SENDS = `
with room as materialized (
  select a.id, a.send_window - (
    select count(*) from intent i where i.account_id = a.id and i.kind in ('send_order', 'reprint')
      and (i.state = 'sending' or i.state = 'ready' and i.dispatched_until > now())) as places
  from account a
  where a.id = $1 and a.breaker_state <> 'open' and pg_try_advisory_xact_lock(hashtext('dispatch'), hashtext(a.id::text))
),
due as (
  select d.id, d.turn from room join shop s on s.account_id = room.id and s.mode = 'live'
    and (select count(*) from intent w where w.shop_id = s.id and w.kind = 'write_back' and w.state = 'ready' and w.failures > 0) < $3::bigint
  cross join lateral (
    select i.id, row_number() over (order by i.created_at, i.order_id) as turn
    from (select id, created_at, order_id from intent
          where shop_id = s.id and kind in ('send_order', 'reprint') and state = 'ready'
            and (not_before is null or not_before <= now())
            and (dispatched_until is null or dispatched_until <= now())
          order by created_at, order_id limit greatest(room.places, 0)
          for update skip locked) i
  ) d
  order by d.turn limit greatest((select places from room), 0)
)
update intent i set dispatched_until = now() + $2::bigint * interval '1 millisecond', dispatch_no = i.dispatch_no + 1
from due where i.id = due.id and i.state = 'ready'
returning i.id, i.kind, i.shop_id as "shopId", i.order_id as "orderId", i.dispatch_no as "dispatchNo"`;

/** Write-backs that are due: they go into shops of any mode but `connecting`, since their order is at HFT71 already. */
export async function takeDueWriteBacks(ledger: Ledger, dispatchLeaseMs: number, limit: number): Promise<DueIntent[]> {
  return toDue(
    await rows<DueRow>(
      ledger.pool,
      `with due as (
         select i.id from intent i
         where i.kind = 'write_back' and i.state = 'ready' and (i.not_before is null or i.not_before <= now())
           and (i.dispatched_until is null or i.dispatched_until <= now())
         order by i.created_at limit $2 for update skip locked
       )
       update intent i set dispatched_until = now() + $1::bigint * interval '1 millisecond', dispatch_no = i.dispatch_no + 1
       from due where i.id = due.id
       returning i.id, i.kind, i.shop_id as "shopId", i.order_id as "orderId", i.dispatch_no as "dispatchNo"`,
      [dispatchLeaseMs, limit],
    ),
  );
}

/** The job's add failed: give the place back, so that the next tick takes it again. */
export async function undoDispatch(ledger: Ledger, intentIds: readonly string[]): Promise<void> {
  await ledger.pool.query(`update intent set dispatched_until = null where id = any($1::uuid[]) and state = 'ready'`, [
    intentIds,
  ]);
}

type DueRow = Omit<DueIntent, 'orderId'> & { orderId: string };

function toDue(found: DueRow[]): DueIntent[] {
  return found.map((row) => ({ ...row, orderId: Number(row.orderId) }));
}
