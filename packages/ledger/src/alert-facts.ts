import type { AccountFacts, BreakerFacts, ShopFacts, WebhookFacts, WorkerFacts } from '@relay/core';
import { FAILED_CALL, LET_BE, NO_CALLS } from './breaker.js';
import { lastStockSync } from './stock-runs.js';
import { oneRow, rows, type Ledger } from './connect.js';
import { COULD_GO_SINCE } from './could-go.js';
import { WAITS_FOR_PERSON } from './held.js';
import { readProgress } from './process-beats.js';
import { HELD_UPDATE } from './updates.js';

/** What the settings say of one shop, as far as the rules of alerts need it. */
export interface WatchedShop {
  readonly id: string;
  readonly accountId: string;
  /** What HFT71's limit grants in the window of the rules. */
  readonly granted: number;
  /** HFT71's webhook has a secret: it is expected to call. */
  readonly expectsHft71Webhook: boolean;
  /** The shop knows where the relay is: it is expected to deliver. */
  readonly expectsDeliveries: boolean;
  /** null where the stock is not synchronised. */
  readonly stockIntervalMs: number | null;
  readonly sweepIntervalMs: number;
}

export interface FactTimes {
  /** What rules about calls look back over. */
  readonly windowMs: number;
  readonly webhookSilenceMs: number;
}

interface BreakerRow {
  readonly state: BreakerFacts['state'];
  readonly owner: string | null;
  readonly reason: string | null;
}
type AccountRow = Omit<AccountFacts, 'breaker' | 'webhook' | 'granted'> &
  BreakerRow & { readonly isHeard: boolean; readonly missed: number };

/** The accounts of these shops: their breaker, their calls within the window, what waits. */
export async function accountFacts(
  ledger: Ledger,
  shops: readonly WatchedShop[],
  times: FactTimes,
): Promise<AccountFacts[]> {
  const byAccount = new Map(shops.map((shop) => [shop.accountId, shop]));
  const found = await rows<AccountRow>(ledger.pool, ACCOUNTS, [
    [...byAccount.keys()],
    times.windowMs,
    times.webhookSilenceMs,
  ]);
  const refused = await refusedToday(ledger, 'hft71-refused');
  return found.map(({ state, owner, reason, isHeard, missed, ...account }) => {
    const own = shops.filter(({ accountId }) => accountId === account.id);
    const refusals = own.reduce((sum, { id }) => sum + (refused.get(id) ?? 0), 0);
    return {
      ...account,
      breaker: { state, owner, reason },
      granted: byAccount.get(account.id)?.granted ?? Infinity,
      webhook: own.some(({ expectsHft71Webhook }) => expectsHft71Webhook)
        ? { isHeard, missed, refusedToday: refusals }
        : null,
    };
  });
}

/** Without a log-in no order goes: one that is refused as such is told as that. */
const FAILED_LOG_IN = `(c.action = 'login' and (${FAILED_CALL} or c.status >= 400 and c.status not in (401, 403, 429)))`;
/** A 4xx is the order's own, but many of them in a row are HFT71's; a 429 is the limit's. */
const FAILED_SEND = `(c.action = 'send_order' and (${FAILED_CALL} or c.status >= 400 and c.status <> 429) or ${FAILED_LOG_IN})`;
/** Without a code of WooCommerce's or a plugin's, a 403 is a firewall's. */
const REFUSED_KEY = `(c.status = 401 or c.status = 403 and c.code is not null)`;
const GOOD_SEND = `c.action = 'send_order' and c.status between 200 and 299`;

/**
 * For how long an order could have gone, in s: what an outage or a pause took is not its waiting. One that was tried and
 * waits for its next try has the clock of the deadline.
 */
const waitedSince = (further: string) => `greatest(
  case when i.not_before is null or i.not_before <= now()
       then extract(epoch from now() - greatest(${COULD_GO_SINCE}${further})) end,
  (s.could_go_ms - i.could_go_from) / 1000.0)`;

const ACCOUNTS = `
select a.id, a.base_url as "baseUrl", a.breaker_state as state, a.breaker_owner as owner, a.breaker_reason as reason,
       called.*, refused.*, waiting.*, coalesce(a.webhook_heard_at > now() - $3::bigint * interval '1 millisecond', false) as "isHeard", changed.*
from account a
cross join lateral (
  select max(c.at) as at from shop s join api_call c on c.shop_id = s.id
  where s.account_id = a.id and c.target = 'hft71' and c.at > now() - interval '1 day' and ${GOOD_SEND}
) good
cross join lateral (
  select count(*)::int as calls,
         count(*) filter (where c.status in (401, 403))::int as unauthorized,
         min(c.at) filter (where c.status in (401, 403)) as "firstUnauthorizedAt",
         max(c.at) filter (where c.status in (401, 403)) as "lastUnauthorizedAt",
         count(*) filter (where c.status = 429)::int as throttled,
         count(*) filter (where c.action = 'send_order' or ${FAILED_LOG_IN})::int as sends,
         count(*) filter (where ${FAILED_SEND})::int as "failedSends",
         count(*) filter (where ${FAILED_SEND} and c.at > coalesce(good.at, '-infinity'))::int as "failedSinceSuccess",
         min(c.at) filter (where ${FAILED_SEND}) as "firstFailedSendAt", max(c.at) filter (where ${FAILED_SEND}) as "lastFailedSendAt"
  from shop s join api_call c on c.shop_id = s.id
  where s.account_id = a.id and c.target = 'hft71' and c.at > now() - $2::bigint * interval '1 millisecond'
    and c.action not in ${NO_CALLS} and not ${LET_BE}
) called
cross join lateral (
  -- of few orders a day no window of minutes has enough
  select count(distinct (c.shop_id, c.order_id))::int as "refusedInARow", min(c.at) as "firstRefusedAt"
  from shop s join api_call c on c.shop_id = s.id
  where s.account_id = a.id and c.target = 'hft71' and c.action = 'send_order' and c.at > now() - interval '1 day' and ${FAILED_SEND}
    and c.at > coalesce(good.at, '-infinity')
) refused
cross join lateral (
  select count(i.id) filter (where send_window(a) > 0)::int as due,
         coalesce(max(${waitedSince(', a.frozen_until')}) filter (where send_window(a) > 0), 0)::float8 * 1000 as "oldestDueMs",
         count(*)::int as "waitingForLimit",
         coalesce(max(${waitedSince('')}), 0)::float8 * 1000 as "oldestWaitingForLimitMs",
         coalesce(max(extract(epoch from now() - greatest(tried.at, a.breaker_since, h.breaker_since, s.resumed_at))) filter (where tried.at is not null), 0)
           ::float8 * 1000 as "oldestThrottledMs"
  from intent i join shop s on s.id = i.shop_id and s.mode = 'live' and s.paused_at is null left join shop_host h on h.id = s.host
  left join lateral (
    -- each freeze begins its clocks anew
    select min(t.prepared_at) as at from attempt t
    where t.intent_id = i.id and t.http_status = 429 and t.prepared_at > greatest(good.at, now() - interval '1 day') and i.could_go_from is not null
  ) tried on true
  where i.account_id = a.id and i.kind in ('send_order', 'reprint') and i.state = 'ready'
    and (i.not_before is null or i.not_before <= now() or i.could_go_from is not null)
    and a.breaker_state = 'closed' and coalesce(h.breaker_state, 'closed') = 'closed'
) waiting
cross join lateral (
  -- the first reading tells no change; one of this moment may still be told
  select count(*)::int as missed from progress p
  where p.account_id = a.id and p.status_since > now() - $3::bigint * interval '1 millisecond'
    and p.status_since < now() - least(interval '5 minutes', $3::bigint * interval '1 millisecond' / 4) and jsonb_array_length(p.seen) > 1
) changed
where a.id = any($1::uuid[])`;

type ShopRow = Omit<ShopFacts, 'hostBreaker' | 'webhook' | 'stock' | 'unread'> &
  BreakerRow & {
    readonly missed: number;
    readonly isHeard: boolean;
    readonly unreadMs: number | null;
    readonly fault: string | null;
  };

/** These shops: the breaker of their host, their calls within the window, what waits for a person. */
export async function shopFacts(ledger: Ledger, shops: readonly WatchedShop[], times: FactTimes): Promise<ShopFacts[]> {
  const found = await rows<ShopRow>(ledger.pool, SHOPS, [
    shops.map(({ id }) => id),
    times.windowMs,
    times.webhookSilenceMs,
  ]);
  const refused = await refusedToday(ledger, 'bad-signature');
  return Promise.all(
    found.map(async ({ state, owner, reason, missed, isHeard, unreadMs, fault, ...shop }): Promise<ShopFacts> => {
      const watched = shops.find(({ id }) => id === shop.id);
      const webhook: WebhookFacts = { isHeard, missed, refusedToday: refused.get(shop.id) ?? 0 };
      return {
        ...shop,
        hostBreaker: { state, owner, reason },
        webhook: watched?.expectsDeliveries === true ? webhook : null,
        unread:
          watched === undefined || unreadMs === null
            ? null
            : { intervalMs: watched.sweepIntervalMs, ageMs: unreadMs, fault },
        stock: await stockFacts(ledger, shop.id, watched?.stockIntervalMs ?? null),
      };
    }),
  );
}

const SHOPS = `
select s.id, s.host, coalesce(h.breaker_state, 'closed') as state, h.breaker_owner as owner, h.breaker_reason as reason, called.*, waiting.*, changes.*, swept.*, s.fault,
       case when s.baseline_at is not null and coalesce(h.breaker_state, 'closed') = 'closed'
            then (extract(epoch from now() - greatest(coalesce(s.swept_at, s.baseline_at), h.breaker_since)) * 1000)::float8 end as "unreadMs",
       exists (select 1 from delivery d where d.shop_id = s.id and d.received_at > now() - $3::bigint * interval '1 millisecond'
                 and d.topic is distinct from 'hft71.order-status') as "isHeard"
from shop s left join shop_host h on h.id = s.host
cross join lateral (
  select count(*)::int as calls,
         count(*) filter (where ${REFUSED_KEY})::int as unauthorized, min(c.at) filter (where ${REFUSED_KEY}) as "firstUnauthorizedAt",
         max(c.at) filter (where ${REFUSED_KEY}) as "lastUnauthorizedAt"
  from api_call c where c.shop_id = s.id and c.target = 'shop' and c.at > now() - $2::bigint * interval '1 millisecond'
) called
cross join lateral (
  -- whoever holds an order by hand knows of it, and going live lists its own
  select count(*)::int as held, min(w.since) as "firstHeldAt" from ${WAITS_FOR_PERSON} w
  where w.shop_id = s.id and coalesce(w.reason, '') not in ('person', 'before-go-live')
) waiting
cross join lateral (
  select count(*)::int as "heldUpdates", min(u.state_since) as "firstHeldUpdateAt" from intent u where u.shop_id = s.id and ${HELD_UPDATE}
) changes
cross join lateral (
  select count(*)::int as missed from shop_order o
  where o.shop_id = s.id and o.first_seen_by in ('sweep', 'level-sweep') and o.created_at > now() - $3::bigint * interval '1 millisecond'
    and o.created_at < now() - least(interval '5 minutes', $3::bigint * interval '1 millisecond' / 4)
) swept
where s.id = any($1::text[])`;

/** @param intervalMs null where the stock is not synchronised. @returns null also before it was, and where the shop is not live. */
export async function stockFacts(
  ledger: Ledger,
  shopId: string,
  intervalMs: number | null,
): Promise<ShopFacts['stock']> {
  if (intervalMs === null) return null;
  const lastAt = await lastStockSync(ledger, shopId);
  const row = await oneRow<{ since: Date; ageMs: number }>(
    ledger.pool,
    `select since, extract(epoch from now() - since)::float8 * 1000 as "ageMs"
     from (select greatest($2::timestamptz, stock_since) as since from shop where id = $1 and mode = 'live' and stock_since is not null) s`,
    [shopId, lastAt],
  );
  return row === null ? null : { intervalMs, lastAt, ...row };
}

/** Workers tell every 5 s that they live: two that were missed, at least, and six at most. */
const LEAST_SILENCE_MS = 10_000;
const MOST_SILENCE_MS = 30_000;

/** Whether somebody works, while there is a shop to work for. @param noWorkerMs how soon a missing one is to be told. */
export async function workerFacts(ledger: Ledger, noWorkerMs: number): Promise<WorkerFacts> {
  const [progress, row] = await Promise.all([
    readProgress(ledger),
    oneRow<{ areNeeded: boolean; seen: number; lastSeenAt: Date | null; quietMs: number | null }>(
      ledger.pool,
      `select (select count(*)::int from process_beat where kind = 'worker' and seen_at > now() - $1::bigint * interval '1 millisecond') as seen,
              exists (select 1 from shop where baseline_at is not null) as "areNeeded",
              (select max(seen_at) from process_beat where kind = 'worker') as "lastSeenAt",
              (select extract(epoch from now() - max(greatest(progress_at, started_at)))::float8 * 1000 from process_beat where kind = 'worker') as "quietMs"`,
      [Math.min(MOST_SILENCE_MS, Math.max(LEAST_SILENCE_MS, noWorkerMs))],
    ),
  ]);
  return {
    areNeeded: row?.areNeeded ?? false,
    seen: row?.seen ?? 0,
    lastSeenAt: row?.lastSeenAt ?? null,
    due: progress.due,
    oldestDueMs: progress.oldestDueSeconds * 1000,
    quietMs: row?.quietMs ?? null,
  };
}

async function refusedToday(ledger: Ledger, result: string): Promise<Map<string, number>> {
  const found = await rows<{ shopId: string; count: number }>(
    ledger.pool,
    'select shop_id as "shopId", count from delivery_count where day = current_date and result = $1',
    [result],
  );
  return new Map(found.map(({ shopId, count }) => [shopId, count]));
}
