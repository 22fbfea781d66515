import type { Scenario } from '../run/scenario.js';
import { alertRules } from './alert-rules.js';
import { alerts } from './alerts.js';
import { campaign } from './campaign.js';
import { cancelRaces } from './cancel-races.js';
import { clockSkew } from './clock-skew.js';
import { createdButLostNoLookup } from './created-but-lost-no-lookup.js';
import { createdButLost } from './created-but-lost.js';
import { credentialsRotated } from './credentials-rotated.js';
import { doctor } from './doctor.js';
import { drain } from './drain.js';
import { duplicatePolicies } from './duplicate-policies.js';
import { flapping } from './flapping.js';
import { histories } from './histories.js';
import { keyReadOnly } from './key-read-only.js';
import { killEveryStep } from './kill-every-step.js';
import { killMidPost } from './kill-mid-post.js';
import { lateAccept } from './late-accept.js';
import { ledgerRolledBack, ledgerRolledBackDeclared } from './ledger-rolled-back.js';
import { lookUpLies } from './look-up-lies.js';
import { outageHang } from './outage-hang.js';
import { outagePostOnly } from './outage-post-only.js';
import { outageRefused } from './outage-refused.js';
import { pausedWorker } from './paused-worker.js';
import { pluginStillOn } from './plugin-still-on.js';
import { poison } from './poison.js';
import { postgresAway } from './postgres-away.js';
import { postgresRestart } from './postgres-restart.js';
import { redisFlushall } from './redis-flushall.js';
import { redisHalfOpen } from './redis-half-open.js';
import { redisRestart } from './redis-restart.js';
import { runbookOutage } from './runbook-outage.js';
import { shopAway, shopHtml } from './shop-away.js';
import { stockFeeds } from './stock-feeds.js';
import { stockKill } from './stock-kill.js';
import { stockRaces } from './stock-races.js';
import { storm429 } from './storm-429.js';
import { trickle } from './trickle.js';
import { twoInstallations } from './two-installations.js';
import { webhookShuffle } from './webhook-shuffle.js';

/** The long ones first: they would else be what everybody waits for at the end. */
export const SCENARIOS: readonly Scenario[] = [
  histories,
  outageHang,
  storm429,
  outagePostOnly,
  flapping,
  campaign,
  killEveryStep,
  outageRefused,
  drain,
  redisHalfOpen,
  alertRules,
  alerts,
  lookUpLies,
  createdButLost,
  duplicatePolicies,
  trickle,
  killMidPost,
  pausedWorker,
  createdButLostNoLookup,
  lateAccept,
  redisRestart,
  redisFlushall,
  postgresRestart,
  postgresAway,
  ledgerRolledBack,
  ledgerRolledBackDeclared,
  twoInstallations,
  pluginStillOn,
  shopAway,
  shopHtml,
  keyReadOnly,
  cancelRaces,
  poison,
  clockSkew,
  credentialsRotated,
  webhookShuffle,
  doctor,
  runbookOutage,
  stockRaces,
  stockKill,
  stockFeeds,
];
