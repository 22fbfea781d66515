import type { CampaignPart, CampaignState } from '@relay/core';
import { isUniqueViolation } from './attempt.js';
import { writeAuditOn } from './audit.js';
import { inCampaignTransaction, takeBack } from './campaign-batches.js';
import type { CampaignSelection, MatchedOrder } from './campaign-selection.js';
import { oneRow, type Ledger } from './connect.js';
import type { PersonsAct } from './hold-release.js';

/** A person's acts on a campaign. Each is one transaction that holds the campaign's row, and is written to the audit. */

/** Notes which orders are meant, as they are now. Nothing is sent by it. @returns the campaign's id. */
export async function planCampaign(
  ledger: Ledger,
  plan: {
    shopId: string;
    accountId: string;
    selection: CampaignSelection;
    unknownNumbers: readonly string[];
    items: readonly (Pick<MatchedOrder, 'orderId' | 'intentId' | 'state' | 'reason'> & { part: CampaignPart })[];
    actor: string;
  },
): Promise<number> {
  return inCampaignTransaction(ledger, async (client) => {
    const made = await oneRow<{ id: string }>(
      client,
      `insert into campaign (shop_id, account_id, selection, unknown_numbers, created_by)
       values ($1, $2, $3::jsonb, $4::jsonb, $5) returning id`,
      [plan.shopId, plan.accountId, JSON.stringify(plan.selection), JSON.stringify(plan.unknownNumbers), plan.actor],
    );
    const id = Number(made?.id);
    await client.query(
      `insert into campaign_item (campaign_id, shop_id, order_id, intent_id, part, planned_state, planned_reason)
       select $1, $2, x."orderId", x."intentId", x.part, x.state, x.reason
       from jsonb_to_recordset($3::jsonb) as x("orderId" bigint, "intentId" uuid, part text, state text, reason text)`,
      [id, plan.shopId, JSON.stringify(plan.items)],
    );
    await writeAuditOn(client, {
      actor: plan.actor,
      action: 'resend plan',
      subject: campaignSubject(plan.shopId, id),
      details: { orders: plan.items.length },
    });
    return id;
  });
}

export interface CampaignRules {
  readonly batchSize: number;
  readonly canarySize: number;
  /** 0 … 1, of the account's budget and send window. */
  readonly share: number;
  readonly stopPercent: number;
  readonly watchMs: number;
}

/** What stands against an act; nothing was changed. */
export type CampaignRefusal = 'unknown' | 'another-sends' | 'nothing-to-send' | { readonly state: CampaignState };

/** `planned → canary`: from now on a worker releases its orders. */
export async function startCampaign(
  ledger: Ledger,
  campaignId: number,
  rules: CampaignRules,
  by: PersonsAct,
): Promise<'started' | CampaignRefusal> {
  return act(ledger, { campaignId, by, action: 'resend start', details: { ...rules } }, ['planned'], async (client) => {
    const row = await oneRow(
      client,
      `update campaign set state = 'canary', batch_size = $2, canary_size = $3, share = $4, stop_percent = $5, watch_ms = $6,
         reason = $7, state_reason = null, started_at = now(), judged_from = now(), state_since = now()
       where id = $1 and exists (select 1 from campaign_item ci where ci.campaign_id = $1 and ci.part = 're-arm' and ci.ended_at is null)
       returning id`,
      [campaignId, rules.batchSize, rules.canarySize, rules.share, rules.stopPercent, rules.watchMs, by.reason],
    );
    return row === null ? 'nothing-to-send' : 'started';
  });
}

/** Nothing of it is sent any more until it is resumed; what was released and not claimed is put back at once. */
export async function pauseCampaign(
  ledger: Ledger,
  campaignId: number,
  by: PersonsAct,
): Promise<'paused' | CampaignRefusal> {
  return act(ledger, { campaignId, by, action: 'resend pause' }, ['canary', 'running'], async (client) => {
    await stopSending(client, campaignId, 'paused', `by ${by.actor}: ${by.reason}`);
    return 'paused';
  });
}

/** As a pause, and said to be the end of it; a person may still resume it. */
export async function cancelCampaign(
  ledger: Ledger,
  campaignId: number,
  by: PersonsAct,
): Promise<'cancelled' | CampaignRefusal> {
  const from: CampaignState[] = ['planned', 'canary', 'running', 'paused'];
  return act(ledger, { campaignId, by, action: 'resend cancel' }, from, async (client, { shopId }) => {
    await stopSending(client, campaignId, 'cancelled', `by ${by.actor}: ${by.reason}`);
    await closeAlert(client, shopId, campaignId);
    return 'cancelled';
  });
}

/** Goes on where it stopped: failures from before count no more, and a canary that had not succeeded comes first again. */
export async function resumeCampaign(
  ledger: Ledger,
  campaignId: number,
  by: PersonsAct,
): Promise<'resumed' | CampaignRefusal> {
  return act<'resumed'>(
    ledger,
    { campaignId, by, action: 'resend resume' },
    ['paused', 'cancelled'],
    async (client, { shopId }) => {
      const row = await oneRow(
        client,
        `update campaign set state = case when canary_passed_at is null then 'canary' else 'running' end, state_reason = null,
         ended_at = null, judged_from = now(), state_since = now()
       where id = $1 and started_at is not null returning id`,
        [campaignId],
      );
      if (row === null) return { state: 'cancelled' } as const;
      await closeAlert(client, shopId, campaignId);
      return 'resumed';
    },
  );
}

type Client = Parameters<Parameters<typeof inCampaignTransaction>[1]>[0];

/** Within a transaction that holds the campaign's row. */
export async function stopSending(
  client: Client,
  campaignId: number,
  state: 'paused' | 'cancelled',
  why: string,
): Promise<void> {
  await client.query(
    `update campaign set state = $2::text, state_reason = $3, state_since = now(), ended_at = case when $2 = 'cancelled' then now() end
     where id = $1`,
    [campaignId, state, why],
  );
  await takeBack(client, campaignId);
}

async function act<T extends string>(
  ledger: Ledger,
  what: { campaignId: number; by: PersonsAct; action: string; details?: Record<string, unknown> },
  from: readonly CampaignState[],
  change: (client: Client, campaign: { shopId: string }) => Promise<T | CampaignRefusal>,
): Promise<T | CampaignRefusal> {
  try {
    return await inCampaignTransaction(ledger, async (client) => {
      const campaign = await oneRow<{ state: CampaignState; shopId: string }>(
        client,
        'select state, shop_id as "shopId" from campaign where id = $1 for update',
        [what.campaignId],
      );
      if (campaign === null) return 'unknown';
      if (!from.includes(campaign.state)) return { state: campaign.state };
      const done = await change(client, campaign);
      if (typeof done !== 'string' || done === 'nothing-to-send') return done;
      await writeAuditOn(client, {
        ...what.by,
        action: what.action,
        subject: campaignSubject(campaign.shopId, what.campaignId),
        ...(what.details === undefined ? {} : { details: what.details }),
      });
      return done;
    });
  } catch (error) {
    if (isUniqueViolation(error, 'campaign_sending')) return 'another-sends';
    throw error;
  }
}

export function campaignSubject(shopId: string, campaignId: number): string {
  return `${shopId}/campaign ${campaignId}`;
}

/** Kind of the alerts that tell of a campaign that stopped itself: ended by whoever resumes or cancels it. */
export const CAMPAIGN_ALERT = 'campaign needs a person';

/** Kind of those that tell of one that has ended, and was not verified. No act on it would end them. */
export const NOT_VERIFIED_ALERT = 'campaign not verified';

async function closeAlert(client: Client, shopId: string, campaignId: number): Promise<void> {
  await client.query(`update alert set resolved_at = now() where kind = $1 and subject = $2 and resolved_at is null`, [
    CAMPAIGN_ALERT,
    campaignSubject(shopId, campaignId),
  ]);
}
