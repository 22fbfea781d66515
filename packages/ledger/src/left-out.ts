/**
 * SQL: whether an order that is `not_for_hft71` may be HFT71's by now: it was left out by another rule than the shop's row
 * remembers, a worker with the one before may just have done so; or its lines show a SKU of the account's current feed.
 * A pattern decides over the same content as it did, so nothing is looked at again for nothing.
 * @param intent alias of its row. @param lines SQL: the lines as the shop shows them now, jsonb `[{ sku }]`.
 */
export function mayBeHft71sNow(intent: string, lines: string): string {
  return `exists (
    select 1 from shop s join account a on a.id = s.account_id
    where s.id = ${intent}.shop_id and s.lines is not null and (${intent}.left_out_by is distinct from s.lines
      or s.lines = 'feed' and exists (
        select 1 from jsonb_array_elements(${lines}) line join feed_sku f on f.feed_id = a.current_feed_id and f.sku = line ->> 'sku')))`;
}
