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
  /** Statuses of the shop's that the relay set, or may have set, and one that a person gave it to overwrite. */
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
    Omit<WantedShown, 'own'> & Record<'writtenShopStatus' | 'pendingShopStatus' | 'mayOverwrite', string | null>
  >(
    ledger.pool,
    `select statuses, customer_statuses as "customerStatuses", shipping, status, version,
            written_shop_status as "writtenShopStatus", pending_shop_status as "pendingShopStatus",
            may_overwrite as "mayOverwrite", furthest, conflict, noted
     from progress where shop_id = $1 and order_id = $2 and copy = $3`,
    [order.shopId, order.orderId, order.copy],
  );
  if (row === null) return null;
  const { writtenShopStatus, pendingShopStatus, mayOverwrite, ...shown } = row;
  return { ...shown, own: [writtenShopStatus, pendingShopStatus, mayOverwrite].filter((status) => status !== null) };
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

/**
 * The shop shows this version. @param conflict a status that a person set otherwise, or null.
 * @returns the conflict as it stands now: null too where a person has accepted it for HFT71's status of now.
 */
export async function recordShown(
  ledger: Ledger,
  order: { shopId: string; orderId: number },
  { version, conflict }: { version: number; conflict: { readonly shown: string; readonly wanted: string } | null },
): Promise<string | null> {
  const row = await oneRow<{ conflict: string | null }>(
    ledger.pool,
    `update progress set conflict = ${unlessAccepted('$3::text')}, conflict_shown = ${unlessAccepted('$4::text')},
       written_shop_status = coalesce(pending_shop_status, written_shop_status), pending_shop_status = null,
       -- what a person gave to be overwritten since this version was loaded is still to be done
       may_overwrite = case when version > $5 then may_overwrite end
     where shop_id = $1 and order_id = $2 and copy = 1 returning conflict`,
    [
      order.shopId,
      order.orderId,
      conflict === null ? null : `${conflict.shown} instead of ${conflict.wanted}`,
      conflict?.shown ?? null,
      version,
    ],
  );
  return row?.conflict ?? null;
}

function unlessAccepted(value: string): string {
  return `case when conflict_accepted is not null and conflict_accepted is not distinct from status then null else ${value} end`;
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
