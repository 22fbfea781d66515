import { rows, type Ledger } from './connect.js';

/** Ended attempts by outcome, over all processes and restarts, those included that are kept no more. */
export async function attemptTotals(ledger: Ledger): Promise<{ outcome: string; count: number }[]> {
  return rows(
    ledger.pool,
    `select outcome, sum(attempts)::int as count from (
       select outcome, count(*) as attempts from attempt where outcome is not null group by outcome
       union all select outcome, attempts from attempt_total
     ) counted group by outcome`,
  );
}

/** Why hand-offs that wait did not go through the last time; the most frequent first. */
export async function waitingFailures(
  ledger: Ledger,
  shopId?: string,
): Promise<{ failure: string; orders: number; nextTry: Date | null }[]> {
  return rows(
    ledger.pool,
    `select last_failure as failure, count(*)::int as orders, min(not_before) as "nextTry" from intent
     where state = 'ready' and last_failure is not null and ($1::text is null or shop_id = $1)
     group by last_failure order by 2 desc limit 5`,
    [shopId ?? null],
  );
}

/** @param shopId of that shop's alone. */
export async function countIntents(
  ledger: Ledger,
  shopId?: string,
): Promise<{ kind: string; state: string; count: number }[]> {
  return rows(
    ledger.pool,
    `select kind, state, count(*)::int as count from intent where $1::text is null or shop_id = $1
     group by kind, state order by kind, state`,
    [shopId ?? null],
  );
}
