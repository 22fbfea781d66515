import { openTimes, type BreakerMove } from './breaker-log.js';
import type { Installation } from './installation.js';
import { postsIn } from './record.js';
import type { World } from './world.js';

/** Figures of what sending cost. */

/** Orders of which an attempt ended in doubt, whatever became of them. */
export async function doubted(relay: Installation): Promise<Set<number>> {
  const rows = await relay.rows(
    `select distinct i.order_id::int as id from attempt a join intent i on i.id = a.intent_id where a.outcome = 'in_doubt'`,
  );
  return new Set(rows.map((row) => Number(row['id'])));
}

/**
 * Pick-ups per sent order. A pick-up is a dispatch: each adds one job, and each job starts but for those that are lost
 * with Redis, so that this is never too few. A job that waits in the queue or in its process starts nothing anew.
 */
export async function pickUpsPerSentOrder(relay: Installation): Promise<number> {
  const [row] = await relay.rows(
    `select sum(dispatch_no)::float8 as dispatches, count(*) filter (where state in ('sent', 'written_back'))::float8 as sent
     from intent where kind = 'send_order'`,
  );
  return Number(row?.['dispatches']) / Math.max(1, Number(row?.['sent']));
}

/**
 * Orders that went while the breaker was open: as a probe, or past the claim's look at it. By the ledger and by HFT71; a
 * claim may be older than the opening by as long as its bytes are allowed to wait.
 */
export async function sentWhileOpen(world: World, moves: readonly BreakerMove[], sendByMs: number): Promise<number> {
  const claims = await world.relay.rows(
    'select extract(epoch from claimed_at)::float8 * 1000 as at from attempt where claimed_at is not null',
  );
  const isOpen = (at: number) => openTimes(moves).some(({ from, to }) => at > from + sendByMs && at < to);
  const claimed = claims.filter((row) => isOpen(Number(row['at']))).length;
  const arrived = postsIn(world.record()).filter(({ at }) => isOpen(at)).length;
  return Math.max(claimed, arrived);
}
