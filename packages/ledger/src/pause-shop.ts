import { writeAuditOn } from './audit.js';
import { inTransaction, oneRow, rows, type Ledger } from './connect.js';
import type { PersonsAct } from './hold-release.js';

/** Since when, by whom and why. */
export interface ShopPause {
  readonly shopId: string;
  readonly pausedAt: Date;
  readonly pausedBy: string;
  readonly pauseReason: string;
}

/**
 * A person stops sending for one shop. Under the lock that every claim takes, so that no claim succeeds after this
 * returned; calls in flight end. Orders go on being received, doubts looked up, ids written back, and what HFT71 has is
 * told of edits and cancellations.
 * @returns false when it is paused already (its reason stays) or unknown.
 */
export async function pauseShop(ledger: Ledger, shopId: string, by: PersonsAct): Promise<boolean> {
  return inTransaction(ledger, async (client) => {
    await client.query('select 1 from account where id = (select account_id from shop where id = $1) for update', [
      shopId,
    ]);
    const row = await oneRow(
      client,
      `update shop set paused_at = now(), paused_by = $2, pause_reason = $3 where id = $1 and paused_at is null returning id`,
      [shopId, by.actor, by.reason],
    );
    if (row === null) return false;
    await writeAuditOn(client, { ...by, action: 'shop pause', subject: shopId });
    return true;
  });
}

/** @returns what ended; null when it was not paused. */
export async function resumeShop(ledger: Ledger, shopId: string, by: PersonsAct): Promise<ShopPause | null> {
  return inTransaction(ledger, async (client) => {
    const was = await oneRow<ShopPause>(client, `${PAUSES} and id = $1 for update`, [shopId]);
    if (was === null) return null;
    await client.query(
      'update shop set paused_at = null, paused_by = null, pause_reason = null, resumed_at = now() where id = $1',
      [shopId],
    );
    const { pausedAt, pausedBy, pauseReason } = was;
    await writeAuditOn(client, {
      ...by,
      action: 'shop resume',
      subject: shopId,
      details: { pausedAt: pausedAt.toISOString(), pausedBy, pauseReason },
    });
    return was;
  });
}

const PAUSES = `select id as "shopId", paused_at as "pausedAt", paused_by as "pausedBy", pause_reason as "pauseReason"
  from shop where paused_at is not null`;

export async function pausedShops(ledger: Ledger): Promise<ShopPause[]> {
  return rows<ShopPause>(ledger.pool, `${PAUSES} order by id`);
}

/** Orders that would go as soon as the shop is resumed. */
export async function countWaiting(ledger: Ledger, shopId: string): Promise<number> {
  const row = await oneRow<{ count: number }>(
    ledger.pool,
    `select count(*)::int as count from intent
     where shop_id = $1 and kind in ('send_order', 'reprint') and state in ('waiting', 'ready')`,
    [shopId],
  );
  return row?.count ?? 0;
}
