import { inTransaction, oneRow, planned, rows, type Ledger } from './connect.js';
import { sendingCampaign } from './campaign-sending.js';
import { unmirroredOf } from './write-back.js';

/**
 * Steps 4 and 5 of an attempt: prepare, claim. Each is one guarded statement that says `where state = … and token = …`,
 * and one row or nothing is done (protocol, "One attempt, in this order").
 */

/**
 * Commits a new attempt token on a ready intent of which no attempt is prepared.
 * @returns false when another worker has it, or the intent is not ready any more: end the job, write nothing.
 */
export async function prepareAttempt(
  ledger: Ledger,
  attempt: { intentId: string; token: string; worker: string; payloadHash: string },
): Promise<boolean> {
  try {
    const row = await oneRow(
      ledger.pool,
      planned(
        'prepare attempt',
        `with armed as (
         update intent set token = $2
         where id = $1 and state = 'ready'
           and not exists (select 1 from attempt where intent_id = $1 and claimed_at is null and ended_at is null)
         returning id, dispatch_no
       )
       insert into attempt (token, intent_id, dispatch_no, worker, payload_hash)
       select $2, id, dispatch_no, $3, $4 from armed returning token`,
      ),
      [attempt.intentId, attempt.token, attempt.worker, attempt.payloadHash],
    );
    return row !== null;
  } catch (error) {
    // Two at the same instant both saw no prepared attempt: the unique index lets one through.
    if (isUniqueViolation(error, 'attempt_prepared')) return false;
    throw error;
  }
}

export type ClaimRefusal =
  | 'not-ready'
  | 'shop-not-live'
  | 'shop-paused'
  | 'breaker-open'
  | 'frozen'
  | 'window-full'
  | 'unmirrored'
  | 'update-under-way'
  | 'campaign-stopped';

/**
 * `ready → sending`, under a lock on the account's row, so that two workers cannot both fill the last place of the send
 * window. The lease starts here.
 */
export async function claimAttempt(
  ledger: Ledger,
  claim: {
    intentId: string;
    accountId: string;
    token: string;
    payloadHash: string;
    addressHash: string;
    leaseMs: number;
    maxUnmirrored: number;
  },
): Promise<'claimed' | ClaimRefusal> {
  return inTransaction(ledger, async (client) => {
    await rows(client, LOCK, [claim.accountId, claim.intentId]);
    const row = await oneRow<{ claimed: boolean; refusal: ClaimRefusal }>(client, CLAIM, [
      claim.intentId,
      claim.accountId,
      claim.token,
      claim.payloadHash,
      claim.leaseMs,
      claim.maxUnmirrored,
      claim.addressHash,
    ]);
    if (row === null) return 'not-ready';
    return row.claimed ? 'claimed' : row.refusal;
  });
}

/**
 * The account's row; and for a reprint, beside which an update of its order may be made, the lock under which updates are
 * claimed: each would else see the other's lease too late (per order one remote call at a time).
 */
const LOCK = planned(
  'lock the account',
  `
select (select pg_advisory_xact_lock(hashtext('updates'), hashtext(shop_id || '/' || order_id))::text from intent
        where id = $2 and kind = 'reprint')
from account where id = $1 for update`,
);

const CLAIM = planned(
  'claim',
  `
with looked as (
  select i.id, s.mode = 'live' as live, s.paused_at is null as running, a.breaker_state <> 'open' as closed, coalesce(a.frozen_until > now(), false) as frozen,
         (select count(*) from intent x where x.account_id = a.id and x.state = 'sending') < send_window(a) as room,
         ${unmirroredOf('i.shop_id')} < $6::int as mirrored,
         not exists (select 1 from intent u where u.shop_id = i.shop_id and u.order_id = i.order_id
                     and u.kind in ('update_order', 'update_order_address') and u.lease_until > now()) as alone,
         -- a job that is older than the pause of its campaign, or a retry from the Board
         i.campaign_id is null or exists (select 1 from campaign c where c.id = i.campaign_id and ${sendingCampaign('c')}) as goes
  from intent i join shop s on s.id = i.shop_id join account a on a.id = i.account_id
  where i.id = $1 and a.id = $2 and i.state = 'ready' and i.token = $3 and not i.cancel_requested
    and exists (select 1 from attempt t where t.token = $3 and t.claimed_at is null and t.ended_at is null)
),
claimed as (
  update intent i set state = 'sending', payload_hash = $4, address_hash = $7, lease_until = now() + $5::bigint * interval '1 millisecond',
         state_since = now()
  from looked
  where i.id = looked.id and i.state = 'ready' and i.token = $3 and live and running and closed and room and mirrored and alone and goes
  returning i.id
),
marked as (
  update attempt set claimed_at = now(), address_hash = $7 from claimed where token = $3 returning token
)
select exists (select 1 from marked) as claimed,
       case when not live then 'shop-not-live' when not running then 'shop-paused' when not closed then 'breaker-open' when frozen then 'frozen'
            when not mirrored then 'unmirrored' when not alone then 'update-under-way'
            when not goes then 'campaign-stopped' else 'window-full' end as refusal
from looked`,
);

export function isUniqueViolation(error: unknown, index: string): boolean {
  const fault = error as { code?: string; constraint?: string };
  return fault.code === '23505' && fault.constraint === index;
}
