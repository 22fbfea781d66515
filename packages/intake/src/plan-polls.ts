import type { Budget } from '@relay/budget';
import type { PollRules } from '@relay/core';
import { planNewPolls, pollsUnderWay, takeDuePolls, undoPolls, type DuePoll, type Ledger } from '@relay/ledger';

export interface PolledAccount {
  readonly accountId: string;
  readonly budget: Budget;
  readonly pollRules: PollRules;
}

/** Every order of the account at HFT71 is read within this, its tries in the queue and the waits between them included. */
const POLL_LEASE_MS = 10 * 60_000;
/** Of an account, over all workers: what is due stays in the ledger, Redis holds the next few seconds. */
const MOST_UNDER_WAY = 20;
/** How far ahead the budget is looked at. */
const SOON_MS = 2_000;

/**
 * Moves orders whose status is due to be read into the queue, as far as the polls' share of the budget has room. Orders
 * that a webhook named come first. Nothing while the breaker is open.
 */
export async function planPolls(
  ledger: Ledger,
  account: PolledAccount,
  enqueue: (polls: readonly DuePoll[]) => Promise<void>,
): Promise<number> {
  const { accountId, budget, pollRules } = account;
  await planNewPolls(ledger, accountId, pollRules.intervalMs / 2);
  const { free } = await budget.room('poll', SOON_MS);
  const limit = Math.min(free, MOST_UNDER_WAY - (await pollsUnderWay(ledger, accountId)));
  if (limit <= 0) return 0;
  const due = await takeDuePolls(ledger, accountId, { leaseMs: POLL_LEASE_MS, limit });
  if (due.length === 0) return 0;
  try {
    await enqueue(due);
  } catch (error) {
    await undoPolls(ledger, due);
    throw error;
  }
  return due.length;
}
