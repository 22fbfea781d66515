import { CAMPAIGN_PARTS, type CampaignPart, type CampaignState, type HandOffState } from '@relay/core';
import { AT_HFT71, FAILED_ITEM } from './campaign-items.js';
import { campaignSelectionSchema, type CampaignSelection } from './campaign-selection.js';
import { oneRow, rows, type Ledger } from './connect.js';

/** How far a campaign is: counted from its items at this moment, and never kept beside. The first seven add up to `total`. */
export interface CampaignProgress {
  /** Orders that the campaign sends. */
  readonly total: number;
  /** Not released yet, or put back. */
  readonly waiting: number;
  /** Released: ready, or on its way. */
  readonly released: number;
  /** At HFT71. */
  readonly accepted: number;
  /** Refused or held again. */
  readonly failed: number;
  readonly inDoubt: number;
  /** Cancelled, skipped or held by a person after the release. */
  readonly left: number;
  /** Another one's matter when their turn came. */
  readonly passedOver: number;
  /** Of the accepted: the shop shows their id. */
  readonly readBack: number;
}

export interface CampaignView {
  readonly id: number;
  readonly shopId: string;
  readonly accountId: string;
  readonly state: CampaignState;
  readonly stateReason: string | null;
  readonly stateSince: Date;
  readonly selection: CampaignSelection;
  readonly unknownNumbers: readonly string[];
  readonly batchSize: number | null;
  readonly canarySize: number | null;
  readonly share: number | null;
  readonly stopPercent: number | null;
  readonly batchNo: number;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly reason: string | null;
  readonly startedAt: Date | null;
  readonly canaryPassedAt: Date | null;
  readonly watchUntil: Date | null;
  readonly endedAt: Date | null;
  /** How many orders of each part its selection matched. */
  readonly parts: Readonly<Record<CampaignPart, number>>;
  readonly progress: CampaignProgress;
  /** Orders that HFT71 has accepted in the last minute, while it sends. */
  readonly acceptedLastMinute: number;
}

/** SQL, of the item `ci` and its intent `i`: where it stands. An order that was in doubt and is found is accepted. */
const STANDS = `case when ci.released_at is null and ci.ended_at is null then 'waiting'
  when ci.ended_at is null then 'released'
  when ci.outcome = 'passed-over' then 'passedOver'
  when ${AT_HFT71} then 'accepted'
  when i.doubt_since is not null then 'inDoubt'
  when ${FAILED_ITEM} then 'failed'
  else 'left' end`;

const VIEW = `
select c.id::int, c.shop_id as "shopId", c.account_id as "accountId", c.state, c.state_reason as "stateReason", c.state_since as "stateSince",
       c.selection, c.unknown_numbers as "unknownNumbers", c.batch_size as "batchSize", c.canary_size as "canarySize", c.share,
       c.stop_percent as "stopPercent", c.batch_no as "batchNo", c.created_by as "createdBy", c.created_at as "createdAt", c.reason,
       c.started_at as "startedAt", c.canary_passed_at as "canaryPassedAt", c.ended_at as "endedAt",
       case when c.state = 'watching' then c.state_since + c.watch_ms * interval '1 millisecond' end as "watchUntil",
       coalesce((select jsonb_object_agg(p.part, p.n) from (
         select part, count(*)::int as n from campaign_item where campaign_id = c.id group by part) p), '{}') as parts,
       coalesce((select jsonb_object_agg(s.stands, s.n) from (
         select ${STANDS} as stands, count(*)::int as n from campaign_item ci join intent i on i.id = ci.intent_id
         where ci.campaign_id = c.id and ci.part = 're-arm' group by 1) s), '{}') as stands,
       (select count(*)::int from campaign_item ci where ci.campaign_id = c.id and ci.read_back = 'ok') as "readBack",
       (select count(*)::int from campaign_item ci where ci.campaign_id = c.id and ci.outcome in ('sent', 'written_back')
          and ci.ended_at > now() - interval '1 minute') as "acceptedLastMinute"
from campaign c`;

type ViewRow = Omit<CampaignView, 'selection' | 'parts' | 'progress'> & {
  selection: unknown;
  parts: Partial<Record<CampaignPart, number>>;
  stands: Partial<Record<keyof CampaignProgress, number>>;
  readBack: number;
};

export async function loadCampaign(ledger: Ledger, campaignId: number): Promise<CampaignView | null> {
  const row = await oneRow<ViewRow>(ledger.pool, `${VIEW} where c.id = $1`, [campaignId]);
  return row === null ? null : toView(row);
}

/** The newest first. */
export async function listCampaigns(
  ledger: Ledger,
  filter: { shopId?: string | undefined; limit: number },
): Promise<CampaignView[]> {
  const found = await rows<ViewRow>(
    ledger.pool,
    `${VIEW} where $1::text is null or c.shop_id = $1 order by c.id desc limit $2`,
    [filter.shopId ?? null, filter.limit],
  );
  return found.map(toView);
}

function toView({ parts, stands, readBack, selection, ...row }: ViewRow): CampaignView {
  const of = (name: keyof CampaignProgress) => stands[name] ?? 0;
  return {
    ...row,
    selection: campaignSelectionSchema.parse(selection),
    parts: Object.fromEntries(CAMPAIGN_PARTS.map((part) => [part, parts[part] ?? 0])) as Record<CampaignPart, number>,
    progress: {
      total: Object.values(stands).reduce((sum, each) => sum + each, 0),
      waiting: of('waiting'),
      released: of('released'),
      accepted: of('accepted'),
      failed: of('failed'),
      inDoubt: of('inDoubt'),
      left: of('left'),
      passedOver: of('passedOver'),
      readBack,
    },
  };
}

export interface CampaignItemView {
  readonly orderId: number;
  readonly number: string;
  readonly part: CampaignPart;
  readonly plannedState: HandOffState | null;
  readonly plannedReason: string | null;
  readonly batchNo: number | null;
  readonly outcome: string | null;
  readonly outcomeReason: string | null;
  readonly readBack: string | null;
  /** What the order is now. */
  readonly state: HandOffState | null;
  readonly reason: string | null;
  readonly hft71OrderId: string | null;
}

/** Orders that are not through: what a report names one by one. @param limit of them, in the order of their ids. */
export async function unfinishedItems(ledger: Ledger, campaignId: number, limit: number): Promise<CampaignItemView[]> {
  const found = await rows<Omit<CampaignItemView, 'orderId'> & { orderId: string }>(
    ledger.pool,
    `select ci.order_id as "orderId", o.number, ci.part, ci.planned_state as "plannedState", ci.planned_reason as "plannedReason",
            ci.batch_no as "batchNo", ci.outcome, ci.outcome_reason as "outcomeReason", ci.read_back as "readBack",
            i.state, i.reason, i.hft71_order_id as "hft71OrderId"
     from campaign_item ci join shop_order o on o.shop_id = ci.shop_id and o.order_id = ci.order_id
     left join intent i on i.id = ci.intent_id
     where ci.campaign_id = $1 and ci.part in ('re-arm', 'in-doubt', 'before-go-live', 'person')
       and not (coalesce(${AT_HFT71}, false) and (ci.read_back = 'ok' or ci.released_at is null))
     order by ci.order_id limit $2`,
    [campaignId, limit],
  );
  return found.map((row) => ({ ...row, orderId: Number(row.orderId) }));
}

/** How many of its orders were in which state for which reason when it was planned. */
export async function plannedCounts(
  ledger: Ledger,
  campaignId: number,
): Promise<{ part: CampaignPart; state: HandOffState | null; reason: string | null; orders: number }[]> {
  return rows(
    ledger.pool,
    `select part, planned_state as state, planned_reason as reason, count(*)::int as orders from campaign_item
     where campaign_id = $1 group by 1, 2, 3 order by 4 desc, 1, 2, 3`,
    [campaignId],
  );
}
