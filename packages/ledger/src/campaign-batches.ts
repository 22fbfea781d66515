import { RE_ARMABLE_HELD_REASONS } from '@relay/core';
import type pg from 'pg';
import { inTransaction, oneRow, type Ledger } from './connect.js';

/**
 * The two acts that move orders between a campaign and the list that they were on. Each is one statement, in a transaction
 * that holds the campaign's row: so a release and a pause follow each other, and never meet.
 */

/**
 * Certainly not processed, and as it was planned: judged on the locked row at the moment of the release, whatever the plan
 * found earlier. An order that a person, the shop or a look-up has moved since is no matter of the campaign any more.
 */
const MAY_BE_RELEASED = `(i.state = ci.planned_state and i.reason is not distinct from ci.planned_reason
  and (i.state = 'rejected' or i.state = 'held' and i.reason in (${RE_ARMABLE_HELD_REASONS.map((each) => `'${each}'`).join(', ')}))
  -- a person has held it once more since
  and (i.reason is distinct from 'person' or i.state_since <= (select created_at from campaign where id = ci.campaign_id))
  and i.doubt_since is null and i.hft71_order_id is null and i.reference is not null and not i.cancel_requested
  and i.campaign_id is null and not o.before_live and o.identity_changed_at is null and o.shop_hft71_id is null)`;

const RELEASE = `
with turn as (
  select ci.order_id, i.id, ${MAY_BE_RELEASED} as fits, i.state, i.reason, i.reason_detail, i.failures, i.last_failure, i.state_since
  from campaign_item ci
  join intent i on i.id = ci.intent_id
  join shop_order o on o.shop_id = ci.shop_id and o.order_id = ci.order_id
  where ci.campaign_id = $1 and ci.part = 're-arm' and ci.ended_at is null and ci.released_at is null
  order by ci.order_id limit $2 for update of i
),
armed as (
  update intent i set state = 'ready', reason = null, reason_detail = null, person_hold = null, failures = 0, last_failure = null, not_before = null,
    dispatched_until = null, could_go_from = null, campaign_id = $1, state_since = now()
  from turn where i.id = turn.id and turn.fits
  returning i.id
),
told as (
  update campaign_item ci set
    released_at = case when turn.fits then now() end, batch_no = case when turn.fits then $3::int end,
    was = case when turn.fits then jsonb_build_object('state', turn.state, 'reason', turn.reason, 'detail', turn.reason_detail,
      'failures', turn.failures, 'lastFailure', turn.last_failure, 'since', turn.state_since) end,
    ended_at = case when not turn.fits then now() end, outcome = case when not turn.fits then 'passed-over' end,
    outcome_reason = case when not turn.fits then turn.state || coalesce(': ' || turn.reason, '') end
  from turn where ci.campaign_id = $1 and ci.order_id = turn.order_id
  returning 1
)
select (select count(*)::int from armed) as released, (select count(*)::int from told) as turned`;

/**
 * Releases the next orders, as one batch. Those that are another one's matter by now are passed over, and others take
 * their turn. @returns how many were released: 0 when none is left.
 */
export async function releaseBatch(
  client: pg.PoolClient,
  campaignId: number,
  batch: { no: number; size: number },
): Promise<number> {
  let released = 0;
  while (released < batch.size) {
    const row = await oneRow<{ released: number; turned: number }>(client, RELEASE, [
      campaignId,
      batch.size - released,
      batch.no,
    ]);
    if (row === null || row.turned === 0) break;
    released += row.released;
  }
  return released;
}

/** What the shop has edited meanwhile would have gone by itself: it goes on so, and is no matter of the campaign. */
const LET_GO = `
with edited as (
  update intent i set campaign_id = null
  from campaign_item ci join shop_order o on o.shop_id = ci.shop_id and o.order_id = ci.order_id
  where ci.campaign_id = $1 and ci.ended_at is null and ci.released_at is not null and i.id = ci.intent_id
    and i.campaign_id = $1 and i.state = 'ready' and (ci.planned_state = 'rejected' or ci.planned_reason = 'mapping')
    and i.content_hash is not null and i.content_hash <> o.content_hash
  returning i.id
)
update campaign_item ci set ended_at = now(), outcome = 'passed-over', outcome_reason = 'edited in the shop'
from edited where ci.campaign_id = $1 and ci.intent_id = edited.id`;

const TAKE_BACK = `
with back as (
  update intent i set state = ci.was ->> 'state', reason = ci.was ->> 'reason', reason_detail = ci.was ->> 'detail',
    person_hold = case when ci.was ->> 'reason' = 'person' then coalesce(ci.was ->> 'detail', '') end,
    failures = (ci.was ->> 'failures')::int, last_failure = ci.was ->> 'lastFailure', state_since = (ci.was ->> 'since')::timestamptz,
    not_before = null, dispatched_until = null, campaign_id = null
  from campaign_item ci
  where ci.campaign_id = $1 and ci.ended_at is null and ci.released_at is not null and i.id = ci.intent_id
    and i.campaign_id = $1 and i.state = 'ready' and i.doubt_since is null
  returning i.id
)
update campaign_item ci set released_at = null, batch_no = null, was = null
from back where ci.campaign_id = $1 and ci.intent_id = back.id`;

/**
 * Puts back what was released and not claimed, with the reason that it had. A prepared attempt does not keep an order: its
 * claim finds it not ready. What is on its way ends as it ends. @returns how many were put back.
 */
export async function takeBack(client: pg.PoolClient, campaignId: number): Promise<number> {
  await client.query(LET_GO, [campaignId]);
  const result = await client.query(TAKE_BACK, [campaignId]);
  return result.rowCount ?? 0;
}

const TRIES = 5;

/** A whole transaction that lost a deadlock did nothing: it may be made again. */
export async function inCampaignTransaction<T>(
  ledger: Ledger,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await inTransaction(ledger, work);
    } catch (error) {
      const lost = ['40P01', '40001'].includes((error as { code?: string }).code ?? '');
      if (!lost || tries === TRIES) throw error;
    }
  }
}
