import { oneRow, type Ledger } from './connect.js';

/** What is deleted once it is old: the log, and the evidence of orders that are done with. */
export const KEPT_FOR_A_TIME = ['api_call', 'order_event', 'delivery', 'look_up', 'attempt'] as const;
export type KeptForATime = (typeof KEPT_FOR_A_TIME)[number];

/**
 * Deletes at most `limit` of the shop's oldest rows of one kind that are older than `keepMs`: a short statement, so that
 * nothing waits for it. Never those of an order that anything of is open (waiting, on its way, in doubt, held, refused, or
 * not yet in the shop), whatever their age: they are what a person judges by.
 *
 * Attempts and look-ups go only with an order that HFT71 has and the shop shows, and that has been so for `keepMs`: of a
 * cancelled order that is wanted again, the attempt that its marker names must be known. And only while the account has a
 * younger accepted attempt: the latest one is what a look-up is tried on ("surely absent", the positive control).
 * @returns how many were deleted; fewer than `limit`: there are no more.
 */
export async function deleteOld(
  ledger: Ledger,
  { shopId, what, keepMs, limit }: { shopId: string; what: KeptForATime; keepMs: number; limit: number },
): Promise<number> {
  const row = await oneRow<{ deleted: number }>(ledger.pool, STATEMENTS[what], [shopId, keepMs, limit]);
  return row?.deleted ?? 0;
}

const BEFORE = `now() - $2::bigint * interval '1 millisecond'`;

/** SQL: the order of the row `x` has nothing open. A row without an order is done with. */
const IS_DONE = `not exists (
  select 1 from intent o where o.shop_id = $1 and o.order_id = x.order_id
    and (o.state in ('waiting', 'ready', 'sending', 'in_doubt', 'held', 'rejected')
         or o.state = 'sent' and o.kind in ('send_order', 'reprint')))`;

const EVIDENCE_IS_DONE = `
  i.shop_id = $1 and i.state in ('written_back', 'adopted') and i.state_since < ${BEFORE}
  and ${IS_DONE.replaceAll('x.order_id', 'i.order_id')}
  and exists (select 1 from attempt n join intent ni on ni.id = n.intent_id
              where ni.account_id = i.account_id and n.outcome = 'accepted' and n.prepared_at >= ${BEFORE})`;

function ofOrders(table: string, at: string): string {
  return `
with old as (select x.id from ${table} x where x.shop_id = $1 and x.${at} < ${BEFORE} and ${IS_DONE} limit $3),
gone as (delete from ${table} t using old where t.id = old.id returning 1)
select count(*)::int as deleted from gone`;
}

const STATEMENTS: Readonly<Record<KeptForATime, string>> = {
  api_call: ofOrders('api_call', 'at'),
  order_event: ofOrders('order_event', 'at'),
  delivery: ofOrders('delivery', 'received_at'),
  look_up: `
with old as (
  select l.id from look_up l join intent i on i.id = l.intent_id
  where l.started_at < ${BEFORE} and ${EVIDENCE_IS_DONE} limit $3
),
gone as (delete from look_up t using old where t.id = old.id returning 1)
select count(*)::int as deleted from gone`,
  // The metrics go on counting them.
  attempt: `
with old as (
  select a.token from attempt a join intent i on i.id = a.intent_id
  where a.prepared_at < ${BEFORE} and a.ended_at < ${BEFORE} and ${EVIDENCE_IS_DONE} limit $3
),
gone as (delete from attempt t using old where t.token = old.token returning t.outcome),
counted as (
  insert into attempt_total as c (outcome, attempts) select outcome, count(*) from gone where outcome is not null group by outcome
  on conflict (outcome) do update set attempts = c.attempts + excluded.attempts
)
select count(*)::int as deleted from gone`,
};
