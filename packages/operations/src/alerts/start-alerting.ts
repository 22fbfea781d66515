import { setTimeout as sleep } from 'node:timers/promises';
import { alone, takeHeartbeat } from '@relay/ledger';
import { keepEvery } from '../keep-every.js';
import { readReadiness } from '../readiness.js';
import type { Relay } from '../relay.js';
import { networkFailure, openChannels } from './alert-channels.js';
import { deliverMessages } from './deliver-messages.js';
import { evaluateAlerts } from './evaluate-alerts.js';
import { LedgerAway } from './ledger-away.js';

const DELIVER_EVERY_MS = 2_000;
const HEARTBEAT_ANSWER_MS = 10_000;
const STOP_GRACE_MS = 2_000;

export interface Alerting {
  stop(): Promise<void>;
}

/**
 * Alerts need neither Redis nor a job (design decision 12): every api and every worker judges, whichever has the lock, and
 * delivers what waits. So the api tells of dead workers, and a worker of a dead api's orders.
 */
export function startAlerting(relay: Relay): Alerting {
  const { ledger, log, settings, installation } = relay;
  const { alerts } = settings;
  const channels = openChannels(alerts);
  const away = new LedgerAway(relay, channels);
  const evaluate = async () => {
    let hasJudged: boolean;
    try {
      hasJudged = await alone(ledger, 'alerts', async () => {
        await evaluateAlerts(relay);
      });
    } catch (error) {
      await away.failed(error);
      throw error;
    }
    // A process that is kept out has seen nothing work: the other one may fail as this one did.
    if (hasJudged) await away.worked();
  };
  const beat = async () => {
    if (alerts.heartbeatUrl === null || !(await readReadiness(relay)).ready) return;
    if (await takeHeartbeat(ledger, alerts.heartbeatEveryMs)) await call(alerts.heartbeatUrl);
  };
  const timers = [
    keepEvery(alerts.everyMs, evaluate, log, 'judging the alerts'),
    ...(channels.names.length === 0
      ? []
      : [
          keepEvery(
            Math.min(DELIVER_EVERY_MS, alerts.everyMs),
            () => deliverMessages({ ledger, log, settings, installation }, channels),
            log,
            'delivering alerts',
          ),
        ]),
    ...(alerts.heartbeatUrl === null
      ? []
      : [keepEvery(Math.min(alerts.heartbeatEveryMs, alerts.everyMs), beat, log, 'the call to ALERT_HEARTBEAT_URL')]),
  ];
  return {
    stop: async () => {
      // What is under way is not waited for: a message that was taken and not recorded is taken again.
      const stopped = Promise.all(timers.map((timer) => timer.stop()));
      await Promise.race([stopped, sleep(STOP_GRACE_MS, undefined, { ref: false })]);
      channels.close();
    },
  };
}

async function call(url: string): Promise<void> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(HEARTBEAT_ANSWER_MS) }).catch((error: unknown) => {
    throw new Error(networkFailure(error)); // without the address, which is a secret of the service
  });
  await answer.body?.cancel().catch(() => undefined);
  if (!answer.ok) throw new Error(`it answered HTTP ${answer.status}`);
}
