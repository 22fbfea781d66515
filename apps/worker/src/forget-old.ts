import { deleteOld, KEPT_FOR_A_TIME, type KeptForATime, type Ledger } from '@relay/ledger';

const AT_ONCE = 500;
/** Then the next hour goes on: a job of this queue must not stand in the way of sweeps. */
const LONGEST_MS = 10_000;

/** `RELAY_KEEP_LOG`: deletes what is older, a little at a time. @returns how many rows of each kind. */
export async function forgetOld(
  ledger: Ledger,
  shopId: string,
  keepMs: number,
  atOnce = AT_ONCE,
): Promise<Partial<Record<KeptForATime, number>>> {
  const startedAt = performance.now();
  const forgotten: Partial<Record<KeptForATime, number>> = {};
  for (const what of KEPT_FOR_A_TIME)
    for (let last = atOnce; last === atOnce && performance.now() - startedAt < LONGEST_MS;) {
      last = await deleteOld(ledger, { shopId, what, keepMs, limit: atOnce });
      forgotten[what] = (forgotten[what] ?? 0) + last;
    }
  return forgotten;
}
