import { oneRow, type Ledger } from './connect.js';

/** An order of the account with the status that HFT71 told last: told once more, it is no news. null before the first. */
export async function confirmedStatus(
  ledger: Ledger,
  accountId: string,
): Promise<{ hft71OrderId: string; status: string } | null> {
  return oneRow(
    ledger.pool,
    `select hft71_order_id as "hft71OrderId", statuses -> 0 ->> 'status' as status from progress
     where account_id = $1 and jsonb_array_length(coalesce(statuses, '[]')) > 0 and hint is null order by read_at desc limit 1`,
    [accountId],
  );
}
