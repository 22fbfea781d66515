import { setTimeout as sleep } from 'node:timers/promises';
import type { Settings } from '@relay/config';
import type { Logger } from '@relay/observability';
import { openChannels } from './alerts/alert-channels.js';
import { LedgerAway } from './alerts/ledger-away.js';
import { openRelay, PROCESS_NAME } from './open-relay.js';
import type { Relay } from './relay.js';

/** PostgreSQL is there and does not let us in. */
export class DatabaseRefused extends Error {
  override readonly name = 'DatabaseRefused';
  constructor(cause: Error) {
    super(`PostgreSQL does not take DATABASE_URL: ${cause.message}. Correct its user, password or database.`);
  }
}

const RETRY_MS = 5_000;

/**
 * Opens the relay, and waits for a PostgreSQL that is away: where everything starts at once it may be the last. One that
 * stays away is told of as it is by a process that has started: there may be no other.
 * @returns null when told to stop meanwhile. @throws what waiting does not mend.
 */
export async function openPatiently(settings: Settings, log: Logger, stop: AbortSignal): Promise<Relay | null> {
  const channels = openChannels(settings.alerts);
  const away = new LedgerAway({ settings, log, processName: PROCESS_NAME }, channels);
  try {
    while (!stop.aborted) {
      try {
        const relay = await openRelay(settings, log);
        await away.worked();
        return relay;
      } catch (error) {
        if (isRefusal(error)) throw new DatabaseRefused(error);
        if (!isAway(error)) throw error;
        log.warn('PostgreSQL does not answer: trying again in 5 s', { error });
        await away.failed(error);
        await sleep(RETRY_MS, undefined, { signal: stop }).catch(() => undefined);
      }
    }
    return null;
  } finally {
    channels.close();
  }
}

/** The network's faults, and PostgreSQL's own: connection (08), no connection free (53300), starting or stopping (57P). */
const AWAY_CODES = /^(ECONN\w+|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|08\w{3}|53300|57P0\d)$/;
/** The driver's own errors have no code. */
const AWAY_MESSAGES = /timeout exceeded when trying to connect|Connection terminated/;

/** Log-in (28) and unknown database (3D). */
const REFUSAL_CODES = /^(28\w{3}|3D000)$/;

function isAway(error: unknown): boolean {
  return error instanceof Error && (AWAY_CODES.test(codeOf(error)) || AWAY_MESSAGES.test(error.message));
}

function isRefusal(error: unknown): error is Error {
  return error instanceof Error && REFUSAL_CODES.test(codeOf(error));
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : '';
}
