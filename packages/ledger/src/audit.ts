import { type Ledger } from './connect.js';

export async function writeAudit(
  ledger: Ledger,
  entry: { actor: string; action: string; subject: string; reason?: string | null; details?: Record<string, unknown> },
): Promise<void> {
  await ledger.pool.query('insert into audit (actor, action, subject, reason, details) values ($1, $2, $3, $4, $5)', [
    entry.actor,
    entry.action,
    entry.subject,
    entry.reason ?? null,
    entry.details === undefined ? null : JSON.stringify(entry.details),
  ]);
}
