import type { ToldChange } from '@relay/ledger';
import type { Relay } from '../relay.js';

/** The log is a channel that needs no outbox. What a person did is no error, and to be seen at the level `warn` too. */
export function tellLog(
  { log }: Pick<Relay, 'log'>,
  { incidentId, severity, change, what }: ToldChange,
  { byPerson = false } = {},
): void {
  const fields = { incident: incidentId, severity, change };
  const message = `SEV-${severity} incident ${incidentId} ${change}: ${what}`;
  if (byPerson) log.warn(message, fields);
  else if (change === 'resolved') log.info(message, fields);
  else if (severity === 3) log.warn(message, fields);
  else log.error(message, fields);
}
