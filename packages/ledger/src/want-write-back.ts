/**
 * Part of every statement that makes an order `sent`: its id is to be written into the shop. One row for each copy, armed
 * again when there is one. @param from SQL: rows of `intent` that have just become `sent`.
 */
export function wantWriteBack(from: string): string {
  return `insert into intent as w (id, kind, shop_id, order_id, account_id, copy, state)
  select gen_random_uuid(), 'write_back', shop_id, order_id, account_id, copy, 'ready' from ${from}
  on conflict (shop_id, order_id, kind, copy) do update set
    state = 'ready', wanted_hash = null, failures = 0, not_before = null, dispatched_until = null, reason = null, state_since = now()`;
}
