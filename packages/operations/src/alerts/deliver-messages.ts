import { recordDelivered, recordUndelivered, takeMessages, undeliveredMessages, type Undelivered } from '@relay/ledger';
import { channelNames, NotDelivered, type AlertChannels } from './alert-channels.js';
import { messageOf } from './message-text.js';
import type { Relay } from '../relay.js';

/** Longer than a channel takes: from a process that died with a message it is taken. Twice is better than never. */
const LEASE_MS = 45_000;
const AT_ONCE = 10;
/** 5, 10, 20 s … 5 min, for a day. */
const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 5 * 60_000;
const GIVE_UP_AFTER_MS = 24 * 3_600_000;

type Delivering = Pick<Relay, 'ledger' | 'log' | 'settings' | 'installation'>;

/** Whatever waits in the outbox and is due goes out: at least once each, in order within an incident. */
export async function deliverMessages(relay: Delivering, channels: AlertChannels): Promise<void> {
  for (;;) {
    const taken = await takeMessages(relay.ledger, { channels: channels.names, leaseMs: LEASE_MS, limit: AT_ONCE });
    await Promise.all(
      taken.map(async (waiting) => {
        const message = messageOf(waiting, relay.settings.alerts.runbook, relay.installation.id);
        try {
          await channels.send(waiting.channel, message);
        } catch (error) {
          await putOff(relay, waiting, error);
          return;
        }
        await recordDelivered(relay.ledger, waiting.id);
      }),
    );
    if (taken.length === 0) return;
  }
}

async function putOff(
  { ledger, log }: Delivering,
  { id, channel, tries, incidentId }: { id: number; channel: string; tries: number; incidentId: number },
  error: unknown,
): Promise<void> {
  const failure = error instanceof Error ? error.message : String(error);
  const asked = error instanceof NotDelivered ? (error.retryAfterMs ?? 0) : 0;
  const backoff = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(tries - 1, 16));
  const isGivenUp = await recordUndelivered(ledger, id, {
    failure,
    retryInMs: Math.max(backoff, Math.min(asked, LONGEST_RETRY_MS)),
    giveUpAfterMs: GIVE_UP_AFTER_MS,
  });
  const fields = { channel, incident: incidentId, tries, failure };
  if (isGivenUp) log.error('an alert is given up: it could not be delivered for a day', fields);
  else log.warn('an alert could not be delivered', fields);
}

/** Alerts that have waited for RELAY_ALERT_UNDELIVERED and did not go out; for /readyz and for people. */
export async function undeliveredAlerts({
  ledger,
  settings,
}: Pick<Relay, 'ledger' | 'settings'>): Promise<Undelivered[]> {
  const { alerts } = settings;
  return undeliveredMessages(ledger, { channels: channelNames(alerts), olderThanMs: alerts.undeliveredMs });
}
