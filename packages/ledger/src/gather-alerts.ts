import { KINDS_THAT_END, RELAY_WIDE_KINDS, responseTargets, type Severity } from '@relay/core';
import type { PoolClient } from 'pg';
import { inTransaction, oneRow, rows, type Ledger } from './connect.js';
import { causeOf, farEndOf, isAbout } from './incident-accounts.js';
import { lockIncidents, recordChange, type Channel, type IncidentChange, type ToldChange } from './incident-events.js';

export interface GatherOptions {
  readonly channels: readonly Channel[];
  /** So long an incident that went quiet stays open, and so long after its end it may come back. */
  readonly cooldownMs: number;
}

interface FreshAlert {
  readonly id: string;
  readonly kind: string;
  readonly severity: Severity;
  readonly message: string;
  readonly since: Date;
  readonly cause: string;
  /** Who is away; null where it is no outage. */
  readonly farEnd: string | null;
  /** Where it is gathered already, and stands for twice as many as were told. */
  readonly incidentId: string | null;
}

interface Gathering {
  readonly id: string;
  readonly severity: Severity;
  readonly state: string;
  /** A person said so, and it may have ended since. */
  readonly isMitigated: boolean;
}

const GATHERING = 'i.id, i.severity, i.state, i.mitigated_at is not null as "isMitigated"';

/** More than this many are left to the next evaluation. */
const AT_ONCE = 500;

/**
 * Every alert that is in no incident yet goes into the one of its cause, or opens it: fifty alerts of one cause are one
 * incident. @returns what people are told.
 */
export async function gatherAlerts(ledger: Ledger, options: GatherOptions): Promise<ToldChange[]> {
  return inTransaction(ledger, async (client) => {
    await lockIncidents(client);
    const told: ToldChange[] = [];
    for (const alert of await rows<FreshAlert>(client, FRESH, [AT_ONCE, options.cooldownMs])) {
      const gathering = await gatheringOf(client, alert, options);
      const change = await (gathering === null
        ? open(client, alert, options)
        : join(client, gathering, alert, options));
      if (change !== null) told.push(change);
    }
    return told;
  });
}

async function gatheringOf(
  client: PoolClient,
  alert: FreshAlert,
  { cooldownMs }: GatherOptions,
): Promise<Gathering | null> {
  if (alert.incidentId !== null)
    return oneRow<Gathering>(client, `select ${GATHERING} from incident i where i.id = $1`, [alert.incidentId]);
  return oneRow<Gathering>(client, OPEN_OR_RECENT, [
    alert.cause,
    alert.severity,
    cooldownMs,
    alert.kind,
    KINDS_THAT_END,
    RELAY_WIDE_KINDS,
    alert.farEnd,
  ]);
}

/** It stands for twice as many as people were told of, or as there were since; told once in a cooldown. */
const GROWN = `a.resolved_at is null and a.count >= 2 * a.told_count and not exists (
  select 1 from incident_event e
  where e.incident_id = a.incident_id and e.alert_id = a.id and e.at > now() - $2::bigint * interval '1 millisecond')`;

/** Also one that has ended meanwhile: looks may be further apart than its end from its beginning. The worst first. */
const FRESH = `
select a.id, a.kind, a.severity, a.message, least(coalesce(a.since, a.opened_at), a.opened_at) as since,
       ${causeOf('a')} as cause, ${farEndOf('a')} as "farEnd", a.incident_id as "incidentId"
from alert a where a.incident_id is null and not a.passed_over and (a.resolved_at is null or a.opened_at > now() - interval '1 day')
  or ${GROWN} order by a.severity, a.id limit $1`;

/**
 * The newest open one of the cause, of the outage that reaches other accounts too, or of the relay as a whole, whose
 * consequence it may be; else one that ended by itself a moment ago. It is a part of what is young, of what is not milder and still fires, or of what goes on with the same
 * kind: an outage is no part of a small matter, or of one for a person, that waits for days.
 */
const OPEN_OR_RECENT = `
select ${GATHERING} from incident i
where (i.state <> 'resolved' or i.resolved_by = 'relay' and i.resolved_at > now() - $3::bigint * interval '1 millisecond')
  and (${isAbout('$1')}
    or exists (select 1 from alert e where e.incident_id = i.id and ${farEndOf('e')} = $7)
    or exists (select 1 from alert w where w.incident_id = i.id and w.resolved_at is null and w.kind = any($6::text[])))
  and (i.last_alert_at > now() - $3::bigint * interval '1 millisecond'
    or i.severity <= $2 and (i.quiet_since is not null
      or exists (select 1 from alert f where f.incident_id = i.id and f.resolved_at is null
                   and (f.kind = $4 or f.kind = any($5::text[])))))
order by i.state = 'resolved', i.cause = $1 desc, i.id desc limit 1`;

async function open(client: PoolClient, alert: FreshAlert, { channels }: GatherOptions): Promise<ToldChange> {
  const { acknowledgeBy, mitigateBy } = await targetsFromNow(client, alert.severity);
  const row = await oneRow<{ id: string }>(
    client,
    `insert into incident (cause, severity, title, started_at, opened_at, last_alert_at, acknowledge_by, mitigate_by)
     values ($1, $2, $3, $4, now(), now(), $5, $6) returning id`,
    [alert.cause, alert.severity, titleOf(alert), alert.since, acknowledgeBy, mitigateBy],
  );
  const incidentId = row?.id ?? '';
  await adopt(client, incidentId, alert);
  await recordChange(
    client,
    { incidentId, change: 'opened', actor: 'relay', what: whatOf(alert), alertId: alert.id },
    channels,
  );
  return { incidentId: Number(incidentId), severity: alert.severity, change: 'opened', what: whatOf(alert) };
}

async function join(
  client: PoolClient,
  gathering: Gathering,
  alert: FreshAlert,
  { channels, cooldownMs }: GatherOptions,
): Promise<ToldChange | null> {
  const { id: incidentId, isMitigated } = gathering;
  const isWorse = alert.severity < gathering.severity;
  const severity = isWorse ? alert.severity : gathering.severity;
  const isOver = gathering.state === 'resolved';
  const isNewKind = (await oneRow(client, KNOWN_KIND, [incidentId, alert.kind, cooldownMs])) === null;
  await adopt(client, incidentId, alert);
  await client.query(
    `update incident set started_at = least(started_at, $2), last_alert_at = now(), quiet_since = null where id = $1`,
    [incidentId, alert.since],
  );
  if (isWorse)
    await client.query('update incident set severity = $2, title = $3 where id = $1', [
      incidentId,
      severity,
      titleOf(alert),
    ]);
  if (isWorse || isMitigated) await client.query(UNANSWERED, [incidentId]);
  if (isWorse || isMitigated || isOver) {
    const { acknowledgeBy, mitigateBy } = await targetsFromNow(client, severity);
    await client.query(AFRESH, [incidentId, acknowledgeBy, mitigateBy]);
  }
  const isMore = alert.incidentId !== null;
  const change: IncidentChange =
    isWorse && !isOver ? 'worse' : isOver || isMitigated ? 'reopened' : isMore ? 'more' : isNewKind ? 'also' : 'alert';
  await recordChange(client, { incidentId, change, actor: 'relay', what: whatOf(alert), alertId: alert.id }, channels);
  return change === 'alert' ? null : { incidentId: Number(incidentId), severity, change, what: whatOf(alert) };
}

/**
 * It is told already: one of the kind joined or ended within the cooldown. One that fires for days says nothing of what
 * joins it then. When it joined counts, not when it was raised: what nobody judged for a while is one message too.
 */
const KNOWN_KIND = `
select 1 from incident_event e join alert a on a.id = e.alert_id
where e.incident_id = $1 and a.kind = $2 and greatest(e.at, a.resolved_at) >= now() - $3::bigint * interval '1 millisecond' limit 1`;

/** Whoever has acknowledged it is to look again, and what was said to be mitigated is not. */
const UNANSWERED = `
update incident set acknowledged_at = null, acknowledged_by = null, mitigated_at = null, mitigated_by = null where id = $1`;

/** It goes on, and its targets count from now on. */
const AFRESH = `
update incident set acknowledge_by = $2, mitigate_by = $3, told_late = null,
  resolved_at = null, resolved_by = null, reason = null, evidence = null,
  state = case when acknowledged_at is not null then 'acknowledged' else 'firing' end
where id = $1`;

async function adopt(client: PoolClient, incidentId: string, alert: FreshAlert): Promise<void> {
  await client.query('update alert set incident_id = $1, told_count = count where id = $2', [incidentId, alert.id]);
}

async function targetsFromNow(client: PoolClient, severity: Severity) {
  const row = await oneRow<{ now: Date }>(client, 'select now() as now');
  return responseTargets(severity, row?.now ?? new Date());
}

function titleOf({ kind, message }: FreshAlert): string {
  return `${kind}: ${message}`;
}

function whatOf({ severity, kind, message }: FreshAlert): string {
  return `SEV-${severity} ${kind}: ${message}`;
}
