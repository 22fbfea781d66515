import { raiseAlertOn } from './alerts.js';
import { inTransaction, oneRow, planned, type Ledger } from './connect.js';

export interface WriteBackView {
  readonly id: string;
  readonly shopId: string;
  readonly orderId: number;
  readonly failures: number;
  /** The id to be in the shop. */
  readonly hft71OrderId: string;
  /** The send's state: `sent` until the first write-back. */
  readonly sendState: string;
  readonly orderKeyHash: string;
  /** 1, and 2, 3, … for reprints. */
  readonly copy: number;
}

export async function loadWriteBack(ledger: Ledger, intentId: string): Promise<WriteBackView | null> {
  const row = await oneRow<Omit<WriteBackView, 'orderId'> & { orderId: string }>(
    ledger.pool,
    planned(
      'load write-back',
      `select w.id, w.shop_id as "shopId", w.order_id as "orderId", w.failures, s.hft71_order_id as "hft71OrderId",
            s.state as "sendState", o.order_key_hash as "orderKeyHash", w.copy
     from intent w join shop_order o on o.shop_id = w.shop_id and o.order_id = w.order_id join intent s on s.shop_id = w.shop_id and s.order_id = w.order_id and s.copy = w.copy and s.kind in ('send_order', 'reprint')
     where w.id = $1 and w.kind = 'write_back' and w.state = 'ready' and s.hft71_order_id is not null`,
    ),
    [intentId],
  );
  return row === null ? null : { ...row, orderId: Number(row.orderId) };
}

/**
 * The shop shows the id: `sent → written_back`, where the id is still this one. The write-back is done unless a later
 * version of the order's progress is wanted: then it stays `ready`, and is dispatched again. The wanted version stands on
 * this very row: a reading that came in between is seen, whoever waited for whom.
 * @param version of the progress that the shop shows now; 0 before there is one.
 */
export async function recordWrittenBack(
  ledger: Ledger,
  intentId: string,
  hft71OrderId: string,
  version: number,
): Promise<boolean> {
  const row = await oneRow(
    ledger.pool,
    planned(
      'record written back',
      `with locked as (
       -- the order's row first, as receiveOrder does: the write-back's own echo is on its way
       select o.shop_id, o.order_id from shop_order o join intent w on w.shop_id = o.shop_id and w.order_id = o.order_id
       where w.id = $1 for update of o
     ),
     done as (
       update intent set failures = 0, last_failure = null, dispatched_until = null, state_since = now(),
         state = case when coalesce(wanted_hash, '0')::int > $3 then 'ready' else 'written_back' end
       from locked
       where id = $1 and state = 'ready' and intent.shop_id = locked.shop_id
         and exists (select 1 from intent s where s.shop_id = intent.shop_id and s.order_id = intent.order_id
                     and s.copy = intent.copy and s.kind in ('send_order', 'reprint') and s.hft71_order_id = $2)
       returning intent.shop_id, intent.order_id, intent.copy
     ),
     shown as (
       update shop_order o set shop_hft71_id = $2 from done
       where o.shop_id = done.shop_id and o.order_id = done.order_id and done.copy = 1
     )
     update intent s set state = 'written_back', state_since = now()
     from done where s.shop_id = done.shop_id and s.order_id = done.order_id and s.copy = done.copy and s.kind in ('send_order', 'reprint')
       and s.state = 'sent'
     returning s.id`,
    ),
    [intentId, hft71OrderId, version],
  );
  return row !== null;
}

export async function recordWriteBackFailed(
  ledger: Ledger,
  intentId: string,
  why: { notBeforeMs: number; lastFailure: string },
): Promise<void> {
  await ledger.pool.query(
    `update intent set failures = failures + 1, last_failure = $3, dispatched_until = null,
       not_before = now() + $2::bigint * interval '1 millisecond'
     where id = $1 and state = 'ready' and kind = 'write_back'`,
    [intentId, why.notBeforeMs, why.lastFailure],
  );
}

export async function deferWriteBack(ledger: Ledger, intentId: string, notBeforeMs: number): Promise<void> {
  await ledger.pool.query(
    `update intent set dispatched_until = null, not_before = now() + $2::bigint * interval '1 millisecond'
     where id = $1 and state = 'ready' and kind = 'write_back'`,
    [intentId, notBeforeMs],
  );
}

/**
 * SQL: how many orders of a shop stand `sent` because their write-back fails. A status that cannot be written is not
 * among them: the shop shows that the order was sent, which is what the count guards.
 */
export function unmirroredOf(shopId: string): string {
  return `(select count(*) from intent w where w.shop_id = ${shopId} and w.kind = 'write_back' and w.state = 'ready' and w.failures > 0
    and exists (select 1 from intent s where s.shop_id = w.shop_id and s.order_id = w.order_id and s.copy = w.copy
                and s.kind in ('send_order', 'reprint') and s.state = 'sent'))`;
}

/** Orders that are at HFT71, that the shop does not show, and whose write-back has failed at least once. */
export async function countUnmirrored(ledger: Ledger, shopId: string): Promise<number> {
  const row = await oneRow<{ count: number }>(ledger.pool, `select ${unmirroredOf('$1::text')}::int as count`, [
    shopId,
  ]);
  return row?.count ?? 0;
}

/** The shop's order is gone: there is nothing to write to, and the order is at HFT71. */
export async function skipWriteBack(ledger: Ledger, intentId: string, reason: string): Promise<void> {
  await ledger.pool.query(
    `update intent set state = 'skipped', reason = $2, failures = 0, dispatched_until = null, state_since = now()
     where id = $1 and state = 'ready' and kind = 'write_back'`,
    [intentId, reason],
  );
}

/**
 * The shop shows another id than the one HFT71 answered: two orders may exist, a person looks, and is called. Also of an order that was
 * written back, or adopted, and is written again: for its progress, or by a person's word.
 */
export async function recordWriteBackConflict(ledger: Ledger, intentId: string, shownId: string): Promise<void> {
  await inTransaction(ledger, async (client) => {
    const done = await oneRow<{ shop_id: string; order_id: string }>(
      client,
      `update intent set state = 'cancelled', reason = 'conflict', dispatched_until = null, state_since = now()
       where id = $1 and state = 'ready' and kind = 'write_back' returning shop_id, order_id`,
      [intentId],
    );
    if (done === null) return;
    await client.query(
      `update intent set state = 'held', reason = 'conflict',
         doubt_since = coalesce(doubt_since, now()), reason_detail = 'HFT71 answered ' || hft71_order_id || ', the shop shows ' || $3::text, state_since = now()
       where shop_id = $1 and order_id = $2 and kind = 'send_order' and state in ('sent', 'written_back', 'adopted')`,
      [done.shop_id, done.order_id, shownId],
    );
    const sent = await oneRow<{ id: string }>(
      client,
      `select hft71_order_id as id from intent where shop_id = $1 and order_id = $2 and kind = 'send_order'`,
      [done.shop_id, done.order_id],
    );
    await raiseAlertOn(client, {
      kind: 'another HFT71 id in the shop',
      severity: 1,
      subject: `${done.shop_id}/${done.order_id}`,
      message: `HFT71 answered ${sent?.id ?? 'another'}, the shop shows ${shownId}: two orders may exist`,
    });
  });
}
