import { oneRow, planned, type Ledger } from './connect.js';

/**
 * Another order of the account shows this HFT71 id in its shop: it is that order's, under a reference that an earlier
 * sender gave it (a plugin that counted by ids, where the relay counts by numbers; another shop's). Not asked of an order
 * that has the id already: there the other one is a copy of it.
 * @param of an order's send, or one of its attempts. @returns the number of the other order; null when none shows the id.
 */
export async function shownElsewhere(
  ledger: Ledger,
  of: { readonly intentId: string } | { readonly token: string },
  hft71OrderId: string,
): Promise<string | null> {
  const [statement, id] = 'intentId' in of ? [BY_INTENT, of.intentId] : [BY_ATTEMPT, of.token];
  const other = await oneRow<{ number: string }>(ledger.pool, statement, [id, hft71OrderId]);
  return other?.number ?? null;
}

const shownBy = (intentId: string) => `
select o.number from shop_order o join shop s on s.id = o.shop_id join intent i on i.id = ${intentId}
where s.account_id = i.account_id and o.shop_hft71_id = $2 and (o.shop_id, o.order_id) <> (i.shop_id, i.order_id)
  and i.hft71_order_id is distinct from $2 limit 1`;

const BY_INTENT = planned('shown elsewhere', shownBy('$1'));
const BY_ATTEMPT = planned('shown elsewhere, by attempt', shownBy('(select intent_id from attempt where token = $1)'));
