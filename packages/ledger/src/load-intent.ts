import type { HandOffState, IntentKind, ShopMode } from '@relay/core';
import { sendingCampaign } from './campaign-sending.js';
import { isAnothersId } from './identity.js';
import { oneRow, planned, rows, type Ledger } from './connect.js';

/** What an attempt needs to know before it reads the shop. */
export interface IntentView {
  readonly id: string;
  readonly kind: IntentKind;
  readonly shopId: string;
  readonly orderId: number;
  readonly accountId: string;
  readonly state: HandOffState;
  readonly reason: string | null;
  readonly reference: string | null;
  readonly hft71OrderId: string | null;
  readonly hasDoubt: boolean;
  readonly token: string | null;
  readonly settledMarker: string | null;
  readonly failures: number;
  readonly shopMode: ShopMode;
  readonly number: string;
  readonly orderKeyHash: string;
  readonly identityChanged: boolean;
  readonly createdGmt: Date;
  readonly liveAt: Date | null;
  /** When a person declared that the ledger was restored; null when never. */
  readonly restoredAt: Date | null;
  /** 1, and 2, 3, … for reprints. */
  readonly copy: number;
  /** HFT71's ids of this order's reprints; of a reprint only. */
  readonly knownReprintIds: readonly string[];
  readonly beforeLive: boolean;
  /** The ledger was restored since it last knew of it, and nothing in the shop would tell that it was sent. */
  readonly mayBeForgotten: boolean;
  /** An attempt is committed, neither claimed nor ended: somebody is at it. */
  readonly isPrepared: boolean;
  /** A campaign has released it. */
  readonly campaignId: number | null;
  /** Of the budget, 0 … 1: what its campaign may use; null where it is no campaign's, or the campaign does not send now. */
  readonly campaignShare: number | null;
}

export async function loadIntent(ledger: Ledger, intentId: string): Promise<IntentView | null> {
  const row = await oneRow<Omit<IntentView, 'orderId'> & { orderId: string }>(
    ledger.pool,
    planned('load intent', `${SELECT} where i.id = $1`),
    [intentId],
  );
  return row === null ? null : { ...row, orderId: Number(row.orderId) };
}

/** Held orders and orders in doubt that show an HFT71 id in the shop: to be checked, then adopted. */
export async function intentsToAdopt(
  ledger: Ledger,
  shopId: string,
  limit: number,
): Promise<(IntentView & { shopHft71Id: string })[]> {
  const found = await rows<Omit<IntentView, 'orderId'> & { orderId: string; shopHft71Id: string }>(
    ledger.pool,
    `${SELECT} where i.shop_id = $1 and i.kind = 'send_order' and i.state in ('held', 'in_doubt', 'rejected')
       and o.shop_hft71_id is not null and not ${isAnothersId('o')} and i.reason is distinct from 'conflict'
       and not (coalesce(i.reason, '') like 'id-belongs-to-order-%' and i.reason_detail = o.shop_hft71_id)
       and (i.not_before is null or i.not_before <= now())
     order by i.created_at limit $2`,
    [shopId, limit],
  );
  return found.map((row) => ({ ...row, orderId: Number(row.orderId) }));
}

const SELECT = `
select i.id, i.kind, i.campaign_id::int as "campaignId", (select c.share from campaign c where c.id = i.campaign_id and ${sendingCampaign('c')}) as "campaignShare",
       i.shop_id as "shopId", i.order_id as "orderId", i.account_id as "accountId", i.state, i.reason,
       i.reference, i.hft71_order_id as "hft71OrderId", i.doubt_since is not null as "hasDoubt", i.token,
       i.settled_marker as "settledMarker", i.failures, s.mode as "shopMode", o.order_key_hash as "orderKeyHash",
       ${isAnothersId('o')} as "identityChanged", o.created_gmt as "createdGmt", s.live_at as "liveAt",
       o.before_live as "beforeLive", i.may_be_forgotten as "mayBeForgotten", i.copy, (select restored_at from installation) as "restoredAt",
       o.number, o.shop_hft71_id as "shopHft71Id",
       case when i.kind = 'reprint' then array(select r.hft71_order_id from intent r where r.shop_id = i.shop_id
         and r.order_id = i.order_id and r.kind = 'reprint' and r.hft71_order_id is not null) else '{}' end as "knownReprintIds",
       exists (select 1 from attempt a where a.intent_id = i.id and a.claimed_at is null and a.ended_at is null) as "isPrepared"
from intent i
join shop s on s.id = i.shop_id
join shop_order o on o.shop_id = i.shop_id and o.order_id = i.order_id`;

/** Outcome of an attempt that has ended; null when the ledger does not know it, or it has not ended. */
export async function attemptOutcome(ledger: Ledger, token: string): Promise<string | null> {
  const row = await oneRow<{ outcome: string | null }>(
    ledger.pool,
    'select outcome from attempt where token = $1 and ended_at is not null',
    [token],
  );
  return row?.outcome ?? null;
}
