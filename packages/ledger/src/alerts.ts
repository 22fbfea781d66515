import { oneRow, rows, type Ledger, type Queryable } from './connect.js';

export interface RaisedAlert {
  readonly kind: string;
  readonly severity: 1 | 2 | 3;
  readonly subject: string;
  readonly message: string;
}

/** One open alert per kind and subject. @returns true when it is new. */
export async function raiseAlert(ledger: Ledger, alert: RaisedAlert): Promise<boolean> {
  return raiseAlertOn(ledger.pool, alert);
}

/** In the transaction of what it tells of, where nothing would come there again after a crash between the two. */
export async function raiseAlertOn(on: Queryable, alert: RaisedAlert): Promise<boolean> {
  const row = await oneRow(
    on,
    `insert into alert (kind, severity, subject, message) values ($1, $2, $3, $4)
     on conflict (kind, subject) where resolved_at is null do nothing returning id`,
    [alert.kind, alert.severity, alert.subject, alert.message],
  );
  return row !== null;
}

export async function resolveAlerts(ledger: Ledger, kinds: readonly string[], subject: string): Promise<void> {
  await ledger.pool.query(
    'update alert set resolved_at = now() where kind = any($1::text[]) and subject = $2 and resolved_at is null',
    [kinds, subject],
  );
}

/** Those of every shop of the account, and of every one that it had. @returns how many ended. */
export async function resolveAlertsOfAccount(
  ledger: Ledger,
  kinds: readonly string[],
  accountId: string,
): Promise<number> {
  const ended = await rows(
    ledger.pool,
    `update alert set resolved_at = now() where kind = any($1::text[]) and resolved_at is null
       and subject in (select id from shop where account_id = $2) returning id`,
    [kinds, accountId],
  );
  return ended.length;
}

export interface OpenAlert {
  readonly kind: string;
  readonly severity: 1 | 2 | 3;
  readonly subject: string;
  readonly message: string;
  readonly openedAt: Date;
  /** Who acknowledged or mitigated its incident; null while nobody looks after it. */
  readonly lookedAfterBy: string | null;
}

/** The gravest first, the oldest first. */
export async function openAlerts(ledger: Ledger): Promise<OpenAlert[]> {
  return rows(
    ledger.pool,
    `select a.kind, a.severity, a.subject, a.message, a.opened_at as "openedAt",
       case when i.state in ('acknowledged', 'mitigated') then coalesce(i.mitigated_by, i.acknowledged_by) end as "lookedAfterBy"
     from alert a left join incident i on i.id = a.incident_id
     where a.resolved_at is null order by a.severity, a.opened_at`,
  );
}
