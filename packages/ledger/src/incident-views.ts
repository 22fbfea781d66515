import { oneRow, rows, type Ledger } from './connect.js';
import { isAbout } from './incident-accounts.js';
import { ALERT_END, LAST_TRUE } from './incident-end.js';

export interface IncidentView {
  readonly id: number;
  /** An account's id, or `relay`. An outage that reaches other accounts too keeps the one that it was first seen at. */
  readonly cause: string;
  readonly severity: 1 | 2 | 3;
  readonly title: string;
  readonly state: 'firing' | 'acknowledged' | 'mitigated' | 'resolved';
  readonly startedAt: Date;
  /** When the last of its alerts was last true; null while one fires. */
  readonly endedAt: Date | null;
  readonly openedAt: Date;
  readonly acknowledgeBy: Date;
  readonly acknowledgedAt: Date | null;
  readonly acknowledgedBy: string | null;
  /** Not by its target, or not yet though that is over. */
  readonly acknowledgedLate: boolean;
  /** null: no target. */
  readonly mitigateBy: Date | null;
  readonly mitigatedAt: Date | null;
  readonly mitigatedBy: string | null;
  readonly mitigatedLate: boolean;
  readonly resolvedAt: Date | null;
  /** `relay`, or who closed it. */
  readonly resolvedBy: string | null;
  readonly reason: string | null;
  /** Alerts that fire now, and all that it gathered. */
  readonly firing: number;
  readonly alerts: number;
}

/** What is over cannot become late any more, and what has ended before anybody acted was mitigated by itself. */
const COLUMNS = `i.id::int as id, i.cause, i.severity, i.title, i.state, i.started_at as "startedAt", i.quiet_since as "endedAt", i.opened_at as "openedAt",
  i.acknowledge_by as "acknowledgeBy", i.acknowledged_at as "acknowledgedAt", i.acknowledged_by as "acknowledgedBy",
  coalesce(i.acknowledged_at, i.quiet_since, ${LAST_TRUE}, now()) > i.acknowledge_by as "acknowledgedLate",
  i.mitigate_by as "mitigateBy", i.mitigated_at as "mitigatedAt", i.mitigated_by as "mitigatedBy",
  coalesce(coalesce(i.mitigated_at, i.quiet_since, ${LAST_TRUE}, now()) > i.mitigate_by, false) as "mitigatedLate",
  i.resolved_at as "resolvedAt", i.resolved_by as "resolvedBy", i.reason,
  (select count(*)::int from alert a where a.incident_id = i.id and a.resolved_at is null) as firing,
  (select count(*)::int from alert a where a.incident_id = i.id) as alerts`;

export interface IncidentFilter {
  /** Those that are over too. */
  readonly all: boolean;
  readonly limit: number;
  /** Of this shop's account alone, and of the relay as a whole: they concern every shop. */
  readonly shopId?: string;
}

/** Open ones first, the worst and then the newest first. */
export async function listIncidents(ledger: Ledger, { all, limit, shopId }: IncidentFilter): Promise<IncidentView[]> {
  return rows<IncidentView>(
    ledger.pool,
    `select ${COLUMNS} from incident i where ($1 or i.state <> 'resolved')
       and ($3::text is null or i.cause = 'relay' or ${isAbout('(select account_id::text from shop where id = $3)')})
     order by i.state = 'resolved', case when i.state <> 'resolved' then i.severity end, i.id desc limit $2`,
    [all, limit, shopId ?? null],
  );
}

export interface AlertView {
  readonly id: number;
  readonly kind: string;
  readonly severity: 1 | 2 | 3;
  readonly subject: string;
  readonly message: string;
  /** Since when its condition held. */
  readonly since: Date;
  readonly openedAt: Date;
  /** Until when its condition held; null while it fires. */
  readonly endedAt: Date | null;
  /** When it was cleared: a while after its end, where it is judged. */
  readonly resolvedAt: Date | null;
  readonly incidentId: number | null;
}

const ALERT_COLUMNS = `id::int as id, kind, severity, subject, message, coalesce(since, opened_at) as since, opened_at as "openedAt",
  case when resolved_at is not null then ${ALERT_END} end as "endedAt", resolved_at as "resolvedAt", incident_id::int as "incidentId"`;

/** Those that fire, the worst first. */
export async function firingAlerts(ledger: Ledger, limit: number): Promise<AlertView[]> {
  return rows<AlertView>(
    ledger.pool,
    `select ${ALERT_COLUMNS} from alert a where resolved_at is null order by severity, opened_at limit $1`,
    [limit],
  );
}

export interface IncidentEntry {
  readonly at: Date;
  readonly change: string;
  readonly actor: string;
  readonly what: string;
}

export interface MessageView {
  readonly change: string;
  readonly channel: 'webhook' | 'email';
  readonly createdAt: Date;
  readonly deliveredAt: Date | null;
  readonly tries: number;
  readonly lastFailure: string | null;
}

export interface IncidentWhole extends IncidentView {
  readonly gathered: readonly AlertView[];
  /** The oldest first. */
  readonly timeline: readonly IncidentEntry[];
  readonly messages: readonly MessageView[];
}

/** @returns null where there is no such incident. */
export async function loadIncident(ledger: Ledger, id: number): Promise<IncidentWhole | null> {
  const incident = await oneRow<IncidentView>(ledger.pool, `select ${COLUMNS} from incident i where i.id = $1`, [id]);
  if (incident === null) return null;
  const [gathered, timeline, messages] = await Promise.all([
    rows<AlertView>(
      ledger.pool,
      `select ${ALERT_COLUMNS} from alert a where incident_id = $1 order by severity, opened_at, id limit 1000`,
      [id],
    ),
    rows<IncidentEntry>(
      ledger.pool,
      'select at, change, actor, what from incident_event where incident_id = $1 order by at, id limit 1000',
      [id],
    ),
    rows<MessageView>(
      ledger.pool,
      `select e.change, m.channel, m.created_at as "createdAt", m.delivered_at as "deliveredAt", m.tries, m.last_failure as "lastFailure"
       from alert_message m join incident_event e on e.id = m.event_id where m.incident_id = $1 order by m.id limit 1000`,
      [id],
    ),
  ]);
  return { ...incident, gathered, timeline, messages };
}
