import type { ShopMode } from '@relay/core';
import { isUniqueViolation } from './attempt.js';
import { writeAuditOn } from './audit.js';
import { inTransaction, oneRow, planned, rows, type Ledger } from './connect.js';
import { mayBeHft71sNow } from './left-out.js';

export interface ShopView {
  readonly id: string;
  readonly accountId: string;
  readonly baseUrl: string;
  readonly homeUrl: string | null;
  readonly mode: ShopMode;
  readonly baselineAt: Date | null;
  readonly liveAt: Date | null;
  readonly sweepMark: Date | null;
  readonly sweptAt: Date | null;
  readonly levelSweptAt: Date | null;
  readonly sweepWanted: boolean;
  /** `RELAY_MODE=live` at the first connection, not followed yet. */
  readonly liveWanted: boolean;
  /** `WC_SENDABLE_STATUSES` as far as it was followed; null before the first were remembered. */
  readonly sendableStatuses: readonly string[] | null;
  /** Where it goes live: a person stated that the plugin, though active, does not send. */
  readonly pluginOffStated: boolean;
  readonly fault: string | null;
  readonly faultSince: Date | null;
  /** A person paused it; null while it runs. */
  readonly pausedAt: Date | null;
  readonly pausedBy: string | null;
  readonly pauseReason: string | null;
}

const COLUMNS = `id, account_id as "accountId", base_url as "baseUrl", home_url as "homeUrl", mode, baseline_at as "baselineAt",
  live_at as "liveAt", sweep_mark as "sweepMark", swept_at as "sweptAt", level_swept_at as "levelSweptAt",
  sweep_wanted as "sweepWanted", live_wanted as "liveWanted", sendable_statuses as "sendableStatuses",
  plugin_off_stated as "pluginOffStated", fault, fault_since as "faultSince",
  paused_at as "pausedAt", paused_by as "pausedBy", pause_reason as "pauseReason"`;

/** The shop's row, made when it is new. Its account may not change while the ledger knows orders of it. */
export async function ensureShop(
  ledger: Ledger,
  shop: { id: string; accountId: string; baseUrl: string },
): Promise<ShopView> {
  const row = await oneRow<ShopView>(
    ledger.pool,
    `insert into shop as s (id, account_id, base_url) values ($1, $2, $3)
     on conflict (id) do update set base_url = excluded.base_url
     returning ${COLUMNS}`,
    [shop.id, shop.accountId, shop.baseUrl],
  );
  return row as ShopView;
}

export async function loadShop(ledger: Ledger, shopId: string): Promise<ShopView | null> {
  return oneRow<ShopView>(ledger.pool, planned('load shop', `select ${COLUMNS} from shop where id = $1`), [shopId]);
}

export async function listShops(ledger: Ledger): Promise<ShopView[]> {
  return rows<ShopView>(ledger.pool, `select ${COLUMNS} from shop order by created_at`);
}

/** @returns the id under which this shop is known already; null when the home URL is this row's now. */
export async function setHomeUrl(ledger: Ledger, shopId: string, homeUrl: string): Promise<string | null> {
  try {
    await ledger.pool.query('update shop set home_url = $2 where id = $1', [shopId, homeUrl]);
    return null;
  } catch (error) {
    if (!isUniqueViolation(error, 'shop_home')) throw error;
    const other = await oneRow<{ id: string }>(
      ledger.pool,
      `select id from shop where regexp_replace(home_url, '^https?:', '') = regexp_replace($1, '^https?:', '')`,
      [homeUrl],
    );
    return other?.id ?? '?';
  }
}

export async function setShopFault(ledger: Ledger, shopId: string, fault: string | null): Promise<void> {
  await ledger.pool.query(
    `update shop set fault = $2, fault_since = case when $2::text is null then null else coalesce(fault_since, now()) end
     where id = $1 and fault is distinct from $2`,
    [shopId, fault],
  );
}

/** The baseline is complete: from here on intents exist. */
export async function finishBaseline(
  ledger: Ledger,
  shopId: string,
  sweepFrom: Date,
  liveWanted = false,
): Promise<boolean> {
  const row = await oneRow(
    ledger.pool,
    `update shop set baseline_at = now(), mode = 'shadow', sweep_mark = $2, live_wanted = $3
     where id = $1 and mode = 'connecting' returning id`,
    [shopId, sweepFrom, liveWanted],
  );
  return row !== null;
}

/** Who takes a shop live, and what he stated: on the record before anything of it is done. */
export interface LiveStatement {
  readonly actor: string;
  readonly reason: string | null;
  /** The plugin, though active, does not send. */
  readonly pluginSendingIsOff: boolean;
}

/**
 * `live_at` is set before the list is read; nothing is sent before it has been read to its end. Who began it is on the
 * record with it: a worker that goes on with what was broken off ends it in the relay's name.
 */
export async function startGoingLive(
  ledger: Ledger,
  shopId: string,
  liveAt: Date,
  { actor, reason, pluginSendingIsOff }: LiveStatement = { actor: 'relay', reason: null, pluginSendingIsOff: false },
): Promise<boolean> {
  return inTransaction(ledger, async (client) => {
    const row = await oneRow(
      client,
      `update shop set mode = 'going_live', live_at = $2, plugin_off_stated = $3
       where id = $1 and mode in ('shadow', 'going_live') returning id`,
      [shopId, liveAt, pluginSendingIsOff],
    );
    if (row === null) return false;
    await writeAuditOn(client, {
      actor,
      action: 'mode going live',
      subject: shopId,
      reason,
      details: { pluginSendingIsOff },
    });
    return true;
  });
}

/**
 * Orders of the baseline or of the list read when going live, created before `live_at`, or that could not be read then:
 * they never go by themselves. What waits of them is held; doubts and what was sent stay as they are.
 */
export async function markBeforeLive(ledger: Ledger, shopId: string, orderIds: readonly number[]): Promise<void> {
  await ledger.pool.query(
    `with marked as (
       insert into shop_order as o (shop_id, order_id, number, order_key_hash, status, created_gmt, modified_gmt, content_hash,
                                    lines, first_seen_by, before_live)
       select $1::text, u.id, u.id::text, '', 'unreadable', 'epoch', 'epoch', '', '[]', 'go-live', true
       from unnest($2::bigint[]) as u(id)
       on conflict (shop_id, order_id) do update set before_live = true
       returning o.shop_id, o.order_id
     )
     update intent i set state = 'held', reason = 'before-go-live', reason_detail = null, dispatched_until = null, state_since = now()
     from marked where i.shop_id = marked.shop_id and i.order_id = marked.order_id and i.kind = 'send_order'
       and i.state in ('waiting', 'ready', 'skipped', 'cancelled', 'shadowed', 'rejected', 'not_for_hft71') and i.doubt_since is null`,
    [shopId, orderIds],
  );
}

/**
 * The list is complete: live. An intent of shadow whose order is not in the list was not sendable then: it ends as
 * `shadowed`, and comes back when its order becomes sendable. Orders created after `live_at` keep theirs. A level sweep
 * is due at once: it finds what became sendable while the list was read.
 */
export async function finishGoingLive(
  ledger: Ledger,
  shopId: string,
  liveAt: Date,
  listed: readonly number[],
): Promise<boolean> {
  return inTransaction(ledger, async (client) => {
    const row = await oneRow(
      client,
      `update shop set mode = 'live', level_swept_at = null, live_wanted = false where id = $1 and mode = 'going_live' and live_at = $2 returning id`,
      [shopId, liveAt],
    );
    if (row === null) return false;
    await client.query(
      `update intent i set state = 'shadowed', dispatched_until = null, state_since = now()
       from shop_order o
       where o.shop_id = i.shop_id and o.order_id = i.order_id and i.shop_id = $1 and i.kind = 'send_order'
         and i.state in ('waiting', 'ready') and i.doubt_since is null and o.created_gmt <= $2
         and not (o.order_id = any($3::bigint[]))`,
      [shopId, liveAt, listed],
    );
    return true;
  });
}

/** The wish was refused for a reason that a person settles: from now on only `relay mode` changes the mode. */
export async function forgetLiveWish(ledger: Ledger, shopId: string): Promise<void> {
  await ledger.pool.query('update shop set live_wanted = false where id = $1', [shopId]);
}

/**
 * `HFT71_LINES` is another one than last time: orders that were left out by the former are looked at again.
 * @returns how many were armed again.
 */
export async function followLines(
  ledger: Ledger,
  shop: { id: string; lines: string | null; sendableStatuses: readonly string[] },
): Promise<number> {
  const result = await ledger.pool.query(
    `with changed as (
       update shop set lines = $2::text where id = $1 and lines is distinct from $2 returning id, sendable_statuses
     )
     update intent i set state = 'ready', dispatched_until = null, not_before = null, state_since = now()
     from changed, shop_order o
     where i.shop_id = changed.id and i.kind = 'send_order' and i.state = 'not_for_hft71'
       and o.shop_id = i.shop_id and o.order_id = i.order_id and o.status = any($3::text[])
       and (changed.sendable_statuses is null or o.status = any(changed.sendable_statuses))`,
    [shop.id, shop.lines, shop.sendableStatuses],
  );
  return result.rowCount ?? 0;
}

/**
 * The orders that stand in these statuses are listed: they count as sendable from now on, in every process whose setting
 * names them. @param isMore a level sweep is due at once: it finds what came into an added status while the list was read.
 */
export async function rememberSendableStatuses(
  ledger: Ledger,
  shopId: string,
  statuses: readonly string[],
  isMore = false,
): Promise<void> {
  await ledger.pool.query(
    `update shop set sendable_statuses = $2, level_swept_at = case when $3::boolean then null else level_swept_at end
     where id = $1 and (sendable_statuses is distinct from $2 or $3)`,
    [shopId, statuses, isMore],
  );
}

/** Claims stop at once; calls in flight end, `ready` stays, doubts go on being looked at. */
export async function goShadow(ledger: Ledger, shopId: string): Promise<boolean> {
  const row = await oneRow(
    ledger.pool,
    `update shop set mode = 'shadow' where id = $1 and mode in ('live', 'going_live') returning id`,
    [shopId],
  );
  return row !== null;
}

/** Before the walk, so that a wish that comes during it stands for the next one. */
export async function beginSweep(ledger: Ledger, shopId: string): Promise<void> {
  await ledger.pool.query('update shop set sweep_wanted = false where id = $1', [shopId]);
}

/** Moves the mark only forward, after a complete walk. */
export async function finishSweep(ledger: Ledger, shopId: string, mark: Date): Promise<void> {
  await ledger.pool.query(
    `update shop set sweep_mark = greatest(sweep_mark, $2), swept_at = now(), fault = null, fault_since = null
     where id = $1`,
    [shopId, mark],
  );
}

export async function finishLevelSweep(ledger: Ledger, shopId: string): Promise<void> {
  await ledger.pool.query('update shop set level_swept_at = now() where id = $1', [shopId]);
}

/** @param orderIds orders to be read one by one as well, as far as the ledger knows them. */
export async function wantSweep(ledger: Ledger, shopId: string, orderIds: readonly number[]): Promise<void> {
  await ledger.pool.query(
    `with marked as (update shop_order set read_wanted = true where shop_id = $1 and order_id = any($2::bigint[]))
     update shop set sweep_wanted = true where id = $1`,
    [shopId, orderIds],
  );
}

/**
 * Which of these orders have no hand-off that is armed, done or a person's: unknown, or left out at some time. What of them
 * was there before the relay sends orders in their status never goes by itself.
 */
export async function ordersNeverArmed(ledger: Ledger, shopId: string, orderIds: readonly number[]): Promise<number[]> {
  const found = await rows<{ id: string }>(
    ledger.pool,
    `select u.id from unnest($2::bigint[]) as u(id)
     left join intent i on i.shop_id = $1 and i.order_id = u.id and i.kind = 'send_order'
     where i.id is null or i.state in ('skipped', 'cancelled', 'shadowed', 'not_for_hft71') and i.doubt_since is null`,
    [shopId, orderIds],
  );
  return found.map((row) => Number(row.id));
}

/** An order of a list in sendable statuses, as the shop shows it. */
export interface ShownOrder {
  readonly orderId: number;
  readonly contentHash: string;
  readonly lines: readonly { readonly sku: string }[];
}

/**
 * Which of these orders the ledger does not treat as sendable: unknown, taken back by something older, or left out as not
 * HFT71's by another rule or over other lines than count now.
 */
export async function ordersToTakeIn(ledger: Ledger, shopId: string, shown: readonly ShownOrder[]): Promise<number[]> {
  const found = await rows<{ id: string }>(
    ledger.pool,
    `select u.id from unnest($2::bigint[], $3::text[], $4::text[]) as u(id, content_hash, lines)
     left join shop_order o on o.shop_id = $1 and o.order_id = u.id
     left join intent i on i.shop_id = $1 and i.order_id = u.id and i.kind = 'send_order'
     where o.order_id is null or i.id is null or i.state in ('skipped', 'cancelled', 'shadowed')
       or i.state = 'not_for_hft71'
          and (i.content_hash is distinct from u.content_hash or ${mayBeHft71sNow('i', 'u.lines::jsonb')})`,
    [
      shopId,
      shown.map(({ orderId }) => orderId),
      shown.map(({ contentHash }) => contentHash),
      shown.map(({ lines }) => JSON.stringify(lines.map(({ sku }) => ({ sku })))),
    ],
  );
  return found.map((row) => Number(row.id));
}
