import type { Finding } from '@relay/core';
import { rows, type Ledger } from './connect.js';

export interface AlertChange {
  readonly kind: string;
  readonly severity: number;
  readonly subject: string;
  readonly message: string;
}

/**
 * One evaluation's findings become alerts, all in one statement each: a condition that has held for long enough opens one
 * (one that flickers keeps its time for a while), one that still holds keeps it open, with the newest words and the worst
 * severity. @returns what opened.
 */
export async function recordFindings(
  ledger: Ledger,
  findings: readonly Finding[],
  { graceMs }: { graceMs: number },
): Promise<AlertChange[]> {
  // One of a kind and subject: two rows in one statement would fail it.
  const unique = [...new Map(findings.map((each) => [`${each.kind}\n${each.subject}`, each])).values()];
  const column = <T>(pick: (finding: Finding) => T) => unique.map(pick);
  const recorded = await rows<AlertChange & { isNew: boolean }>(ledger.pool, RECORD, [
    column(({ kind }) => kind),
    column(({ severity }) => severity),
    column(({ subject }) => subject),
    column(({ message }) => message),
    column(({ since }) => since),
    column(({ forMs }) => forMs),
    graceMs,
    column(({ lastAt }) => lastAt ?? null),
    column(({ count }) => count ?? null),
  ]);
  return recorded.filter(({ isNew }) => isNew);
}

const RECORD = `
with found as (
  select * from unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::timestamptz[], $6::bigint[], $8::timestamptz[], $9::int[])
    as f(kind, severity, subject, message, since, for_ms, last_at, count)
),
forgotten as (
  delete from alert_pending p
  where p.last_true_at < now() - $7::bigint * interval '1 millisecond'
    and not exists (select 1 from found f where f.kind = p.kind and f.subject = p.subject)
),
pending as (
  insert into alert_pending as p (kind, subject, since, last_true_at)
  select kind, subject, now(), now() from found
  on conflict (kind, subject) do update set last_true_at = now(),
    -- nobody has judged for so long: what was true then says nothing of now
    since = case when p.last_true_at < now() - greatest($7::bigint * interval '1 millisecond', interval '5 minutes') then now() else p.since end
  returning kind, subject, since
)
insert into alert as a (kind, severity, subject, message, opened_at, since, last_true_at, count)
select f.kind, f.severity, f.subject, f.message, now(), least(coalesce(f.since, p.since), now()), least(f.last_at, now()), f.count
from found f join pending p on p.kind = f.kind and p.subject = f.subject
where p.since <= now() - f.for_ms * interval '1 millisecond'
   or exists (select 1 from alert o where o.kind = f.kind and o.subject = f.subject and o.resolved_at is null)
order by f.severity
on conflict (kind, subject) where resolved_at is null do update
  set message = excluded.message, last_true_at = greatest(a.last_true_at, excluded.last_true_at), severity = least(a.severity, excluded.severity),
    count = excluded.count, told_count = least(a.told_count, excluded.count)
returning kind, severity, subject, message, xmax = 0 as "isNew"`;

/** Alerts of these kinds that this evaluation did not find, and none for so long, are over. @returns what ended. */
export async function clearAlerts(
  ledger: Ledger,
  kinds: readonly string[],
  found: readonly Finding[],
  { clearMs }: { clearMs: number },
): Promise<AlertChange[]> {
  return rows<AlertChange>(
    ledger.pool,
    `update alert a set resolved_at = now()
     where a.resolved_at is null and a.kind = any($1::text[])
       and coalesce(a.last_true_at, a.opened_at) <= now() - $2::bigint * interval '1 millisecond'
       and not exists (select 1 from unnest($3::text[], $4::text[]) f(kind, subject) where f.kind = a.kind and f.subject = a.subject)
     returning a.kind, a.severity, a.subject, a.message`,
    [kinds, clearMs, found.map(({ kind }) => kind), found.map(({ subject }) => subject)],
  );
}
