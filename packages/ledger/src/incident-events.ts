import type { PoolClient } from 'pg';
import { oneRow } from './connect.js';

/** Every change of an incident. Those of `TOLD` are told people, each once. */
export type IncidentChange =
  | 'opened'
  | 'alert'
  | 'also'
  | 'more'
  | 'worse'
  | 'cleared'
  | 'late'
  | 'acknowledged'
  | 'mitigated'
  | 'resolved'
  | 'reopened';

export type Channel = 'webhook' | 'email';

const TOLD: ReadonlySet<IncidentChange> = new Set<IncidentChange>([
  'opened',
  'also',
  'more',
  'worse',
  'late',
  'acknowledged',
  'mitigated',
  'resolved',
  'reopened',
]);

export interface ToldChange {
  readonly incidentId: number;
  readonly severity: number;
  readonly change: IncidentChange;
  readonly what: string;
}

/** Writes a change down and, where people are told of it, one message for each channel: in the transaction of the change. */
export async function recordChange(
  client: PoolClient,
  event: {
    readonly incidentId: string;
    readonly change: IncidentChange;
    readonly actor: string;
    readonly what: string;
    readonly alertId?: string;
  },
  channels: readonly Channel[],
): Promise<void> {
  const row = await oneRow<{ id: string }>(
    client,
    `insert into incident_event (incident_id, at, change, actor, what, alert_id) values ($1, now(), $2, $3, $4, $5) returning id`,
    [event.incidentId, event.change, event.actor, event.what, event.alertId ?? null],
  );
  if (!TOLD.has(event.change)) return;
  await client.query(
    `insert into alert_message (event_id, incident_id, channel, created_at) select $1, $2, channel, now() from unnest($3::text[]) channel`,
    [row?.id, event.incidentId, channels],
  );
}

/** Changes of incidents, by whichever process and person, one after the other. */
export async function lockIncidents(client: PoolClient): Promise<void> {
  await client.query(`select pg_advisory_xact_lock(hashtext('incidents'), 0)`);
}
