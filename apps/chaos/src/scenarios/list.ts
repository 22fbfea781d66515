import type { Scenario } from '../run/scenario.js';
import { killMidPost } from './kill-mid-post.js';

/** In the order of the table that they come from; the long ones first would save a few seconds only. */
export const SCENARIOS: readonly Scenario[] = [killMidPost];
