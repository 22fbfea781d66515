import type { CampaignState } from '@relay/core';
import { inCampaignTransaction, releaseBatch, takeBack } from './campaign-batches.js';
import { AT_HFT71, FAILED_ITEM } from './campaign-items.js';
import { READ_BACK_GRACE_MS, tellPerson, watchCampaign } from './campaign-watch.js';
import { stopSending } from './campaigns.js';
import { oneRow, rows, type Ledger } from './connect.js';

/** Tries of one released order that came to nothing until it counts as failed, and its batch waits for it no longer. */
const STRAGGLER_FAILURES = 3;
/** A share of fewer orders than that says nothing, unless the batch has no more. */
const LEAST_JUDGED = 10;

/** What a step did, to be logged. */
export interface CampaignStep {
  readonly campaignId: number;
  readonly shopId: string;
  readonly state: CampaignState;
  readonly what: string;
}

/** Campaigns that may have a step to do: those that send or watch, and those stopped ones of which an order came back. */
export async function campaignsToAdvance(ledger: Ledger): Promise<number[]> {
  const found = await rows<{ id: string }>(
    ledger.pool,
    `select c.id from campaign c where c.state in ('canary', 'running', 'watching')
       or c.state in ('paused', 'cancelled') and exists (select 1 from intent i where i.campaign_id = c.id and i.state = 'ready')
     order by c.id`,
  );
  return found.map(({ id }) => Number(id));
}

interface Locked {
  readonly shopId: string;
  readonly accountId: string;
  readonly state: CampaignState;
  readonly batchNo: number;
  readonly batchSize: number;
  readonly canarySize: number;
  readonly stopPercent: number;
  readonly watchIsOver: boolean;
  readonly graceIsOver: boolean;
}

type Client = Parameters<Parameters<typeof inCampaignTransaction>[1]>[0];

/**
 * One step of one campaign: release a batch, pause on failures, begin or end the watch. In one transaction that holds its
 * row, so that two workers never make the same step, and a worker that dies has made it or not.
 * @returns null when there was nothing to do, or another worker is at it.
 */
export async function advanceCampaign(ledger: Ledger, campaignId: number): Promise<CampaignStep | null> {
  return inCampaignTransaction(ledger, async (client) => {
    const campaign = await oneRow<Locked>(
      client,
      `select shop_id as "shopId", account_id as "accountId", state, batch_no as "batchNo", batch_size as "batchSize",
              canary_size as "canarySize", stop_percent as "stopPercent",
              coalesce(state_since + watch_ms * interval '1 millisecond' <= now(), false) as "watchIsOver",
              coalesce(state_since + (watch_ms + ${READ_BACK_GRACE_MS}) * interval '1 millisecond' <= now(), false) as "graceIsOver"
       from campaign where id = $1 for update skip locked`,
      [campaignId],
    );
    if (campaign === null) return null;
    const step = await stepOf(client, campaignId, campaign);
    return step === null ? null : { campaignId, shopId: campaign.shopId, ...step };
  });
}

type Step = Pick<CampaignStep, 'state' | 'what'>;

async function stepOf(client: Client, campaignId: number, campaign: Locked): Promise<Step | null> {
  switch (campaign.state) {
    case 'canary':
    case 'running':
      return send(client, campaignId, campaign);
    case 'paused':
    case 'cancelled': {
      const back = await takeBack(client, campaignId);
      return back === 0 ? null : { state: campaign.state, what: `${back} orders that came back were put back` };
    }
    case 'watching':
      return watchCampaign(client, campaignId, campaign);
    default:
      return null;
  }
}

interface Batch {
  /** Of the newest batch, since it was started or resumed. */
  readonly released: number;
  readonly ended: number;
  readonly failed: number;
  readonly accepted: number;
  readonly shown: number;
  readonly notShown: number;
  /** Of all batches. */
  readonly open: number;
  readonly stragglers: number;
}

const BATCH = `
with item as (
  select ci.*, ci.batch_no = c.batch_no and coalesce(ci.ended_at >= c.judged_from, true) as is_judged,
         ci.ended_at is null and i.failures >= ${STRAGGLER_FAILURES} as is_straggler, ${AT_HFT71} as is_there,
         -- accepted, and then the shop showed another id: two orders may exist
         ci.outcome in ('sent', 'written_back', 'adopted') and not ${AT_HFT71} as is_lost
  from campaign c join campaign_item ci on ci.campaign_id = c.id and ci.released_at is not null
    and (ci.batch_no = c.batch_no or ci.ended_at is null)
  join intent i on i.id = ci.intent_id
  where c.id = $1
)
select count(*) filter (where is_judged)::int as released,
       count(*) filter (where is_judged and ended_at is not null)::int as ended,
       count(*) filter (where is_judged and (${FAILED_ITEM} or is_straggler or is_lost))::int as failed,
       count(*) filter (where is_judged and is_there)::int as accepted,
       count(*) filter (where is_judged and is_there and read_back = 'ok')::int as shown,
       count(*) filter (where is_judged and is_there and read_back <> 'ok')::int as "notShown",
       count(*) filter (where ended_at is null)::int as open,
       count(*) filter (where is_straggler)::int as stragglers
from item ci`;

async function send(client: Client, campaignId: number, campaign: Locked): Promise<Step | null> {
  const batch = (await oneRow<Batch>(client, BATCH, [campaignId])) as Batch;
  const stop = whyStop(campaign, batch);
  if (stop !== null) {
    await stopSending(client, campaignId, 'paused', stop);
    await tellPerson(client, campaignId, campaign, { state: 'paused', why: stop });
    return { state: 'paused', what: stop };
  }
  if (batch.open > batch.stragglers) return null;
  const isCanary = campaign.state === 'canary';
  if (isCanary && batch.shown < batch.accepted) return null; // until the shop shows their ids
  const hasPassed = isCanary && batch.accepted > 0;
  const size = isCanary && !hasPassed ? campaign.canarySize : campaign.batchSize;
  const released = await releaseBatch(client, campaignId, { no: campaign.batchNo + 1, size });
  if (released > 0) {
    const state = isCanary && !hasPassed ? 'canary' : 'running';
    await client.query(
      `update campaign set batch_no = batch_no + 1, state = $2::text, state_since = case when state = $2 then state_since else now() end,
         canary_passed_at = case when $3::boolean then now() else canary_passed_at end where id = $1`,
      [campaignId, state, hasPassed],
    );
    return { state, what: `batch ${campaign.batchNo + 1}: ${released} orders released` };
  }
  if (batch.open > 0) return null; // the last ones are still being tried
  await client.query(`update campaign set state = 'watching', state_reason = null, state_since = now() where id = $1`, [
    campaignId,
  ]);
  return { state: 'watching', what: 'all orders are through: watching for renewed failures' };
}

/** Why a batch pauses its campaign; null while it may go on. */
function whyStop({ state, stopPercent }: Locked, batch: Batch): string | null {
  const { released, ended, failed, notShown, stragglers } = batch;
  if (state === 'canary') {
    if (failed > 0) return `the canary failed: ${failed} of ${released} orders did not get through`;
    return notShown > 0 ? `the canary failed: the shop does not show the HFT71 id of ${notShown} orders` : null;
  }
  const judged = Math.min(released, ended + stragglers);
  if (judged < Math.min(LEAST_JUDGED, released) || failed * 100 <= judged * stopPercent) return null;
  const percent = Math.round((failed / judged) * 100);
  return `${failed} of ${judged} orders of the batch failed: ${percent} %, and ${stopPercent} % are allowed`;
}
