import type { Settings } from '@relay/config';
import { SecretBox } from '@relay/core';
import {
  connectLedger,
  forgetfulSettings,
  loadInstallation,
  migrationState,
  WrongSecretKey,
  type Installation,
  type Ledger,
} from '@relay/ledger';
import { refusalOf } from './database-refusals.js';
import type { Examination } from './examination.js';

/** What of the record can be asked. */
export interface OpenLedger {
  readonly ledger: Ledger;
  /** null where RELAY_SECRET_KEY does not open it, or no relay has started yet. */
  readonly installation: Installation | null;
}

/** What waits for a lock must not keep whoever waits for the diagnosis. */
const LONGEST_STATEMENT_MS = 5_000;
const NAME = 'PostgreSQL';

/** @returns null where the ledger cannot be read: away, refused, or without its tables. */
export async function examinePostgres(exam: Examination, settings: Settings): Promise<OpenLedger | null> {
  exam.step('asking PostgreSQL');
  const ledger = connectLedger({
    databaseUrl: settings.databaseUrl,
    applicationName: 'relay doctor',
    maxConnections: 4,
    statementTimeoutMs: LONGEST_STATEMENT_MS,
  });
  let isRead = false;
  try {
    await ledger.pool.query('select 1');
    if (!(await isMigrated(exam, ledger))) return null;
    const forgetful = await forgetfulSettings(ledger);
    if (forgetful.length > 0)
      exam.found(NAME, 'postgres-forgets', {
        what: `PostgreSQL can forget commits: ${forgetful.join(' and ')} is off, and a live relay refuses to send`,
        toDo: `Switch ${forgetful.join(' and ')} on in postgresql.conf and restart PostgreSQL.`,
      });
    else exam.ok(NAME, 'answers, and keeps its commits');
    const installation = await openInstallation(exam, ledger, settings);
    isRead = true;
    return { ledger, installation };
  } catch (error) {
    tellRefusal(exam, error);
    return null;
  } finally {
    if (!isRead) void ledger.close().catch(() => undefined); // a server that hangs is not waited for
  }
}

function tellRefusal(exam: Examination, error: unknown): void {
  const refusal = refusalOf(error);
  if (refusal !== null)
    exam.found(NAME, 'postgres-refused', {
      what: `PostgreSQL refuses DATABASE_URL: ${refusal.why}`,
      toDo: refusal.toDo,
      evidence: [refusal.code],
    });
  else
    exam.found(NAME, 'postgres-away', {
      what: 'PostgreSQL does not answer: nothing is sent, and nothing can be recorded',
      toDo: 'Start it; or check host and port of DATABASE_URL, and the network between.',
      evidence: [messageOf(error)],
    });
}

async function isMigrated(exam: Examination, ledger: Ledger): Promise<boolean> {
  const { missing, broken, newer } = await migrationState(ledger);
  if (broken.length > 0) {
    exam.found('migrations', 'migrations', {
      what: `A migration was begun and did not end: ${broken.join(', ')}`,
      toDo: 'See what it said with `npx prisma migrate status`, mend that, then `npx prisma migrate deploy`.',
    });
    return false;
  }
  if (missing.length > 0) {
    exam.found('migrations', 'migrations', {
      what: `The database lacks ${missing.length === 1 ? 'a migration' : `${missing.length} migrations`} that this version needs: nothing of it starts`,
      toDo: 'Run `npx prisma migrate deploy`, then start api and workers.',
      evidence: missing,
    });
    return false;
  }
  if (newer.length > 0)
    exam.found('migrations', 'migrations', {
      what: 'The database was migrated by a newer version than this one',
      toDo: 'Run the version that migrated it; an older one may write what the newer does not expect.',
      evidence: newer,
      isWarning: true,
      severity: 2,
    });
  else exam.ok('migrations', 'all applied');
  return true;
}

async function openInstallation(
  exam: Examination,
  ledger: Ledger,
  { secretKeys }: Settings,
): Promise<Installation | null> {
  try {
    const installation = await loadInstallation(ledger, new SecretBox(secretKeys, 'installation'));
    if (installation === null) exam.skipped('RELAY_SECRET_KEY', 'no relay has started on this database yet');
    else exam.ok('RELAY_SECRET_KEY', 'opens the ledger');
    return installation;
  } catch (error) {
    if (!(error instanceof WrongSecretKey)) throw error;
    exam.found('RELAY_SECRET_KEY', 'secret-key', {
      what: 'RELAY_SECRET_KEY does not open this ledger: no process of the relay starts with it',
      toDo: 'Set the key that the ledger was made with, or put that one into RELAY_SECRET_KEY_PREVIOUS.',
    });
    return null;
  }
}

export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // An AggregateError of several addresses has no text of its own.
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return error.message === '' ? code : error.message;
}
