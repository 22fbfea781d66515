import { inTransaction, oneRow, rows, type Ledger } from './connect.js';

/** One SKU as a page of the feed told it. */
export interface FeedEntry {
  readonly sku: string;
  /** null where the figure cannot be believed: `fault` says why. */
  readonly stock: number | null;
  readonly fault?: string;
}

/** Starts a reading of the complete stock feed; it counts only once it is finished. */
export async function beginFeed(ledger: Ledger, accountId: string): Promise<string> {
  const row = await oneRow<{ id: string }>(
    ledger.pool,
    'insert into stock_feed (account_id) values ($1) returning id',
    [accountId],
  );
  return (row as { id: string }).id;
}

/** A SKU that comes twice keeps its last figure, and how often it came. @param pageNo from 1. */
export async function addFeedPage(
  ledger: Ledger,
  feedId: string,
  page: readonly FeedEntry[],
  pageNo = 1,
): Promise<void> {
  const bySku = new Map<string, FeedEntry & { times: number }>();
  for (const entry of page) bySku.set(entry.sku, { ...entry, times: (bySku.get(entry.sku)?.times ?? 0) + 1 });
  const entries = [...bySku.values()];
  await inTransaction(ledger, async (client) => {
    await client.query(
      `insert into feed_sku (feed_id, sku, stock, fault, times, page)
       select $1::bigint, u.sku, u.stock, u.fault, u.times, $6::int from unnest($2::text[], $3::int[], $4::text[], $5::int[]) as u(sku, stock, fault, times)
       on conflict (feed_id, sku) do update set
         stock = excluded.stock, fault = excluded.fault, times = feed_sku.times + excluded.times, page = excluded.page`,
      [
        feedId,
        entries.map(({ sku }) => sku),
        entries.map(({ stock }) => stock),
        entries.map(({ fault }) => fault ?? null),
        entries.map(({ times }) => times),
        pageNo,
      ],
    );
    await client.query('update stock_feed set pages = pages + 1 where id = $1', [feedId]);
  });
}

/** How many SKUs a reading holds that is not finished yet, how many cannot be believed, and how many of the current feed's it lacks. */
export async function feedSizes(ledger: Ledger, accountId: string, feedId: string): Promise<FeedSizes> {
  const row = await oneRow<FeedSizes>(
    ledger.pool,
    `with told as (select count(*)::int as skus, (count(*) filter (where fault is not null))::int as faults from feed_sku where feed_id = $2)
     select told.*, f.skus as before,
            (select count(*)::int from feed_sku o where o.feed_id = f.id
               and not exists (select 1 from feed_sku n where n.feed_id = $2 and n.sku = o.sku)) as missing
     from told left join account a on a.id = $1 left join stock_feed f on f.id = a.current_feed_id`,
    [accountId, feedId],
  );
  return row ?? { skus: 0, faults: 0, before: null, missing: 0 };
}

export interface FeedSizes {
  readonly skus: number;
  readonly faults: number;
  /** null before the first complete feed. */
  readonly before: number | null;
  /** SKUs of the feed before that are not in this one. */
  readonly missing: number;
}

/** A reading that does not count: the feed before stays. */
export async function dropFeed(ledger: Ledger, feedId: string): Promise<void> {
  await ledger.pool.query('delete from feed_sku where feed_id = $1', [feedId]);
}

/**
 * The feed came to its end: it is the account's feed now, and older ones go. Orders that were not HFT71's by the feed
 * before, and are by this one, are armed again: a product may be newer at HFT71 than the last reading. A reading that
 * began before the current one and ends after it (two workers read at once) counts for nothing, and its rows go.
 * Readings that are still under way keep their rows.
 * @returns how many orders were armed again; null when a newer feed was complete before this one.
 */
export async function finishFeed(
  ledger: Ledger,
  accountId: string,
  feedId: string,
  sendable: readonly string[],
): Promise<number | null> {
  return inTransaction(ledger, async (client) => {
    const current = await oneRow(
      client,
      `update account set current_feed_id = $2
       where id = $1 and (current_feed_id is null or current_feed_id < $2::bigint) returning id`,
      [accountId, feedId],
    );
    if (current === null) {
      await client.query('delete from feed_sku where feed_id = $1', [feedId]);
      return null;
    }
    await client.query(
      `update stock_feed set completed_at = now(), skus = (select count(*) from feed_sku where feed_id = $1) where id = $1`,
      [feedId],
    );
    await client.query(
      `delete from feed_sku where feed_id in (
         select id from stock_feed where account_id = $1 and id < $2 and (completed_at is not null or started_at < now() - interval '6 hours'))`,
      [accountId, feedId],
    );
    const armed = await client.query(
      `update intent i set state = 'ready', reason = null, dispatched_until = null, not_before = null, state_since = now()
       from shop_order o join shop s on s.id = o.shop_id
       where o.shop_id = i.shop_id and o.order_id = i.order_id and i.account_id = $1 and i.kind = 'send_order'
         and coalesce(s.lines, 'feed') = 'feed'
         and i.state = 'not_for_hft71' and o.status = any($3::text[])
         and (s.sendable_statuses is null or o.status = any(s.sendable_statuses))
         and exists (select 1 from jsonb_array_elements(o.lines) l join feed_sku f on f.feed_id = $2 and f.sku = l->>'sku')`,
      [accountId, feedId, sendable],
    );
    return armed.rowCount ?? 0;
  });
}

export interface FeedView {
  readonly id: string;
  readonly startedAt: Date;
  readonly completedAt: Date;
  readonly pages: number;
  readonly skus: number;
}

export async function currentFeed(ledger: Ledger, accountId: string): Promise<FeedView | null> {
  return oneRow<FeedView>(
    ledger.pool,
    `select f.id, f.started_at as "startedAt", f.completed_at as "completedAt", f.pages, f.skus
     from stock_feed f join account a on a.current_feed_id = f.id where a.id = $1`,
    [accountId],
  );
}

/** Which of these SKUs are in the latest complete feed; null when there is none yet. */
export async function skusInFeed(
  ledger: Ledger,
  accountId: string,
  skus: readonly string[],
): Promise<ReadonlySet<string> | null> {
  const found = await rows<{ has_feed: boolean; found: string[] | null }>(
    ledger.pool,
    `select a.current_feed_id is not null as has_feed,
            (select array_agg(f.sku) from feed_sku f where f.feed_id = a.current_feed_id and f.sku = any($2::text[])) as found
     from account a where a.id = $1`,
    [accountId, skus],
  );
  const row = found[0];
  return row === undefined || !row.has_feed ? null : new Set(row.found ?? []);
}

/** On which page of the current feed each SKU stood: where a live look begins. */
export async function feedPagesOf(
  ledger: Ledger,
  accountId: string,
  skus: readonly string[],
): Promise<{ sku: string; page: number }[]> {
  return rows(
    ledger.pool,
    `select f.sku, f.page from feed_sku f join account a on a.current_feed_id = f.feed_id
     where a.id = $1 and f.sku = any($2::text[])`,
    [accountId, skus],
  );
}
