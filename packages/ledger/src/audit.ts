import { type Ledger } from './connect.js';

export interface AuditEntry {
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly reason?: string | null;
  readonly details?: Record<string, unknown>;
}

export async function writeAudit(ledger: Ledger, entry: AuditEntry): Promise<void> {
  await writeAuditOn(ledger.pool, entry);
}

/** Within the transaction of what it tells of. */
export async function writeAuditOn(on: Pick<Ledger['pool'], 'query'>, entry: AuditEntry): Promise<void> {
  await on.query('insert into audit (actor, action, subject, reason, details) values ($1, $2, $3, $4, $5)', [
    entry.actor,
    entry.action,
    entry.subject,
    entry.reason ?? null,
    entry.details === undefined ? null : JSON.stringify(entry.details),
  ]);
}
