import { KINDS_LOOKED_AT } from '@relay/core';
import { writeAuditOn } from './audit.js';
import { inTransaction, oneRow, rows, type Ledger } from './connect.js';
import { lockIncidents, recordChange, type Channel, type IncidentChange } from './incident-events.js';

export interface IncidentAct {
  readonly incidentId: number;
  readonly actor: string;
  readonly reason: string | null;
  readonly channels: readonly Channel[];
}

/** Why nothing was changed. */
export type IncidentRefusal =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'state'; readonly state: string; readonly by: string | null }
  /** These still fire, and end by themselves. */
  | { readonly kind: 'fires'; readonly alerts: readonly string[] };

/** Somebody looks after it. */
export async function acknowledgeIncident(ledger: Ledger, act: IncidentAct): Promise<'done' | IncidentRefusal> {
  return move(ledger, act, 'acknowledged', ['firing'], 'acknowledged_at = now(), acknowledged_by = $3');
}

/** No order suffers from it any more, whatever its cause still is. */
export async function mitigateIncident(ledger: Ledger, act: IncidentAct): Promise<'done' | IncidentRefusal> {
  const set =
    'mitigated_at = now(), mitigated_by = $3, acknowledged_at = coalesce(acknowledged_at, now()), acknowledged_by = coalesce(acknowledged_by, $3)';
  return move(ledger, act, 'mitigated', ['firing', 'acknowledged'], set);
}

/**
 * Ends it by a person's word, and with it the alerts that are not looked at again: what would end them may never come, as
 * the next stock run of a shop whose stock is kept elsewhere now. Refused while another one fires: it is still true.
 */
export async function closeIncident(ledger: Ledger, act: IncidentAct): Promise<'done' | IncidentRefusal> {
  return move(
    ledger,
    act,
    'resolved',
    ['firing', 'acknowledged', 'mitigated'],
    'resolved_at = now(), resolved_by = $3, quiet_since = coalesce(quiet_since, now())',
  );
}

async function move(
  ledger: Ledger,
  { incidentId, actor, reason, channels }: IncidentAct,
  to: IncidentChange,
  from: readonly string[],
  set: string,
): Promise<'done' | IncidentRefusal> {
  return inTransaction(ledger, async (client) => {
    await lockIncidents(client);
    const before = await oneRow<{ state: string; by: string | null; title: string }>(
      client,
      `select state, title, coalesce(resolved_by, mitigated_by, acknowledged_by) as by from incident where id = $1`,
      [incidentId],
    );
    if (before === null) return { kind: 'unknown' };
    if (!from.includes(before.state)) return { kind: 'state', state: before.state, by: before.by };
    if (to === 'resolved') {
      const firing = await rows<{ message: string }>(
        client,
        `select kind || ': ' || message as message from alert
         where incident_id = $1 and resolved_at is null and kind = any($2::text[]) order by severity, id`,
        [incidentId, KINDS_LOOKED_AT],
      );
      if (firing.length > 0) return { kind: 'fires', alerts: firing.map(({ message }) => message) };
      await client.query('update alert set resolved_at = now() where incident_id = $1 and resolved_at is null', [
        incidentId,
      ]);
    }
    await client.query(
      `update incident set state = $2::text, ${set}, reason = case when $2::text = 'resolved' then $4::text else reason end where id = $1`,
      [incidentId, to, actor, reason],
    );
    const what = [`${to} by ${actor}`, reason].filter((part) => part !== null).join(': ');
    await recordChange(client, { incidentId: String(incidentId), change: to, actor, what }, channels);
    await writeAuditOn(client, {
      actor,
      action: `incident ${ACTIONS[to] ?? to}`,
      subject: `incident ${incidentId}`,
      reason,
    });
    return 'done';
  });
}

const ACTIONS: Partial<Record<IncidentChange, string>> = {
  acknowledged: 'ack',
  mitigated: 'mitigate',
  resolved: 'close',
};
