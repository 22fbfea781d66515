import { HAND_OFF_STATES, type HandOffState } from '@relay/core';
import { z } from 'zod';
import { oneRow, rows, type Ledger } from './connect.js';

/** Kinds of failure of a call to HFT71, as operations tell them apart: by what the log shows. */
export const CALL_ERRORS = {
  transport: 'no answer: refused, reset, or none in time',
  auth: '401, 403',
  endpoint: '404, 405',
  throttled: '429',
  refused: '400, 409, 413, 415, 422',
  outage: '5xx',
} as const;
export type CallError = keyof typeof CALL_ERRORS;

const CALL_ERROR_SQL: Readonly<Record<CallError, string>> = {
  transport: 'c.status is null',
  auth: 'c.status in (401, 403)',
  endpoint: 'c.status in (404, 405)',
  throttled: 'c.status = 429',
  refused: 'c.status in (400, 409, 413, 415, 422)',
  outage: 'c.status >= 500',
};

/** Which orders; all that is given has to hold. Stored with the campaign, so it is read as whatever stands there. */
export const campaignSelectionSchema = z.object({
  /** ISO with `Z`. Of the failed call where calls are asked for, else: created, tried, or come to its state in this time. */
  from: z.iso.datetime().nullable(),
  to: z.iso.datetime().nullable(),
  states: z.array(z.enum(HAND_OFF_STATES)).nullable(),
  /** As `relay orders held` prints them: mapping, deadline, http-422, … */
  reasons: z.array(z.string()).nullable(),
  /** Failed calls to HFT71 about the order. */
  errors: z.array(z.enum(Object.keys(CALL_ERRORS) as [CallError, ...CallError[]])).nullable(),
  actions: z.array(z.string()).nullable(),
  /** HTTP statuses of such calls; 0: no answer. */
  httpStatuses: z.array(z.number().int()).nullable(),
  /** The order's status in the shop. */
  shopStatuses: z.array(z.string()).nullable(),
  skus: z.array(z.string()).nullable(),
  /** The shop's order numbers, or its ids. */
  numbers: z.array(z.string()).nullable(),
});
export type CampaignSelection = z.infer<typeof campaignSelectionSchema>;

/** An order that a selection matches, as far as it has to be known to say what a campaign does with it. */
export interface MatchedOrder {
  readonly orderId: number;
  readonly number: string;
  readonly shopStatus: string;
  readonly beforeLive: boolean;
  readonly identityChanged: boolean;
  readonly intentId: string | null;
  readonly state: HandOffState | null;
  readonly reason: string | null;
  readonly detail: string | null;
  readonly hasDoubt: boolean;
  readonly hasId: boolean;
  readonly hasReference: boolean;
  readonly cancelRequested: boolean;
  readonly lastFailure: string | null;
  readonly since: Date | null;
  /** Of its lines; a line may have none. */
  readonly skus: readonly string[];
}

/** Reads; nothing is changed. Of orders themselves: a reprint is one order and one person’s act. */
export async function matchOrders(
  ledger: Ledger,
  shopId: string,
  selection: CampaignSelection,
): Promise<{ orders: MatchedOrder[]; unknownNumbers: string[] }> {
  const { numbers } = selection;
  const found = await rows<Omit<MatchedOrder, 'orderId'> & { orderId: string }>(ledger.pool, matching(selection), [
    shopId,
    numbers,
    selection.from,
    selection.to,
    selection.states,
    selection.reasons,
    selection.shopStatuses,
    selection.skus,
    selection.actions,
    selection.httpStatuses,
    selection.errors !== null || selection.actions !== null || selection.httpStatuses !== null,
  ]);
  return {
    orders: found.map((row) => ({ ...row, orderId: Number(row.orderId) })),
    unknownNumbers: numbers === null ? [] : await unknownOf(ledger, shopId, numbers),
  };
}

/** The number is what people say: an id counts only where no order has it as its number. */
const NAMED = `
wanted as (select distinct unnest($2::text[]) as name),
by_number as (select w.name, o.order_id from wanted w join shop_order o on o.shop_id = $1 and o.number = w.name),
by_id as (
  select w.name, o.order_id from wanted w
  join shop_order o on o.shop_id = $1 and o.order_id = case when w.name ~ '^[0-9]{1,15}$' then w.name::bigint end
  where not exists (select 1 from by_number n where n.name = w.name)
),
named as (select name, order_id from by_number union all select name, order_id from by_id)`;

function matching(selection: CampaignSelection): string {
  const classes = (selection.errors ?? []).map((each) => CALL_ERROR_SQL[each]);
  const isInTime = (moment: string) =>
    `(($3::timestamptz is null or ${moment} >= $3) and ($4::timestamptz is null or ${moment} < $4))`;
  // Without a status or a class of its own an action means its failures.
  const whichCalls =
    classes.length > 0
      ? `(${classes.join(' or ')})`
      : '($10::int[] is not null or coalesce(c.status, 0) not between 200 and 399)';
  const calls = `exists (select 1 from api_call c where c.shop_id = o.shop_id and c.order_id = o.order_id and c.target = 'hft71'
    and ($9::text[] is null or c.action = any($9)) and ($10::int[] is null or coalesce(c.status, 0) = any($10))
    and ${whichCalls} and ${isInTime('c.at')})`;
  const times = `($3::timestamptz is null and $4::timestamptz is null or ${isInTime('o.created_gmt')} or ${isInTime('i.state_since')}
    or exists (select 1 from attempt t where t.intent_id = i.id and ${isInTime('t.prepared_at')}))`;
  return `
with ${NAMED}
select o.order_id as "orderId", o.number, o.status as "shopStatus", o.before_live as "beforeLive",
       o.identity_changed_at is not null as "identityChanged", i.id as "intentId", i.state, i.reason, i.reason_detail as detail,
       coalesce(i.doubt_since is not null, false) as "hasDoubt", coalesce(i.hft71_order_id, o.shop_hft71_id) is not null as "hasId",
       coalesce(i.reference is not null, false) as "hasReference", coalesce(i.cancel_requested, false) as "cancelRequested",
       i.last_failure as "lastFailure", i.state_since as since,
       coalesce((select array_agg(l ->> 'sku') from jsonb_array_elements(o.lines) l), '{}') as skus
from shop_order o left join intent i on i.shop_id = o.shop_id and i.order_id = o.order_id and i.kind = 'send_order'
where o.shop_id = $1 and ($2::text[] is null or o.order_id in (select order_id from named))
  and ($5::text[] is null or i.state = any($5)) and ($6::text[] is null or i.reason = any($6))
  and ($7::text[] is null or o.status = any($7))
  and ($8::text[] is null or exists (select 1 from jsonb_array_elements(o.lines) l where l ->> 'sku' = any($8)))
  and case when $11::boolean then ${calls} else ${times} end
order by o.order_id`;
}

async function unknownOf(ledger: Ledger, shopId: string, numbers: readonly string[]): Promise<string[]> {
  const row = await oneRow<{ names: string[] }>(
    ledger.pool,
    `with ${NAMED}
     select coalesce(array_agg(name order by name), '{}') as names from wanted
     where not exists (select 1 from named where named.name = wanted.name)`,
    [shopId, numbers],
  );
  return row?.names ?? [];
}
