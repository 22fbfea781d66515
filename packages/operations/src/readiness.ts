import { pausedShops, readProgress, type Undelivered } from '@relay/ledger';
import { undeliveredAlerts } from './alerts/deliver-messages.js';
import type { Relay } from './relay.js';

export interface Readiness {
  readonly ready: boolean;
  /** What keeps it from being ready, in words. */
  readonly problems: readonly string[];
  /** What people should know, though the process does its work: a supervisor has nothing to restart for it. */
  readonly warnings: readonly string[];
  /** Shops that a person paused: wanted, so no problem, but nothing of them is sent. Their reasons are not told here. */
  readonly paused: readonly { readonly shop: string; readonly since: Date }[];
}

/** Work that is due and has not been touched for this long, with no worker getting anything done, is not health. */
const STUCK_SECONDS = 60;

/** Progress, not liveness: silence while something is due is a problem (design decision 12). */
export async function readReadiness(relay: Relay): Promise<Readiness> {
  const problems: string[] = [];
  const warnings: string[] = [];
  let paused: Readiness['paused'] = [];
  try {
    paused = (await pausedShops(relay.ledger)).map(({ shopId, pausedAt }) => ({ shop: shopId, since: pausedAt }));
    const { workersSeen, due, oldestDueSeconds, quietSeconds } = await readProgress(relay.ledger);
    if (workersSeen === 0) problems.push('no worker has been seen for 30 s');
    if (due > 0 && oldestDueSeconds > STUCK_SECONDS && (quietSeconds ?? Infinity) > STUCK_SECONDS)
      problems.push(`${due} due, the oldest for ${Math.round(oldestDueSeconds)} s, and nothing moves`);
    warnings.push(...(await undeliveredAlerts(relay)).map(undeliveredText));
  } catch {
    problems.push('PostgreSQL does not answer');
  }
  try {
    await relay.redis.ping();
  } catch {
    problems.push('Redis does not answer');
  }
  return { ready: problems.length === 0, problems, warnings, paused };
}

function undeliveredText({ channel, messages, oldestAt, lastFailure }: Undelivered): string {
  const since = `${oldestAt.toISOString().slice(0, 19)}Z`;
  return `${messages} alerts could not be delivered by ${channel} since ${since}: ${lastFailure ?? 'nobody delivers'}`;
}
