import { oneRow, rows, type Ledger } from './connect.js';

/** One read of a shop tells so many: WooCommerce's greatest page. */
const PAGE = 100;
/** What the shop did not show is looked at again, after so long. */
const AGAIN_MS = 60_000;

export interface ReadBack {
  readonly campaignId: number;
  readonly shopId: string;
  readonly orders: readonly { readonly orderId: number; readonly hft71OrderId: string }[];
}

/** Of which something may have to be looked at: what was sent before a pause or a cancellation, too. */
export async function campaignsToReadBack(ledger: Ledger): Promise<number[]> {
  const found = await rows<{ id: string }>(
    ledger.pool,
    `select id from campaign where state in ('canary', 'running', 'paused', 'watching')
       or state = 'cancelled' and started_at is not null and state_since > now() - interval '1 day' order by id`,
  );
  return found.map(({ id }) => Number(id));
}

/**
 * Orders of one campaign that are at HFT71 and in the shop as far as the ledger knows, and of which nobody has looked
 * whether the shop shows it. Of a campaign that is on its way whole pages first: the rest when its canary or its end waits.
 */
export async function ordersToReadBack(ledger: Ledger, campaignId: number): Promise<ReadBack | null> {
  const found = await rows<{ shopId: string; orderId: string; hft71OrderId: string; waits: boolean }>(
    ledger.pool,
    `select ci.shop_id as "shopId", ci.order_id as "orderId", i.hft71_order_id as "hft71OrderId",
            c.state <> 'running' or not exists (select 1 from campaign_item o where o.campaign_id = $1 and o.part = 're-arm' and o.ended_at is null) as waits
     from campaign c join campaign_item ci on ci.campaign_id = c.id and ci.released_at is not null and ci.ended_at is not null
     join intent i on i.id = ci.intent_id
     where c.id = $1 and (i.state in ('written_back', 'adopted') or i.state = 'sent' and exists (
         -- the shop no longer has the order: its id will never be shown
         select 1 from intent w where w.shop_id = i.shop_id and w.order_id = i.order_id and w.copy = i.copy and w.kind = 'write_back' and w.state = 'skipped'))
       and ci.read_back is distinct from 'ok'
       and (ci.read_back_at is null or ci.read_back_at < now() - $2::bigint * interval '1 millisecond')
     order by ci.order_id limit ${PAGE}`,
    [campaignId, AGAIN_MS],
  );
  const [first] = found;
  if (first === undefined || (found.length < PAGE && !first.waits)) return null;
  const orders = found.map(({ orderId, hft71OrderId }) => ({ orderId: Number(orderId), hft71OrderId }));
  return { campaignId, shopId: first.shopId, orders };
}

/** @param shown the id that the shop showed, by order; null where the order or its id is not there. */
export async function recordReadBack(
  ledger: Ledger,
  campaignId: number,
  shown: readonly { readonly orderId: number; readonly shownId: string | null }[],
): Promise<{ ok: number; notOk: number }> {
  const row = await oneRow<{ ok: number; notOk: number }>(
    ledger.pool,
    `with told as (
       update campaign_item ci set read_back_at = now(),
         read_back = case when x."shownId" is null then 'missing' when x."shownId" = i.hft71_order_id then 'ok' else 'another-id' end
       from jsonb_to_recordset($2::jsonb) as x("orderId" bigint, "shownId" text), intent i
       where ci.campaign_id = $1 and ci.order_id = x."orderId" and i.id = ci.intent_id
       returning ci.read_back
     )
     select count(*) filter (where read_back = 'ok')::int as ok, count(*) filter (where read_back <> 'ok')::int as "notOk" from told`,
    [campaignId, JSON.stringify(shown)],
  );
  return row ?? { ok: 0, notOk: 0 };
}
