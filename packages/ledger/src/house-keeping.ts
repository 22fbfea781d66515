import { oneRow, rows, type Ledger } from './connect.js';

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

/** One open alert per kind and subject. @returns true when it is new. */
export async function raiseAlert(
  ledger: Ledger,
  alert: { kind: string; severity: 1 | 2 | 3; subject: string; message: string },
): Promise<boolean> {
  const row = await oneRow(
    ledger.pool,
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

export async function openAlerts(
  ledger: Ledger,
): Promise<{ kind: string; severity: number; subject: string; message: string; openedAt: Date }[]> {
  return rows(
    ledger.pool,
    `select kind, severity, subject, message, opened_at as "openedAt" from alert where resolved_at is null order by severity, opened_at`,
  );
}

/** A process tells that it runs and, with `progressed`, that it got something done since the last beat. */
export async function beat(
  ledger: Ledger,
  process: { id: string; kind: 'worker' | 'api'; host: string; pid: number; progressed: boolean },
): Promise<void> {
  await ledger.pool.query(
    `insert into process_beat as b (id, kind, host, pid, progress_at) values ($1, $2, $3, $4, case when $5::boolean then now() end)
     on conflict (id) do update set seen_at = now(), progress_at = coalesce(excluded.progress_at, b.progress_at)`,
    [process.id, process.kind, process.host, process.pid, process.progressed],
  );
}

export async function forgetBeat(ledger: Ledger, id: string): Promise<void> {
  await ledger.pool.query(`delete from process_beat where id = $1 or seen_at < now() - interval '1 day'`, [id]);
}

export interface Progress {
  /** Processes of this kind seen in the last 30 s. */
  readonly workersSeen: number;
  readonly lastProgressAt: Date | null;
  /** Hand-offs and write-backs that could go now and are not being worked on. */
  readonly due: number;
  /** Age of the oldest of them, seconds. */
  readonly oldestDueSeconds: number;
}

/** What `/readyz` and the metrics judge by: whether anything moves while something could. */
export async function readProgress(ledger: Ledger): Promise<Progress> {
  const row = await oneRow<{ workersSeen: number; lastProgressAt: Date | null; due: number; oldest: number }>(
    ledger.pool,
    `select (select count(*)::int from process_beat where kind = 'worker' and seen_at > now() - interval '30 seconds') as "workersSeen",
            (select max(progress_at) from process_beat where kind = 'worker') as "lastProgressAt",
            count(d.*)::int as due,
            coalesce(extract(epoch from now() - min(greatest(d.state_since, coalesce(d.not_before, d.state_since)))), 0)::float8 as oldest
     from (
       select i.state_since, i.not_before from intent i
       join shop s on s.id = i.shop_id join account a on a.id = i.account_id
       where i.state = 'ready' and (i.not_before is null or i.not_before <= now())
         and (i.kind = 'write_back' or s.mode = 'live' and a.breaker_state <> 'open')
     ) d`,
  );
  return {
    workersSeen: row?.workersSeen ?? 0,
    lastProgressAt: row?.lastProgressAt ?? null,
    due: row?.due ?? 0,
    oldestDueSeconds: row?.oldest ?? 0,
  };
}

export async function countIntents(ledger: Ledger): Promise<{ kind: string; state: string; count: number }[]> {
  return rows(
    ledger.pool,
    'select kind, state, count(*)::int as count from intent group by kind, state order by kind, state',
  );
}

export interface UserView {
  readonly name: string;
  readonly role: 'viewer' | 'operator' | 'admin';
  readonly passwordHash: string;
}

export async function findUser(ledger: Ledger, name: string): Promise<UserView | null> {
  return oneRow<UserView>(
    ledger.pool,
    'select name, role, password_hash as "passwordHash" from relay_user where name = $1',
    [name],
  );
}

export async function listUsers(ledger: Ledger): Promise<{ name: string; role: string; createdAt: Date }[]> {
  return rows(ledger.pool, 'select name, role, created_at as "createdAt" from relay_user order by name');
}

/** @returns false when the name is taken. */
export async function addUser(ledger: Ledger, user: UserView): Promise<boolean> {
  const row = await oneRow(
    ledger.pool,
    'insert into relay_user (name, role, password_hash) values ($1, $2, $3) on conflict (name) do nothing returning name',
    [user.name, user.role, user.passwordHash],
  );
  return row !== null;
}

/** The first admin comes from the environment: its password follows the setting. */
export async function putAdmin(ledger: Ledger, name: string, passwordHash: string): Promise<void> {
  await ledger.pool.query(
    `insert into relay_user (name, role, password_hash) values ($1, 'admin', $2)
     on conflict (name) do update set password_hash = excluded.password_hash, role = 'admin'`,
    [name, passwordHash],
  );
}

export async function removeUser(ledger: Ledger, name: string): Promise<boolean> {
  return (await oneRow(ledger.pool, 'delete from relay_user where name = $1 returning name', [name])) !== null;
}
