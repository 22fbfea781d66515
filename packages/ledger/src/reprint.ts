import { writeAuditOn } from './audit.js';
import { inTransaction, oneRow, rows, type Ledger, type Queryable } from './connect.js';
import { DROPPED } from './drop-reprint.js';
import type { PersonsAct } from './hold-release.js';

export type Reprinted =
  | { readonly kind: 'reprint'; readonly intentId: string; readonly reference: string; readonly copy: number }
  | NoReprint;

export type NoReprint =
  /** Its id is not in the shop yet (the write-back would take the reprint's marker away), or a reprint is on its way. */
  { readonly kind: 'not-sent' | 'reprint-open'; readonly state: string };

/**
 * Another production order for an order that HFT71 has: an intent of its own with the reference `…-R2` (then `-R3`), the
 * same states and rules. One at a time.
 * @param isMarked the shop shows the relay's marker. Without it nothing tells of a reprint that a restored ledger has
 * forgotten: the first one after the restore goes in doubt when it is to be sent.
 */
export async function reprintOrder(
  ledger: Ledger,
  order: { shopId: string; orderId: number },
  by: PersonsAct,
  { isMarked = true } = {},
): Promise<Reprinted> {
  return inTransaction(ledger, async (client) => {
    const found = await lastOf(client, order, 'for update');
    if ('kind' in found) return found;
    const copy = found.last + 1;
    const reference = `${found.reference ?? order.orderId}-R${copy}`;
    const made = await oneRow<{ id: string }>(
      client,
      `insert into intent (id, kind, shop_id, order_id, account_id, copy, state, reference, may_be_forgotten)
       select gen_random_uuid(), 'reprint', i.shop_id, i.order_id, i.account_id, $3::int, 'ready', $4,
              not $5::boolean and exists (select 1 from installation where restored_at >= i.created_at)
                and not exists (select 1 from intent r, installation n where r.shop_id = i.shop_id and r.order_id = i.order_id
                                and r.kind = 'reprint' and r.created_at > n.restored_at)
       from intent i where i.shop_id = $1 and i.order_id = $2 and i.kind = 'send_order' returning id`,
      [order.shopId, order.orderId, copy, reference, isMarked],
    );
    await writeAuditOn(client, {
      ...by,
      action: 'orders reprint',
      subject: `${order.shopId}/${order.orderId}`,
      details: { reference },
    });
    await client.query(
      'update alert set resolved_at = now() where kind = $1 and subject = $2 and resolved_at is null',
      [NOT_MADE, `${order.shopId}/${order.orderId}`],
    );
    return { kind: 'reprint', intentId: (made as { id: string }).id, reference, copy };
  });
}

/** Why there is no reprint of it now, by the ledger; null when one may be ordered. */
export async function whyNoReprint(
  ledger: Ledger,
  order: { shopId: string; orderId: number },
): Promise<NoReprint | null> {
  const found = await lastOf(ledger.pool, order);
  return 'kind' in found ? found : null;
}

/** The order's reference, and the number of its last copy. */
async function lastOf(
  on: Queryable,
  order: { shopId: string; orderId: number },
  lock: 'for update' | '' = '',
): Promise<{ reference: string | null; last: number } | NoReprint> {
  const sent = await oneRow<{ state: string; reference: string; open: string | null; last: number }>(
    on,
    `select i.state, i.reference,
              (select r.state from intent r where r.shop_id = i.shop_id and r.order_id = i.order_id and r.kind = 'reprint'
                 and r.state not in ('written_back', 'adopted', 'cancelled') limit 1) as open,
              coalesce((select max(r.copy) from intent r where r.shop_id = i.shop_id and r.order_id = i.order_id and r.kind = 'reprint'), 1) as last
       from intent i where i.shop_id = $1 and i.order_id = $2 and i.kind = 'send_order' ${lock}`,
    [order.shopId, order.orderId],
  );
  if (sent === null || !['written_back', 'adopted'].includes(sent.state))
    return { kind: 'not-sent', state: sent?.state ?? 'unknown' };
  if (sent.open !== null) return { kind: 'reprint-open', state: sent.open };
  return { reference: sent.reference, last: sent.last };
}

const NOT_MADE = 'reprint not made';

/**
 * A person has ordered a reprint, and its order was cancelled or deleted before it was sent, perhaps by mistake: it does
 * not come back by itself, and stands on no list. Told once; another reprint of the order ends the alert. Not of one that a
 * person took back.
 */
export async function tellReprintsNotMade(
  ledger: Ledger,
): Promise<{ shopId: string; orderId: number; reference: string; message: string }[]> {
  const found = await rows<{ message: string; shopId: string; orderId: string; reference: string }>(
    ledger.pool,
    `with ended as (
       select i.shop_id, i.order_id, i.reference, i.shop_id || '/' || i.order_id as subject,
              'the reprint ' || i.reference || ' was not made: its order was cancelled or deleted in the shop. '
                || 'Once it is back, and if it is still wanted: relay orders reprint ' || o.number as message
       from intent i join shop_order o on o.shop_id = i.shop_id and o.order_id = i.order_id
       where i.kind = 'reprint' and i.state = 'cancelled' and i.reason is distinct from $2 and i.state_since > now() - interval '7 days'
         and not exists (select 1 from intent l where l.shop_id = i.shop_id and l.order_id = i.order_id and l.kind = 'reprint' and l.copy > i.copy)
         and not exists (select 1 from alert a where a.kind = $1 and a.subject = i.shop_id || '/' || i.order_id and a.opened_at >= i.state_since)
     ),
     told as (
       insert into alert (kind, severity, subject, message) select $1, 2, subject, message from ended
       on conflict (kind, subject) where resolved_at is null do nothing returning subject, message
     )
     select told.message, ended.shop_id as "shopId", ended.order_id as "orderId", ended.reference from told join ended using (subject)`,
    [NOT_MADE, DROPPED],
  );
  return found.map(({ shopId, orderId, reference, message }) => ({
    shopId,
    orderId: Number(orderId),
    reference,
    message,
  }));
}
