import { oneRow, rows, type Ledger } from './connect.js';
import type { ShippingRow, SkuStatusRow } from './polls.js';

/** What the shop is to show of an order's progress at HFT71, beside its id. */
export interface WantedShown {
  readonly statuses: readonly SkuStatusRow[] | null;
  readonly customerStatuses: readonly SkuStatusRow[] | null;
  readonly shipping: ShippingRow | null;
  readonly status: string | null;
  /** To be given back when it is shown: a reading that came in between is another version. */
  readonly version: number;
  /** Statuses of the shop's that the relay set, or may have set. */
  readonly own: readonly string[];
  /** The most advanced status of HFT71's that the order has had. */
  readonly furthest: string | null;
  readonly conflict: string | null;
  readonly noted: string | null;
}

/** null before the order has an id of HFT71's. */
export async function loadShown(
  ledger: Ledger,
  order: { shopId: string; orderId: number; copy: number },
): Promise<WantedShown | null> {
  const row = await oneRow<
    Omit<WantedShown, 'own'> & { writtenShopStatus: string | null; pendingShopStatus: string | null }
  >(
    ledger.pool,
    `select statuses, customer_statuses as "customerStatuses", shipping, status, version,
            written_shop_status as "writtenShopStatus", pending_shop_status as "pendingShopStatus", furthest, conflict, noted
     from progress where shop_id = $1 and order_id = $2 and copy = $3`,
    [order.shopId, order.orderId, order.copy],
  );
  if (row === null) return null;
  const { writtenShopStatus, pendingShopStatus, ...shown } = row;
  return { ...shown, own: [writtenShopStatus, pendingShopStatus].filter((status) => status !== null) };
}

/**
 * Committed before the shop's status is written: a PUT whose answer is lost may have set it, and what the relay set itself
 * must not be taken for a person's. null: the shop has refused it.
 */
export async function willWriteShopStatus(
  ledger: Ledger,
  order: { shopId: string; orderId: number },
  status: string | null,
): Promise<void> {
  await ledger.pool.query(
    `update progress set pending_shop_status = $3 where shop_id = $1 and order_id = $2 and copy = 1`,
    [order.shopId, order.orderId, status],
  );
}

/** The shop shows it. @param conflict a status that a person set otherwise, or null. */
export async function recordShown(
  ledger: Ledger,
  order: { shopId: string; orderId: number },
  conflict: string | null,
): Promise<void> {
  await ledger.pool.query(
    `update progress set conflict = $3,
       written_shop_status = coalesce(pending_shop_status, written_shop_status), pending_shop_status = null
     where shop_id = $1 and order_id = $2 and copy = 1`,
    [order.shopId, order.orderId, conflict],
  );
}

/** Committed before the note is made: a note is a courtesy, and one too few is better than the same one again. */
export async function willNote(
  ledger: Ledger,
  order: { shopId: string; orderId: number },
  note: string,
): Promise<boolean> {
  const row = await oneRow(
    ledger.pool,
    `update progress set noted = $3 where shop_id = $1 and order_id = $2 and copy = 1 and noted is distinct from $3
     returning intent_id`,
    [order.shopId, order.orderId, note],
  );
  return row !== null;
}

/** HFT71's statuses that its orders have now, and how many have each. */
export async function statusCounts(ledger: Ledger, shopId: string): Promise<{ status: string; orders: number }[]> {
  return rows(
    ledger.pool,
    `select entry ->> 'status' as status, count(distinct p.intent_id)::int as orders
     from progress p cross join lateral jsonb_array_elements(p.statuses) entry
     where p.shop_id = $1 group by 1 order by 2 desc, 1`,
    [shopId],
  );
}

/** Orders whose status a person set otherwise in the shop. */
export async function statusConflicts(
  ledger: Ledger,
  shopId: string,
  limit = 50,
): Promise<{ orderId: number; hft71OrderId: string; status: string | null; conflict: string }[]> {
  const found = await rows<{ orderId: string; hft71OrderId: string; status: string | null; conflict: string }>(
    ledger.pool,
    `select order_id as "orderId", hft71_order_id as "hft71OrderId", status, conflict from progress
     where shop_id = $1 and conflict is not null order by status_since desc limit $2`,
    [shopId, limit],
  );
  return found.map((row) => ({ ...row, orderId: Number(row.orderId) }));
}

/** What has become of an order at HFT71; one for the order itself and one for each reprint. */
export interface ProgressView {
  readonly copy: number;
  readonly hft71OrderId: string;
  /** The order's: that of its least advanced line. */
  readonly status: string | null;
  readonly statusSince: Date | null;
  readonly statuses: readonly SkuStatusRow[] | null;
  readonly customerStatuses: readonly SkuStatusRow[] | null;
  readonly shipping: ShippingRow | null;
  readonly readAt: Date | null;
  readonly pollAt: Date | null;
  readonly isDue: boolean;
  readonly isPolling: boolean;
  /** Why the last reading could not be believed. */
  readonly fault: string | null;
  readonly faultSince: Date | null;
  /** Why it is polled no more. */
  readonly ended: string | null;
  readonly conflict: string | null;
}

export async function progressOf(ledger: Ledger, order: { shopId: string; orderId: number }): Promise<ProgressView[]> {
  return rows(
    ledger.pool,
    `select copy, hft71_order_id as "hft71OrderId", status, status_since as "statusSince", statuses,
            customer_statuses as "customerStatuses", shipping, read_at as "readAt", poll_at as "pollAt",
            coalesce(poll_at <= now(), false) as "isDue", coalesce(polling_until > now(), false) as "isPolling", fault, fault_since as "faultSince", ended, conflict
     from progress where shop_id = $1 and order_id = $2 order by copy`,
    [order.shopId, order.orderId],
  );
}
