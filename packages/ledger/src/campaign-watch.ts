import type { CampaignState } from '@relay/core';
import type { inCampaignTransaction } from './campaign-batches.js';
import { FAILED_CALL, LET_BE } from './breaker.js';
import { AT_HFT71, FAILED_ITEM } from './campaign-items.js';
import { CAMPAIGN_ALERT, campaignSubject, NOT_VERIFIED_ALERT } from './campaigns.js';
import { oneRow } from './connect.js';

/** So much longer it waits for ids that are still to be written into the shop, or to be read there. */
export const READ_BACK_GRACE_MS = 10 * 60_000;
/** Failed calls that end the watch before its time. */
const LEAST_FAILED_CALLS = 3;

type Client = Parameters<Parameters<typeof inCampaignTransaction>[1]>[0];

/** A campaign whose orders are all through. */
export interface Watching {
  readonly shopId: string;
  readonly stopPercent: number;
  readonly watchIsOver: boolean;
  readonly graceIsOver: boolean;
}

interface Watched {
  readonly calls: number;
  readonly failedCalls: number;
  /** null where nobody has opened the breaker. */
  readonly isAway: boolean | null;
  readonly accepted: number;
  readonly doubts: number;
  /** HFT71 did not take them, as few as the stop rule allows. */
  readonly failed: number;
  readonly lost: number;
  readonly notShown: number;
  /** Of these: nobody has looked yet. */
  readonly unread: number;
}

/** SQL, of the call `c`: no order goes that way. */
const FAILED = `(${FAILED_CALL} or c.status in (401, 403, 404, 405))`;

/** The account's orders at HFT71 since the watch began, and what became of the campaign's own. */
const WATCH = `
with watch as (select account_id, state_since as since from campaign where id = $1),
called as (
  select count(*) filter (where c.action = 'send_order' or ${FAILED}) as calls, count(*) filter (where ${FAILED}) as failed
  from watch join shop s on s.account_id = watch.account_id
  join api_call c on c.shop_id = s.id and c.target = 'hft71' and c.action in ('send_order', 'login') and c.at >= watch.since
    and not ${LET_BE}
),
-- a connection that was not even taken is no call
turned_away as (
  select count(*) as tries from watch join intent i on i.account_id = watch.account_id
  join attempt t on t.intent_id = i.id and t.prepared_at >= watch.since and t.cause = 'nothing-sent' and t.claimed_at is null
)
select (select calls + tries from called, turned_away)::int as calls,
       (select failed + tries from called, turned_away)::int as "failedCalls",
       (select a.breaker_state <> 'closed' and a.breaker_owner not like 'person:%' from watch join account a on a.id = watch.account_id) as "isAway",
       count(*) filter (where ${AT_HFT71})::int as accepted,
       count(*) filter (where i.doubt_since is not null)::int as doubts,
       count(*) filter (where ${FAILED_ITEM} and not ${AT_HFT71} and i.doubt_since is null)::int as failed,
       count(*) filter (where ci.outcome in ('sent', 'written_back', 'adopted') and not ${AT_HFT71})::int as lost,
       count(*) filter (where ${AT_HFT71} and ci.read_back is distinct from 'ok')::int as "notShown",
       count(*) filter (where ${AT_HFT71} and ci.read_back is null)::int as unread
from campaign_item ci join intent i on i.id = ci.intent_id
where ci.campaign_id = $1 and ci.released_at is not null`;

/** Whether the watch ends, and how; within the transaction that holds the campaign's row. */
export async function watchCampaign(
  client: Client,
  campaignId: number,
  campaign: Watching,
): Promise<{ state: CampaignState; what: string } | null> {
  const watched = (await oneRow<Watched>(client, WATCH, [campaignId])) as Watched;
  const { calls, failedCalls, isAway, accepted, doubts, failed, lost, notShown, unread } = watched;
  const failsAgain = failedCalls * 100 > calls * campaign.stopPercent;
  const endsEarly = (failsAgain && failedCalls >= LEAST_FAILED_CALLS) || lost > 0;
  if (!campaign.watchIsOver && !endsEarly) return null;
  if (unread > 0 && !campaign.graceIsOver && !endsEarly) return null;
  const problems = [
    ...(failsAgain ? [`${failedCalls} of ${calls} calls that send orders failed during the watch`] : []),
    ...(isAway === true ? ['HFT71 is away: its breaker is open'] : []),
    ...(accepted === 0 ? ['none of its orders is at HFT71'] : []),
    ...(doubts > 0 ? [`${doubts} orders are in doubt`] : []),
    ...(lost > 0 ? [`${lost} orders are no longer shown as sent`] : []),
    ...(notShown > 0 ? [`the shop does not show the HFT71 id of ${notShown} orders`] : []),
  ];
  const state = problems.length === 0 ? 'verified' : 'not_verified';
  const what =
    problems.length === 0
      ? `every order sent is in the shop, and nothing failed again${failed > 0 ? `; ${failed} did not get through` : ''}`
      : problems.join('; ');
  await client.query(
    `update campaign set state = $2, state_reason = $3, state_since = now(), ended_at = now() where id = $1`,
    [campaignId, state, what],
  );
  if (state === 'not_verified') await tellPerson(client, campaignId, campaign, { state, why: what });
  return { state, what };
}

/** An alert, and a line in the audit: what the relay did by itself. */
export async function tellPerson(
  client: Client,
  campaignId: number,
  { shopId }: { shopId: string },
  { state, why }: { state: 'paused' | 'not_verified'; why: string },
): Promise<void> {
  const isPaused = state === 'paused';
  const message = `${isPaused ? 'paused' : 'not verified'}: ${why}`;
  await client.query(
    `insert into alert (kind, severity, subject, message) values ($1, 2, $2, $3)
     on conflict (kind, subject) where resolved_at is null do nothing`,
    [
      isPaused ? CAMPAIGN_ALERT : NOT_VERIFIED_ALERT,
      campaignSubject(shopId, campaignId),
      `campaign ${campaignId} ${message}`,
    ],
  );
  await client.query('insert into audit (actor, action, subject, reason) values ($1, $2, $3, $4)', [
    'relay',
    isPaused ? 'resend pause' : 'resend end',
    campaignSubject(shopId, campaignId),
    message,
  ]);
}
