import { rows, type Ledger } from './connect.js';

/** One thing that happened to an order. */
export interface TimelineEntry {
  readonly at: Date;
  /** webhook | order | job | state | status | attempt | call | look-up | operator | alert */
  readonly kind: string;
  /** In words, without customer data. */
  readonly what: string;
  /** What the other side or the relay's log calls the request; null where there is none. */
  readonly requestId: string | null;
}

/**
 * Everything that the ledger keeps of one order, the oldest first: deliveries, what the shop showed, jobs, attempts, calls,
 * look-ups, states, statuses, what people did, alerts. @param limit of the latest entries.
 */
export async function timelineOf(
  ledger: Ledger,
  order: { shopId: string; orderId: number },
  limit = 500,
): Promise<TimelineEntry[]> {
  const found = await rows<TimelineEntry>(ledger.pool, TIMELINE, [order.shopId, order.orderId, limit]);
  return found.reverse();
}

/** Of things that happened in the same millisecond, in which order they cause each other. */
const TIMELINE = `
with own as (select id from intent where shop_id = $1 and order_id = $2::bigint),
entry(at, rank, id, kind, what, request_id) as (
  select received_at, 0, id, 'webhook',
         concat_ws(' ', coalesce(topic, 'without a topic'), case when told is not null then '“' || told || '”' end, '→', result,
                   case when delivery_id is not null then 'delivery ' || delivery_id end), request_id
  from delivery where shop_id = $1 and order_id = $2
  union all
  select at, case kind when 'order' then 1 when 'job' then 3 else 6 end, id, kind, what, null
  from order_event where shop_id = $1 and order_id = $2
  union all
  select a.prepared_at, 4, 0, 'attempt', 'prepared ' || a.token || ' by ' || a.worker, null
  from attempt a join own on own.id = a.intent_id
  union all
  select a.claimed_at, 4, 1, 'attempt', 'claimed ' || a.token, null
  from attempt a join own on own.id = a.intent_id where a.claimed_at is not null
  union all
  select a.ended_at, 5, 2, 'attempt',
         concat_ws(' ', 'ended', a.token || ':', a.outcome, case when a.cause is not null then '(' || a.cause || ')' end,
                   case when a.http_status is not null then 'HTTP ' || a.http_status end, a.error_code, a.hft71_order_id), null
  from attempt a join own on own.id = a.intent_id where a.ended_at is not null
  union all
  select at, 4, id, 'call', concat_ws(' ', target, action || ':', method, path, '→', coalesce(status::text, 'no answer'), code, duration_ms || ' ms'),
         request_id
  from api_call where shop_id = $1 and order_id = $2 and action <> 'webhook'
  union all
  select l.started_at, 4, l.id, 'look-up', concat_ws(' ', l.answer, l.hft71_order_id, l.detail), null
  from look_up l join own on own.id = l.intent_id
  union all
  select at, 2, id, 'operator', concat_ws(' ', action, 'by', actor, case when reason is not null then '“' || reason || '”' end), null
  from audit where subject = $1 || '/' || $2
  union all
  select opened_at, 7, id, 'alert', 'SEV-' || severity || ' ' || kind || ': ' || message, null from alert where subject = $1 || '/' || $2
  union all
  select resolved_at, 7, id, 'alert', 'over: ' || kind, null from alert where subject = $1 || '/' || $2 and resolved_at is not null
)
select at, kind, what, request_id as "requestId" from entry order by at desc, rank desc, id desc limit $3`;
