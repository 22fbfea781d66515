import { rows, type Ledger } from './connect.js';

/** Ended attempts by outcome, over all processes and restarts. */
export async function attemptTotals(ledger: Ledger): Promise<{ outcome: string; count: number }[]> {
  return rows(
    ledger.pool,
    'select outcome, count(*)::int as count from attempt where outcome is not null group by outcome',
  );
}

export async function countIntents(ledger: Ledger): Promise<{ kind: string; state: string; count: number }[]> {
  return rows(
    ledger.pool,
    'select kind, state, count(*)::int as count from intent group by kind, state order by kind, state',
  );
}
