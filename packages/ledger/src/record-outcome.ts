import { inTransaction, oneRow, planned, type Ledger } from './connect.js';
import { isUniqueViolation } from './attempt.js';
import { COUNT_ACCEPTED_POST, countFailedPost } from './count-post.js';
import type { HandOffState } from '@relay/core';
import { shownElsewhere } from './shown-elsewhere.js';
import { wantWriteBack } from './want-write-back.js';

/**
 * Step 7: attempt and intent in one statement, `where token = … and state = …`. What comes late is dropped, but for an
 * id: that is evidence, and is never thrown away (model, R3).
 */

export interface Seen {
  readonly httpStatus: number | null;
  readonly errorCode: string | null;
  /** Whether bytes may have left. */
  readonly left: boolean;
}

/** HFT71 certainly did not process it. @returns the intent's state, null when the result came too late to count. */
export async function recordNotProcessed(
  ledger: Ledger,
  token: string,
  seen: Seen & {
    cause: string;
    notBeforeMs: number;
    lastFailure: string;
    /** The account's breaker counts it: no connection, 403/404/405, a declared 5xx. */
    countsAsFailure?: boolean;
  },
): Promise<HandOffState | null> {
  const row = await oneRow<{ state: HandOffState }>(
    ledger.pool,
    `with ended as (
       update attempt set ended_at = now(), outcome = 'not_processed', cause = $2, http_status = $3, error_code = $4,
              left_at = case when $5::boolean then coalesce(left_at, now()) end
       where token = $1 and ended_at is null returning intent_id, claimed_at, prepared_at
     ),
     counted as (${countFailedPost('$8::boolean', '$7')})
     update intent i set
       state = case when i.state = 'ready' then i.state
                    when i.doubt_since is not null then 'in_doubt'
                    when i.cancel_requested then 'cancelled' else 'ready' end,
       lease_until = null, dispatched_until = null, failures = i.failures + 1, last_failure = $7,
       not_before = now() + $6::bigint * interval '1 millisecond',
       state_since = case when i.state = 'ready' then i.state_since else now() end
     from ended where i.id = ended.intent_id and i.token = $1 and i.state in ('ready', 'sending')
     returning i.state`,
    [
      token,
      seen.cause,
      seen.httpStatus,
      seen.errorCode,
      seen.left,
      seen.notBeforeMs,
      seen.lastFailure,
      seen.countsAsFailure ?? false,
    ],
  );
  return row?.state ?? null;
}

/** HFT71 refuses the order as it is: a person mends it. */
export async function recordRejected(
  ledger: Ledger,
  token: string,
  seen: Seen & { contentHash: string; detail: string },
): Promise<HandOffState | null> {
  const row = await oneRow<{ state: HandOffState }>(
    ledger.pool,
    `with ended as (
       update attempt set ended_at = now(), outcome = 'rejected', cause = 'rejected', http_status = $2, error_code = $3,
              left_at = coalesce(left_at, now())
       where token = $1 and ended_at is null returning intent_id
     )
     update intent i set
       state = case when i.doubt_since is not null then 'in_doubt' when i.cancel_requested then 'cancelled' else 'rejected' end,
       reason = 'http-' || $2::int, reason_detail = $5, content_hash = $4, last_failure = $5,
       -- a refusal proves nothing about the attempt before it, but that sending this again is of no use
       no_resend = i.doubt_since is not null,
       lease_until = null, dispatched_until = null, state_since = now()
     from ended where i.id = ended.intent_id and i.token = $1 and i.state = 'sending'
     returning i.state`,
    [token, seen.httpStatus, seen.errorCode, seen.contentHash, seen.detail],
  );
  return row?.state ?? null;
}

/** Neither acceptance nor refusal is proven. The doubt's age is its first; settle starts anew. */
export async function recordInDoubt(
  ledger: Ledger,
  token: string,
  seen: Seen & { cause: string; settleMs: number },
): Promise<HandOffState | null> {
  const row = await oneRow<{ state: HandOffState }>(
    ledger.pool,
    `with ended as (
       update attempt set ended_at = now(), outcome = 'in_doubt', cause = $2, http_status = $3, error_code = $4,
              left_at = coalesce(left_at, now())
       where token = $1 and ended_at is null returning intent_id, claimed_at, prepared_at
     ),
     counted as (${countFailedPost('true', '$2')})
     update intent i set
       state = 'in_doubt', reason = null, doubt_since = coalesce(i.doubt_since, now()), unreadable_look_ups = 0, look_up_at = null,
       settle_until = now() + $5::bigint * interval '1 millisecond', lease_until = null, dispatched_until = null,
       last_failure = $2, state_since = now()
     from ended where i.id = ended.intent_id and i.token = $1 and i.state = 'sending'
     returning i.state`,
    [token, seen.cause, seen.httpStatus, seen.errorCode, seen.settleMs],
  );
  return row?.state ?? null;
}

/** A 4xx that says the reference is known there: it settles an own doubt, else somebody else has the reference. */
export async function recordDuplicate(
  ledger: Ledger,
  token: string,
  seen: Seen & { hft71OrderId: string | null },
): Promise<HandOffState | null> {
  const doubt = await oneRow<{ has: boolean }>(
    ledger.pool,
    'select i.doubt_since is not null as has from intent i join attempt a on a.intent_id = i.id where a.token = $1',
    [token],
  );
  if (doubt?.has === true && seen.hft71OrderId !== null)
    return recordAccepted(ledger, token, { ...seen, hft71OrderId: seen.hft71OrderId });
  const row = await oneRow<{ state: HandOffState }>(
    ledger.pool,
    `with ended as (
       update attempt set ended_at = now(), outcome = 'rejected', cause = 'duplicate', http_status = $2, error_code = $3,
              hft71_order_id = $4, left_at = coalesce(left_at, now())
       where token = $1 and ended_at is null returning intent_id
     )
     update intent i set
       state = 'held', reason = case when i.doubt_since is not null then 'exists' else 'reference-taken' end,
       reason_detail = case when $4::text is null then null else 'HFT71 names its order ' || $4 end,
       lease_until = null, dispatched_until = null, look_up_at = null, state_since = now()
     from ended where i.id = ended.intent_id and i.token = $1 and i.state = 'sending'
     returning i.state`,
    [token, seen.httpStatus, seen.errorCode, seen.hft71OrderId],
  );
  return row?.state ?? null;
}

/**
 * HFT71 has the order. In time this is `sending → sent`; late it is evidence: an own token's id settles a doubt, and
 * one that contradicts what is known holds the order as `conflict`, and so does an id that another order has or shows.
 */
export async function recordAccepted(
  ledger: Ledger,
  token: string,
  seen: Seen & { hft71OrderId: string },
): Promise<HandOffState | null> {
  // `replays` answers with the order that has the reference, whoever sent it.
  if ((await shownElsewhere(ledger, { token }, seen.hft71OrderId)) !== null)
    return recordIdConflict(ledger, token, seen);
  try {
    const row = await oneRow<{ state: HandOffState }>(ledger.pool, ACCEPTED, [
      token,
      seen.hft71OrderId,
      seen.httpStatus,
    ]);
    return row?.state ?? null;
  } catch (error) {
    if (!isUniqueViolation(error, 'intent_account_id_hft71_order_id_key')) throw error;
    return recordIdConflict(ledger, token, seen);
  }
}

/** SQL: of the newest attempt before this one that may have been processed. */
const ofDoubtfulAttempt = (column: 'payload_hash' | 'address_hash') =>
  `(select d.${column} from attempt d where d.intent_id = i.id and d.token <> $1
  and d.outcome in ('in_doubt', 'abandoned') order by d.prepared_at desc limit 1)`;

const ACCEPTED = planned(
  'record accepted',
  `
with ended as (
  update attempt set ended_at = coalesce(ended_at, now()), outcome = 'accepted', cause = null, http_status = $3,
         hft71_order_id = $2, left_at = coalesce(left_at, now())
  where token = $1 and (ended_at is null or outcome in ('in_doubt', 'abandoned', 'accepted'))
  returning intent_id, claimed_at, prepared_at
),
counted as (${COUNT_ACCEPTED_POST}),
target as (
  select i.id, i.state = 'sending' and i.token = $1 as in_time,
         i.hft71_order_id = $2 as known,
         i.hft71_order_id is not null or coalesce(i.reason, '') = 'conflict' or i.state = 'sending' or exists (
           select 1 from attempt o where o.intent_id = i.id and o.token <> $1 and o.claimed_at > ended.claimed_at
             and o.outcome is distinct from 'not_processed' and o.outcome is distinct from 'rejected') as contradicts
  from intent i join ended on ended.intent_id = i.id
  for update of i
),
settled as (
  update intent i set
    state = case when in_time or not contradicts then 'sent' else 'held' end,
    reason = case when in_time or not contradicts then null else 'conflict' end,
    reason_detail = case when in_time or not contradicts then null
                         else 'attempt ' || $1::text || ' was accepted as ' || $2::text end,
    hft71_order_id = case when in_time or not contradicts then $2 else i.hft71_order_id end,
    accepted_hash = case
      when not in_time and contradicts then i.accepted_hash
      -- sent again while in doubt: what HFT71 has may be the doubtful attempt's content, and a difference becomes an update
      when in_time and i.doubt_since is not null then coalesce(${ofDoubtfulAttempt('payload_hash')}, i.payload_hash)
      else (select payload_hash from attempt where token = $1) end,
    address_hash = case
      when not in_time and contradicts then i.address_hash
      when in_time and i.doubt_since is not null then coalesce(${ofDoubtfulAttempt('address_hash')}, i.address_hash)
      else coalesce((select address_hash from attempt where token = $1), i.address_hash) end,
    no_resend = case when in_time or not contradicts then false else i.no_resend end,
    -- two orders may exist: a doubt, which no cancellation and no later refusal clears
    doubt_since = case when in_time or not contradicts then null else coalesce(i.doubt_since, now()) end,
    settle_until = null, lease_until = null, dispatched_until = null, not_before = null, failures = 0,
    last_failure = null, state_since = now()
  from target where i.id = target.id and known is not true
  returning i.*
),
to_write as (
  ${wantWriteBack("settled where state = 'sent'")}
)
select state from settled
union all
select i.state from intent i join target on target.id = i.id where known`,
);

/** HFT71 answered an id that another order of the account has already: no order may show it, a person looks. */
async function recordIdConflict(
  ledger: Ledger,
  token: string,
  seen: Seen & { hft71OrderId: string },
): Promise<HandOffState | null> {
  return inTransaction(ledger, async (client) => {
    const row = await oneRow<{ state: HandOffState }>(
      client,
      `with ended as (
         update attempt set ended_at = coalesce(ended_at, now()), outcome = 'accepted', cause = 'conflict', http_status = $3,
                hft71_order_id = $2, left_at = coalesce(left_at, now())
         where token = $1 returning intent_id
       )
       update intent i set state = 'held', reason = 'conflict',
         reason_detail = 'HFT71 answered its order ' || $2::text || ', which another order has or shows already',
         doubt_since = coalesce(i.doubt_since, now()), lease_until = null, dispatched_until = null, state_since = now()
       from ended where i.id = ended.intent_id
       returning i.state`,
      [token, seen.hft71OrderId, seen.httpStatus],
    );
    return row?.state ?? null;
  });
}
