import { writeAuditOn } from './audit.js';
import { inCampaignTransaction } from './campaign-batches.js';
import { rows, type Ledger } from './connect.js';
import type { PersonsAct } from './hold-release.js';

/**
 * A person holds an order that a campaign has still to release: its turn passes it over. What is released by now is held
 * as any order that waits to be sent. @returns the campaigns that it leaves.
 */
export async function leaveCampaigns(ledger: Ledger, intentId: string, by: PersonsAct): Promise<number[]> {
  return inCampaignTransaction(ledger, async (client) => {
    // A release holds the campaign's row: it has the order, or never gets it.
    const open = await rows<{ id: string }>(
      client,
      `select c.id from campaign c where exists (
         select 1 from campaign_item ci where ci.campaign_id = c.id and ci.intent_id = $1 and ci.part = 're-arm' and ci.ended_at is null)
       order by c.id for update of c`,
      [intentId],
    );
    const left = await rows<{ id: string; subject: string }>(
      client,
      `update campaign_item set ended_at = now(), outcome = 'passed-over', outcome_reason = 'a person holds it'
       where campaign_id = any($1::bigint[]) and intent_id = $2 and part = 're-arm' and ended_at is null and released_at is null
       returning campaign_id as id, shop_id || '/' || order_id as subject`,
      [open.map(({ id }) => id), intentId],
    );
    const [first] = left;
    const campaigns = left.map(({ id }) => Number(id));
    if (first !== undefined)
      await writeAuditOn(client, { ...by, action: 'orders hold', subject: first.subject, details: { campaigns } });
    return campaigns;
  });
}
