import { oneRow, type Ledger } from './connect.js';

/** Orders that another sender would make once more: at HFT71, or maybe there, and the shop shows no id that says so. */
export interface NotShown {
  readonly orders: number;
  /** Their numbers, the oldest first; of many only the first. */
  readonly numbers: readonly string[];
}

const MOST_NUMBERS = 20;

/** SQL: the shop has the order no more, so that nobody can send it again. */
const IS_GONE = `exists (
  select 1 from intent w where w.shop_id = i.shop_id and w.order_id = i.order_id and w.copy = i.copy and w.kind = 'write_back' and w.state = 'skipped')`;

/**
 * What must be empty before the sender of before is switched on again: it leaves alone only what carries an id in the shop.
 * Held orders that may be at HFT71, for whatever reason, are among them. Reprints are not: no other sender makes those.
 */
export async function ordersNotShown(ledger: Ledger, shopId: string): Promise<NotShown> {
  const found = await oneRow<NotShown>(
    ledger.pool,
    `select count(*)::int as orders,
            coalesce((array_agg(o.number order by i.order_id))[1:${MOST_NUMBERS}], '{}') as numbers
     from intent i join shop_order o on o.shop_id = i.shop_id and o.order_id = i.order_id
     where i.shop_id = $1 and i.kind = 'send_order'
       and (i.state in ('sending', 'in_doubt') or i.state = 'sent' and not ${IS_GONE} or i.doubt_since is not null
            or i.state = 'held' and (i.hft71_order_id is not null or i.reason in ('in-doubt', 'conflict', 'exists')))`,
    [shopId],
  );
  return found ?? { orders: 0, numbers: [] };
}
