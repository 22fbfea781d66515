import { countHeldOrders, openAlerts, type OpenAlert } from '@relay/ledger';
import type { OpenLedger } from './examine-postgres.js';
import { undeliveredAlerts } from '../alerts/deliver-messages.js';
import type { Relay } from '../relay.js';
import type { Examination } from './examination.js';

const SHOWN = 5;

/** What the relay has told of by itself already, and what it could tell nobody. */
export async function examineAlerts(
  exam: Examination,
  { ledger, settings }: Pick<OpenLedger, 'ledger'> & Pick<Relay, 'settings'>,
): Promise<void> {
  await examineHeld(exam, { ledger });
  await examineUndelivered(exam, { ledger, settings });
  const alerts = await openAlerts(ledger);
  if (alerts.length === 0) return exam.ok('alerts', 'none is open');
  // Those that nobody looks after yet first.
  const [worst, ...others] = alerts.toSorted((a, b) => Number(isLookedAfter(a)) - Number(isLookedAfter(b)));
  if (worst === undefined) return;
  exam.found('alerts', 'alerts', {
    what: `${alerts.length} ${alerts.length === 1 ? 'alert is' : 'alerts are'} open: ${worst.kind}`,
    toDo: 'See `relay incident list`, and `relay incident ack` what you look after; what waits for a person stands in `relay orders held`.',
    evidence: [worst, ...others].slice(0, SHOWN).map(textOf),
    isWarning: isLookedAfter(worst) || worst.severity === 3,
    severity: worst.severity,
  });
}

/** Whom it was to call it has called: whoever runs the doctor by cron is not to be called again. */
function isLookedAfter({ lookedAfterBy }: OpenAlert): boolean {
  return lookedAfterBy !== null;
}

function textOf({ severity, kind, message, lookedAfterBy }: OpenAlert): string {
  return `SEV-${severity} ${kind}: ${message}${lookedAfterBy === null ? '' : ` (${lookedAfterBy} looks after it)`}`;
}

async function examineUndelivered(exam: Examination, relay: Parameters<typeof undeliveredAlerts>[0]): Promise<void> {
  const undelivered = await undeliveredAlerts(relay);
  if (undelivered.length === 0) return exam.ok('delivery of alerts', 'nothing waits');
  exam.found('delivery of alerts', 'undelivered-alerts', {
    what: `alerts do not reach anybody by ${undelivered.map(({ channel }) => channel).join(' and ')}`,
    toDo: 'Check ALERT_WEBHOOK_URL, SMTP_URL and ALERT_EMAIL_TO; what waits is sent as soon as it can be.',
    evidence: undelivered.map(
      ({ channel, messages, oldestAt, lastFailure }) =>
        `${channel}: ${messages} since ${oldestAt.toISOString()}: ${lastFailure ?? 'nobody delivers'}`,
    ),
  });
}

async function examineHeld(exam: Examination, { ledger }: Pick<OpenLedger, 'ledger'>): Promise<void> {
  const count = await countHeldOrders(ledger);
  if (count === 0) return exam.ok('held orders', 'none');
  exam.found('held orders', 'held', {
    what: `${count} ${count === 1 ? 'order waits' : 'orders wait'} for a person`,
    toDo: '`relay orders held` says what for, and what resolves each.',
    isWarning: true,
  });
}
