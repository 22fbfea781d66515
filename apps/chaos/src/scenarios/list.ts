import type { Scenario } from '../run/scenario.js';
import { createdButLostNoLookup } from './created-but-lost-no-lookup.js';
import { killEveryStep } from './kill-every-step.js';
import { killMidPost } from './kill-mid-post.js';
import { lateAccept } from './late-accept.js';
import { ledgerRolledBack } from './ledger-rolled-back.js';
import { pausedWorker } from './paused-worker.js';
import { pluginStillOn } from './plugin-still-on.js';
import { postgresAway } from './postgres-away.js';
import { postgresRestart } from './postgres-restart.js';
import { redisFlushall } from './redis-flushall.js';
import { redisHalfOpen } from './redis-half-open.js';
import { redisRestart } from './redis-restart.js';
import { twoInstallations } from './two-installations.js';

/** The long ones first: they would else be what everybody waits for at the end. */
export const SCENARIOS: readonly Scenario[] = [
  killEveryStep,
  redisHalfOpen,
  killMidPost,
  pausedWorker,
  createdButLostNoLookup,
  lateAccept,
  redisRestart,
  redisFlushall,
  postgresRestart,
  postgresAway,
  ledgerRolledBack,
  twoInstallations,
  pluginStillOn,
];
