import { AFTER_A_FAILURE, AFTER_A_SUCCESS } from './breaker.js';

/**
 * What the end of a POST means for its account's breaker and send window: parts of the statements that record it, so that
 * a worker that dies after the record has counted it too. They join a CTE `ended` (intent_id, claimed_at, prepared_at).
 *
 * An attempt from before the breaker last moved tells of the time before: six POSTs that hang together when the third of
 * them opens the breaker must not re-open it three times.
 */
const OF_THIS_TIME = `a.breaker_state <> 'open' and coalesce(ended.claimed_at, ended.prepared_at) >= coalesce(a.breaker_since, '-infinity')`;

/** 5xx, no answer, no connection, 403/404/405. The window stops growing. @param counts SQL: whether this end is a failure. */
export function countFailedPost(counts: string, reason: string): string {
  return `update account a set ${AFTER_A_FAILURE}, breaker_reason = ${reason},
    window_base = greatest(1, send_window(a)), window_since = now()
  from ended join intent i on i.id = ended.intent_id
  where a.id = i.account_id and ${counts} and ${OF_THIS_TIME}`;
}

/** Half-open ends with the first accepted POST; the window then grows from 1. Writes nothing in quiet times. */
export const COUNT_ACCEPTED_POST = `update account a set ${AFTER_A_SUCCESS},
    window_base = case when a.breaker_state = 'half_open' then 1 else a.window_base end,
    window_since = case when a.breaker_state = 'half_open' then now() else a.window_since end
  from ended join intent i on i.id = ended.intent_id
  where a.id = i.account_id and (a.failures > 0 or a.breaker_state = 'half_open') and a.breaker_state <> 'open'`;
