import type { OnApiCall } from '@relay/core';
import { statusClass, type Metrics } from './metrics.js';

/** Counts and times a call, for the clients' `onApiCall`. */
export function recordApiCall(metrics: Metrics): OnApiCall {
  return ({ target, action, status, durationMs }) => {
    metrics.apiCalls.inc({ target, action, status_class: statusClass(status) });
    metrics.apiCallSeconds.observe({ target, action }, durationMs / 1000);
  };
}
