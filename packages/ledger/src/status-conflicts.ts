import { writeAuditOn } from './audit.js';
import { inTransaction, oneRow, rows, type Ledger } from './connect.js';
import type { PersonsAct } from './hold-release.js';
import { wantShown } from './want-write-back.js';

/** Kind of the alert about one. Subject: shop and order. */
export const STATUS_CONFLICT = 'status set by hand in the shop';

/** An order whose status a person set otherwise in the shop. */
export interface StatusConflict {
  readonly orderId: number;
  readonly number: string;
  readonly hft71OrderId: string;
  readonly status: string | null;
  /** In words: `refunded instead of completed`. */
  readonly conflict: string;
}

export async function statusConflicts(ledger: Ledger, shopId: string, limit = 50): Promise<StatusConflict[]> {
  const found = await rows<Omit<StatusConflict, 'orderId'> & { orderId: string }>(
    ledger.pool,
    `select p.order_id as "orderId", o.number, p.hft71_order_id as "hft71OrderId", p.status, p.conflict
     from progress p join shop_order o on o.shop_id = p.shop_id and o.order_id = p.order_id
     where p.shop_id = $1 and p.conflict is not null order by p.status_since desc limit $2`,
    [shopId, limit],
  );
  return found.map((row) => ({ ...row, orderId: Number(row.orderId) }));
}

interface OrderRef {
  readonly shopId: string;
  readonly orderId: number;
}

/**
 * A person keeps the status that stands in the shop: it is no conflict any more until HFT71's status is another.
 * @returns the conflict; null where there is none.
 */
export async function acceptConflict(ledger: Ledger, order: OrderRef, by: PersonsAct): Promise<string | null> {
  return settled(ledger, order, by, {
    action: 'statuses accept',
    sql: `with was as (select intent_id, conflict from progress
            where shop_id = $1 and order_id = $2 and copy = 1 and conflict is not null for update)
          update progress p set conflict = null, conflict_shown = null, conflict_accepted = p.status, may_overwrite = null
          from was where p.intent_id = was.intent_id returning was.conflict`,
  });
}

/**
 * A person lets HFT71's status be set over the one that stood in the shop when the conflict was seen. Another one that
 * somebody sets there meanwhile is a conflict of its own. It ends when it is written. @returns as above.
 */
export async function overwriteConflict(ledger: Ledger, order: OrderRef, by: PersonsAct): Promise<string | null> {
  return settled(ledger, order, by, {
    action: 'statuses overwrite',
    sql: `with allowed as (
            update progress set may_overwrite = conflict_shown, conflict_accepted = null, version = version + 1
            where shop_id = $1 and order_id = $2 and copy = 1 and conflict is not null returning *
          ),
          wanted as (${wantShown('allowed')} returning 1)
          select conflict from allowed where exists (select 1 from wanted)`,
  });
}

async function settled(
  ledger: Ledger,
  order: OrderRef,
  by: PersonsAct,
  { action, sql }: { action: string; sql: string },
): Promise<string | null> {
  return inTransaction(ledger, async (client) => {
    const row = await oneRow<{ conflict: string }>(client, sql, [order.shopId, order.orderId]);
    if (row === null) return null;
    const { conflict } = row;
    const subject = `${order.shopId}/${order.orderId}`;
    if (action === 'statuses accept')
      await client.query(
        'update alert set resolved_at = now() where kind = $1 and subject = $2 and resolved_at is null',
        [STATUS_CONFLICT, subject],
      );
    await writeAuditOn(client, { ...by, action, subject, details: { conflict } });
    return conflict;
  });
}
