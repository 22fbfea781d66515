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

/**
 * The same for orders whose progress has another version to be shown. A write-back that is under way or waits for its next
 * try goes on as it is: two at once could leave the older status in the shop. @param from SQL: rows of `progress`.
 */
export function wantShown(from: string): string {
  return `insert into intent as w (id, kind, shop_id, order_id, account_id, copy, state, wanted_hash)
  select gen_random_uuid(), 'write_back', shop_id, order_id, account_id, copy, 'ready', version::text from ${from}
  on conflict (shop_id, order_id, kind, copy) do update set
    wanted_hash = excluded.wanted_hash, state = 'ready', reason = null,
    failures = case when w.state = 'ready' then w.failures else 0 end,
    not_before = case when w.state = 'ready' then w.not_before end,
    dispatched_until = case when w.state = 'ready' then w.dispatched_until end,
    state_since = case when w.state = 'ready' then w.state_since else now() end`;
}
