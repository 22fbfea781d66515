import { openAlerts } from '@relay/ledger';
import type { OpenLedger } from './examine-postgres.js';
import type { Examination } from './examination.js';

const SHOWN = 5;

/**
 * What the relay has told of by itself already. Alerts that left for nobody (a channel refused them) belong here, as a
 * finding of their own.
 */
export async function examineAlerts(exam: Examination, { ledger }: OpenLedger): Promise<void> {
  const alerts = await openAlerts(ledger);
  if (alerts.length === 0) return exam.ok('alerts', 'none is open');
  exam.found('alerts', 'alerts', {
    what: `${alerts.length} ${alerts.length === 1 ? 'alert is' : 'alerts are'} open: ${alerts[0]?.kind}`,
    toDo: 'See `relay status`; what waits for a person stands in `relay orders held`.',
    evidence: alerts.slice(0, SHOWN).map((alert) => `SEV-${alert.severity} ${alert.kind}: ${alert.message}`),
    isWarning: true,
  });
}
