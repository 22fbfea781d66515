import type { Scenario } from '../run/scenario.js';
import { createdButLostNoLookup } from './created-but-lost-no-lookup.js';
import { killEveryStep } from './kill-every-step.js';
import { killMidPost } from './kill-mid-post.js';
import { lateAccept } from './late-accept.js';
import { pausedWorker } from './paused-worker.js';

/** The long ones first: they would else be what everybody waits for at the end. */
export const SCENARIOS: readonly Scenario[] = [
  killEveryStep,
  killMidPost,
  pausedWorker,
  createdButLostNoLookup,
  lateAccept,
];
