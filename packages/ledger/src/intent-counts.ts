import { rows, type Ledger } from './connect.js';

export async function countIntents(ledger: Ledger): Promise<{ kind: string; state: string; count: number }[]> {
  return rows(
    ledger.pool,
    'select kind, state, count(*)::int as count from intent group by kind, state order by kind, state',
  );
}
