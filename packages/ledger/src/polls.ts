import { oneRow, rows, type Ledger } from './connect.js';
import { wantShown } from './want-write-back.js';

/** One entry of HFT71's list: one for each SKU. */
export interface SkuStatusRow {
  readonly sku: string;
  readonly status: string;
}

export interface ShippingRow {
  readonly carrier: string | null;
  readonly tracking: string | null;
  /** The return parcel's. */
  readonly trackingRet: string | null;
}

export interface DuePoll {
  readonly intentId: string;
  readonly pollNo: number;
  readonly shopId: string;
  readonly orderId: number;
}

/** What a poll begins with. */
export interface PolledProgress extends DuePoll {
  readonly copy: number;
  readonly accountId: string;
  readonly hft71OrderId: string;
  readonly acceptedAt: Date;
  readonly statuses: readonly SkuStatusRow[] | null;
  readonly customerStatuses: readonly SkuStatusRow[] | null;
  readonly shipping: ShippingRow | null;
  readonly status: string | null;
  readonly statusSince: Date | null;
  readonly seen: readonly string[];
  readonly hint: string | null;
  readonly hintReads: number;
  readonly furthest: string | null;
  /** A person set another status in the shop: it is looked at again. */
  readonly conflict: string | null;
  readonly version: number;
  /** SKUs of the order's lines, as the shop shows them. */
  readonly skus: readonly string[];
  readonly webhookHeardAt: Date | null;
  /** The ledger's clock. */
  readonly now: Date;
}

/**
 * Takes orders whose status is due to be read, those that a webhook named first, and marks them: one poll of an order at
 * a time. None while the account's breaker is open or a 429 freezes it.
 */
export async function takeDuePolls(
  ledger: Ledger,
  accountId: string,
  { leaseMs, limit }: { leaseMs: number; limit: number },
): Promise<DuePoll[]> {
  const found = await rows<Omit<DuePoll, 'orderId'> & { orderId: string }>(
    ledger.pool,
    `with due as (
       select p.intent_id from progress p join account a on a.id = p.account_id join shop s on s.id = p.shop_id
       where p.account_id = $1 and p.poll_at <= now() and (p.polling_until is null or p.polling_until <= now())
         and a.breaker_state <> 'open' and not coalesce(a.frozen_until > now(), false) and s.mode = 'live'
       order by p.hint is null, p.poll_at limit $3 for update of p skip locked
     )
     update progress p set poll_no = poll_no + 1, polling_until = now() + $2::bigint * interval '1 millisecond'
     from due where p.intent_id = due.intent_id
     returning p.intent_id as "intentId", p.poll_no as "pollNo", p.shop_id as "shopId", p.order_id as "orderId"`,
    [accountId, leaseMs, limit],
  );
  return found.map((row) => ({ ...row, orderId: Number(row.orderId) }));
}

/** Orders that were accepted since the last look: each is read for the first time after about so long. */
export async function planNewPolls(ledger: Ledger, accountId: string, firstInMs: number): Promise<void> {
  await ledger.pool.query(
    `with fresh as (
       select intent_id from progress where account_id = $1 and poll_at is null and ended is null limit 1000 for update skip locked
     )
     update progress p set poll_at = now() + $2::bigint * interval '1 millisecond' * (0.9 + 0.2 * random())
     from fresh where p.intent_id = fresh.intent_id`,
    [accountId, Math.ceil(firstInMs)],
  );
}

/** Polls that are under way, over all workers. */
export async function pollsUnderWay(ledger: Ledger, accountId: string): Promise<number> {
  const row = await oneRow<{ count: number }>(
    ledger.pool,
    'select count(*)::int as count from progress where account_id = $1 and poll_at is not null and polling_until > now()',
    [accountId],
  );
  return row?.count ?? 0;
}

/** The job's add failed: the next tick takes it again. */
export async function undoPolls(ledger: Ledger, polls: readonly DuePoll[]): Promise<void> {
  await ledger.pool.query(
    `update progress p set polling_until = null from unnest($1::uuid[], $2::int[]) as u(intent_id, poll_no)
     where p.intent_id = u.intent_id and p.poll_no = u.poll_no`,
    [polls.map(({ intentId }) => intentId), polls.map(({ pollNo }) => pollNo)],
  );
}

/** @returns null when the poll is over, or a newer one has taken its place. */
export async function loadPoll(
  ledger: Ledger,
  { intentId, pollNo }: { intentId: string; pollNo: number },
): Promise<PolledProgress | null> {
  const row = await oneRow<Omit<PolledProgress, 'orderId'> & { orderId: string }>(
    ledger.pool,
    `select p.intent_id as "intentId", p.poll_no as "pollNo", p.shop_id as "shopId", p.order_id as "orderId", p.copy,
            p.account_id as "accountId", p.hft71_order_id as "hft71OrderId", p.accepted_at as "acceptedAt", p.statuses,
            p.customer_statuses as "customerStatuses", p.shipping, p.status, p.status_since as "statusSince", p.seen,
            p.hint, p.hint_reads as "hintReads", p.furthest, p.conflict, p.version, a.webhook_heard_at as "webhookHeardAt", now() as now,
            coalesce((select jsonb_agg(line ->> 'sku') from jsonb_array_elements(o.lines) line), '[]') as skus
     from progress p join account a on a.id = p.account_id
     join shop_order o on o.shop_id = p.shop_id and o.order_id = p.order_id
     where p.intent_id = $1 and p.poll_no = $2 and p.polling_until is not null`,
    [intentId, pollNo],
  );
  return row === null ? null : { ...row, orderId: Number(row.orderId) };
}

export interface PollResult {
  readonly statuses: readonly SkuStatusRow[];
  readonly customerStatuses: readonly SkuStatusRow[] | null;
  readonly shipping: ShippingRow | null;
  /** The order's: that of its least advanced line. */
  readonly status: string;
  /** The most advanced that it has ever had. */
  readonly furthest: string | null;
  /** Something that the shop shows is another than before. */
  readonly changed: boolean;
  /** null: no more. */
  readonly pollInMs: number | null;
  readonly ended: string | null;
  /** The hint, where this reading did not confirm it and it is to be looked for again. */
  readonly hint: string | null;
}

/**
 * What HFT71 told, and when it is asked next. Where something changed, the order is to be written into the shop.
 * @returns false when a newer poll has taken this one's place: nothing is written.
 */
export async function recordPoll(
  ledger: Ledger,
  poll: Pick<PolledProgress, 'intentId' | 'pollNo' | 'hint'>,
  result: PollResult,
): Promise<boolean> {
  const row = await oneRow(ledger.pool, RECORD_POLL, [
    poll.intentId,
    poll.pollNo,
    JSON.stringify(result.statuses),
    result.customerStatuses === null ? null : JSON.stringify(result.customerStatuses),
    result.shipping === null ? null : JSON.stringify(result.shipping),
    result.status,
    result.changed,
    result.pollInMs === null ? null : Math.ceil(result.pollInMs),
    result.ended,
    result.hint,
    JSON.stringify([...new Set(result.statuses.map(({ status }) => status))]),
    poll.hint,
    result.furthest,
  ]);
  return row !== null;
}

const RECORD_POLL = `
with told as (
  update progress p set
    statuses = $3::jsonb, customer_statuses = coalesce($4::jsonb, customer_statuses), shipping = coalesce($5::jsonb, shipping),
    status_since = case when status is distinct from $6 then now() else status_since end, status = $6,
    seen = (select coalesce(jsonb_agg(distinct value), '[]') from jsonb_array_elements(seen || $11::jsonb)),
    read_at = now(), polling_until = null, ended = $9,
    -- what a webhook told while this reading was under way is read for again
    poll_at = case when hint is distinct from $12 then now() else now() + $8::bigint * interval '1 millisecond' end,
    hint = case when hint is distinct from $12 then hint else $10 end,
    hint_reads = case when hint is distinct from $12 or $10::text is null then 0 else hint_reads + 1 end,
    furthest = $13,
    -- a person's word about the shop's status was about HFT71's status of then
    conflict_accepted = case when status is not distinct from $6 then conflict_accepted end,
    fault = null, fault_since = null, version = version + case when $7::boolean then 1 else 0 end
  where intent_id = $1 and poll_no = $2 and polling_until is not null
  returning *
),
changed as (select * from told where $7::boolean and copy = 1),
wanted as (${wantShown('changed')} returning 1)
select (select count(*) from wanted) as written, intent_id from told`;

/** HFT71 answered something that cannot be believed, or not at all: nothing but this is noted, and it is asked again. */
export async function recordPollFault(
  ledger: Ledger,
  poll: Pick<PolledProgress, 'intentId' | 'pollNo'>,
  { fault, pollInMs, ended }: { fault: string; pollInMs: number; ended: string | null },
): Promise<void> {
  await ledger.pool.query(
    `update progress set fault = $3, fault_since = coalesce(fault_since, now()), polling_until = null,
       ended = $5, poll_at = case when $5::text is null then now() + $4::bigint * interval '1 millisecond' end
     where intent_id = $1 and poll_no = $2 and polling_until is not null`,
    [poll.intentId, poll.pollNo, fault, Math.ceil(pollInMs), ended],
  );
}

/** This worker may not make it: another one, a little later. */
export async function deferPoll(
  ledger: Ledger,
  poll: { readonly intentId: string; readonly pollNo: number },
  deferMs: number,
): Promise<void> {
  await ledger.pool.query(
    `update progress set polling_until = null, poll_at = now() + $3::bigint * interval '1 millisecond'
     where intent_id = $1 and poll_no = $2`,
    [poll.intentId, poll.pollNo, deferMs],
  );
}

/**
 * What the settings make of statuses is another thing than before: orders that were read lately are shown anew.
 * @param rules as text. The first ones change nothing. @returns how many orders.
 */
export async function followStatusRules(ledger: Ledger, shopId: string, rules: string): Promise<number> {
  const row = await oneRow<{ orders: number }>(
    ledger.pool,
    `with before as (select status_rules from shop where id = $1 for update),
     noted as (update shop set status_rules = $2 where id = $1),
     again as (
       update progress p set version = version + 1 from before
       where before.status_rules <> $2 and p.shop_id = $1 and p.copy = 1 and p.statuses is not null and p.read_at > now() - interval '30 days'
       returning p.*
     ),
     wanted as (${wantShown('again')})
     select count(*)::int as orders from again`,
    [shopId, rules],
  );
  return row?.orders ?? 0;
}

/** `relay poll`: now, whatever the plan says; also an order that is polled no more. @returns how many are asked for. */
export async function pollNow(ledger: Ledger, order: { shopId: string; orderId: number }): Promise<number> {
  const result = await ledger.pool.query(
    `update progress set poll_at = now(), ended = null, polling_until = null where shop_id = $1 and order_id = $2`,
    [order.shopId, order.orderId],
  );
  return result.rowCount ?? 0;
}

/**
 * HFT71 tells another status of this id than the ledger has: the poll that would have read it comes now.
 * @returns false where no poll will read it by itself: ended, at fault, or due for longer than `overdueMs`.
 */
export async function hastenPoll(
  ledger: Ledger,
  id: { readonly shopId: string; readonly orderId: number; readonly copy: number; readonly hft71OrderId: string },
  overdueMs: number,
): Promise<boolean> {
  const row = await oneRow(
    ledger.pool,
    `update progress set poll_at = least(poll_at, now())
     where shop_id = $1 and order_id = $2 and copy = $3 and hft71_order_id = $4 and ended is null and fault is null
       and (poll_at is null or poll_at > now() - $5::bigint * interval '1 millisecond')
     returning intent_id`,
    [id.shopId, id.orderId, id.copy, id.hft71OrderId, overdueMs],
  );
  return row !== null;
}
