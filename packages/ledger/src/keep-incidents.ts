import { responseTargets, type Severity } from '@relay/core';
import { inTransaction, rows, type Ledger } from './connect.js';
import type { GatherOptions } from './gather-alerts.js';
import { ALERT_END, LAST_TRUE } from './incident-end.js';
import { lockIncidents, recordChange, type IncidentChange, type ToldChange } from './incident-events.js';

interface Moved {
  readonly id: string;
  readonly severity: Severity;
  readonly what: string;
}

/**
 * What time does to open incidents: an alert that became worse makes its incident so, one without an alert goes quiet, one
 * that stays quiet ends, and a target that is missed is said so, once. @returns what people are told.
 */
export async function keepIncidents(ledger: Ledger, { channels, cooldownMs }: GatherOptions): Promise<ToldChange[]> {
  return inTransaction(ledger, async (client) => {
    await lockIncidents(client);
    const told: ToldChange[] = [];
    const tell = async (change: IncidentChange, moved: readonly Moved[]) => {
      for (const { id, severity, what } of moved) {
        await recordChange(client, { incidentId: id, change, actor: 'relay', what }, channels);
        told.push({ incidentId: Number(id), severity, change, what });
      }
    };

    const worse = await rows<Moved & { now: Date }>(client, WORSE);
    for (const { id, severity, now } of worse) {
      const { acknowledgeBy, mitigateBy } = responseTargets(severity, now);
      await client.query('update incident set acknowledge_by = $2, mitigate_by = $3 where id = $1', [
        id,
        acknowledgeBy,
        mitigateBy,
      ]);
      await client.query('update alert set told_count = count where incident_id = $1', [id]); // that is told with it
    }
    await tell('worse', worse);
    for (const { id, what } of await rows<Moved>(client, QUIET))
      await recordChange(client, { incidentId: id, change: 'cleared', actor: 'relay', what }, []);
    await tell('resolved', await rows<Moved>(client, RESOLVED, [cooldownMs]));
    await tell('late', await rows<Moved>(client, LATE));
    return told;
  });
}

const WORSE = `
update incident i set severity = w.severity, title = w.kind || ': ' || w.message, told_late = null, state = 'firing',
  acknowledged_at = null, acknowledged_by = null, mitigated_at = null, mitigated_by = null
from (select distinct on (incident_id) incident_id, severity, kind, message from alert
      where incident_id is not null and resolved_at is null order by incident_id, severity, id) w
where w.incident_id = i.id and i.state <> 'resolved' and w.severity < i.severity
returning i.id, i.severity, 'SEV-' || i.severity || ' ' || i.title as what, now() as now`;

/** Its end is when the last of its alerts was last true, not when that was long enough ago for it to be cleared. */
const QUIET = `
update incident i set quiet_since = e.at
from (select incident_id, max(${ALERT_END}) as at from alert a
      where incident_id in (select id from incident where state <> 'resolved' and quiet_since is null) group by incident_id
      having bool_and(resolved_at is not null)) e
where e.incident_id = i.id and i.state <> 'resolved' and i.quiet_since is null
returning i.id, i.severity, 'none of its alerts fires any more' as what`;

const RESOLVED = `
update incident set state = 'resolved', resolved_at = now(), resolved_by = 'relay'
where state <> 'resolved' and quiet_since <= now() - $1::bigint * interval '1 millisecond'
returning id, severity, 'over since ' || to_char(quiet_since at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC: ' || title as what`;

/** Nobody is called about what is over already: it has to have been true after its target. */
const LATE = `
update incident i set told_late = case when mitigated_at is null and mitigate_by < ${LAST_TRUE} then 'mitigate' else 'acknowledge' end
where state in ('firing', 'acknowledged') and quiet_since is null
  and (acknowledged_at is null and acknowledge_by < ${LAST_TRUE} and told_late is null
    or mitigated_at is null and mitigate_by < ${LAST_TRUE} and told_late is distinct from 'mitigate')
returning id, severity, case told_late
  when 'acknowledge' then 'nobody has acknowledged it by ' || to_char(acknowledge_by at time zone 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC'
  else 'not mitigated by ' || to_char(mitigate_by at time zone 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC' end || ': ' || title as what`;
