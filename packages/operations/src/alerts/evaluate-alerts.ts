import { judgeAlerts, JUDGED_KINDS, type AlertFacts } from '@relay/core';
import {
  accountFacts,
  clearAlerts,
  endedWithoutEvidence,
  gatherAlerts,
  gatherEvidence,
  keepEvidence,
  keepIncidents,
  recordFindings,
  shopFacts,
  workerFacts,
  type ToldChange,
  type WatchedShop,
} from '@relay/ledger';
import type { Relay } from '../relay.js';
import { channelNames } from './alert-channels.js';
import { tellLog } from './tell-log.js';

export type Evaluated = Pick<Relay, 'ledger' | 'log' | 'settings' | 'redis' | 'shops'>;

/** A condition that flickers for less than this many evaluations keeps the time that it has held. */
const GRACE_EVALUATIONS = 3;
const PING_MS = 2_000;

/**
 * One evaluation: the rules over the ledger and the call log, alerts into incidents, messages into the outbox. By one
 * process at a time, and without Redis: that is only asked whether it answers. @returns what people are told.
 */
export async function evaluateAlerts(relay: Evaluated): Promise<ToldChange[]> {
  const { ledger, settings } = relay;
  const { thresholds, everyMs, clearMs, cooldownMs } = settings.alerts;
  const findings = judgeAlerts(await readFacts(relay), thresholds);
  await recordFindings(ledger, findings, { graceMs: GRACE_EVALUATIONS * everyMs });
  await clearAlerts(ledger, JUDGED_KINDS, findings, { clearMs });
  const options = { channels: channelNames(settings.alerts), cooldownMs };
  const told: ToldChange[] = [];
  for (const changeIncidents of [gatherAlerts, keepIncidents]) {
    const changes = await changeIncidents(ledger, options);
    changes.forEach((change) => tellLog(relay, change)); // at once: what is committed is not told again
    told.push(...changes);
  }
  for (const incidentId of await endedWithoutEvidence(ledger)) {
    const evidence = await gatherEvidence(ledger, incidentId, { sendDelayMs: settings.sendDelayMs });
    if (evidence !== null) await keepEvidence(ledger, incidentId, evidence);
  }
  return told;
}

async function readFacts({ ledger, redis, settings, shops }: Evaluated): Promise<AlertFacts> {
  const { windowMs, webhookSilenceMs } = settings.alerts.thresholds;
  const watched = [...shops.values()].map(({ id, accountId, settings: { hft71 } }): WatchedShop => ({
    id,
    accountId,
    granted: (hft71.rate.calls / hft71.rate.windowMs) * windowMs,
    expectsHft71Webhook: hft71.webhookSecrets.length > 0,
    expectsDeliveries: settings.publicUrl !== null,
    sweepIntervalMs: settings.timing.sweepIntervalMs,
    stockIntervalMs: hft71.stockSync ? hft71.stockIntervalMs : null,
  }));
  const times = { windowMs, webhookSilenceMs };
  const [accounts, ofShops, workers, redisAnswers] = await Promise.all([
    accountFacts(ledger, watched, times),
    shopFacts(ledger, watched, times),
    workerFacts(ledger, settings.alerts.thresholds.noWorkerMs),
    doesAnswer(redis),
  ]);
  return { accounts, shops: ofShops, workers, redisAnswers };
}

/** A connection that hangs is no answer either. */
async function doesAnswer(redis: Relay['redis']): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), PING_MS);
  });
  const answered = redis.ping().then(
    () => true,
    () => false,
  );
  const result = await Promise.race([answered, late]);
  clearTimeout(timer);
  return result;
}
