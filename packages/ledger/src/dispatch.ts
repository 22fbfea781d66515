import { setTimeout as sleep } from 'node:timers/promises';
import { planned, rows, type Ledger, type Planned } from './connect.js';
import type { IntentKind } from '@relay/core';
import { sendingCampaign } from './campaign-sending.js';
import { unmirroredOf } from './write-back.js';

export interface DueIntent {
  readonly id: string;
  readonly kind: IntentKind;
  readonly shopId: string;
  readonly orderId: number;
  readonly dispatchNo: number;
}

/** `waiting → ready` for every order whose send delay is over. */
export async function promoteWaiting(ledger: Ledger): Promise<number> {
  const result = await ledger.pool.query(
    `update intent set state = 'ready', not_before = null, state_since = now()
     where state = 'waiting' and (not_before is null or not_before <= now())`,
  );
  return result.rowCount ?? 0;
}

/**
 * Takes the hand-offs that are due, tops up to the account's send window, and marks them dispatched for a while; one
 * whose `dispatched_until` has passed is taken again, whatever became of its job (protocol, "Dispatch"). One dispatcher
 * at a time per account; shops take turns, so that one never fills another's places.
 */
export async function takeDueSends(
  ledger: Ledger,
  accountId: string,
  dispatchLeaseMs: number,
  limits: {
    /** A shop with so many failed write-backs gets no claim: what is dispatched for it would only come back. */
    readonly maxUnmirrored?: number;
    /** Slots that the budget has now or in a moment: what is dispatched and not yet sending counts against them. */
    readonly slots?: number;
  } = {},
): Promise<DueIntent[]> {
  const { maxUnmirrored = Number.MAX_SAFE_INTEGER, slots = MOST_AT_ONCE } = limits;
  return takeInTurn(ledger, TAKE_SENDS, [accountId, dispatchLeaseMs, maxUnmirrored, slots]);
}

/**
 * The same for what a campaign released, after `takeDueSends`: what live orders left of the send window, and never more of
 * it than the campaign's share, so that a live order finds a place. Nothing while the campaign does not send.
 */
export async function takeDueCampaignSends(
  ledger: Ledger,
  accountId: string,
  dispatchLeaseMs: number,
  limits: { readonly maxUnmirrored?: number; readonly slots?: number } = {},
): Promise<DueIntent[]> {
  const { maxUnmirrored = Number.MAX_SAFE_INTEGER, slots = MOST_AT_ONCE } = limits;
  return takeInTurn(ledger, TAKE_CAMPAIGN_SENDS, [accountId, dispatchLeaseMs, maxUnmirrored, slots]);
}

/**
 * While another process takes, which is a matter of milliseconds, its turn is waited for: a live order is not left to the
 * timer.
 */
async function takeInTurn(ledger: Ledger, statement: Planned, params: unknown[]): Promise<DueIntent[]> {
  for (let tries = 1; ; tries += 1) {
    const found = await rows<Taken>(ledger.pool, statement, params);
    if (found[0]?.mine === true || tries === TURN_TRIES) return toDue(found.filter(isTaken));
    await sleep(TURN_WAIT_MS);
  }
}

type Taken = { readonly mine: boolean } & Record<keyof DueRow, unknown>;

/** The statement's one row without an intent says that none was due. */
function isTaken(row: Taken): row is Taken & DueRow {
  return row.id !== null;
}

const TURN_WAIT_MS = 4;
const TURN_TRIES = 25;

const MOST_AT_ONCE = 1_000;

/** A shop whose host's breaker is open is not called; in half-open one order at a time finds out. */
const WITH_HOST = `left join shop_host h on h.id = s.host`;
const HOST_PLACES = `case coalesce(h.breaker_state, 'closed') when 'open' then 0 when 'half_open' then 1 else ${MOST_AT_ONCE} end`;

/** SQL: live orders, or those of the account's campaign that sends, as far as there are places for them. */
const takeSends = (which: { readonly places: string; readonly whose: string; readonly campaign: string }) => `
with turn as materialized (
  -- let go with the statement's own transaction, so that a process that sleeps keeps nobody waiting
  select pg_try_advisory_xact_lock(hashtext('dispatch'), hashtext($1::uuid::text)) as mine
),
room as materialized (
  select a.id, ${which.places} as places
  from account a ${which.campaign}
  cross join lateral (
    select count(*) filter (where i.state = 'sending') as sending,
           count(*) filter (where i.state = 'ready' and i.dispatched_until > now()) as dispatched,
           count(*) filter (where i.campaign_id is not null and (i.state = 'sending' or i.dispatched_until > now())) as of_campaigns,
           count(*) filter (where i.campaign_id is not null and i.state = 'ready' and i.dispatched_until > now()) as dispatched_of_campaigns
    from intent i where i.account_id = a.id and i.kind in ('send_order', 'reprint') and i.state in ('sending', 'ready')
      and (i.state = 'sending' or i.dispatched_until is not null) -- in the words of its index
      and (i.state = 'sending' or i.dispatched_until > now())
  ) busy
  where a.id = $1 and send_window(a) > 0 and (select mine from turn)
),
due as (
  select d.id, d.turn, s.could_go_ms from room join shop s on s.account_id = room.id and s.mode = 'live' and s.paused_at is null
    and ${unmirroredOf('s.id')} < $3::bigint
  ${WITH_HOST} cross join lateral (
    select i.id, row_number() over (order by i.created_at, i.order_id) as turn
    from (select id, created_at, order_id from intent
          where shop_id = s.id and kind in ('send_order', 'reprint') and state = 'ready' and ${which.whose}
            and (not_before is null or not_before <= now())
            and (dispatched_until is null or dispatched_until <= now())
          order by created_at, order_id limit least(greatest(room.places, 0), ${HOST_PLACES})
          for update skip locked) i
  ) d
  order by d.turn limit greatest((select places from room), 0)
),
taken as (
  update intent i set dispatched_until = now() + $2::bigint * interval '1 millisecond', dispatch_no = i.dispatch_no + 1,
    could_go_from = coalesce(i.could_go_from, due.could_go_ms)
  from due where i.id = due.id and i.state = 'ready'
  returning i.id, i.kind, i.shop_id as "shopId", i.order_id as "orderId", i.dispatch_no as "dispatchNo"
)
select turn.mine, taken.* from turn left join taken on true`;

export const TAKE_SENDS = planned(
  'take sends',
  takeSends({
    places: 'least(send_window(a) - busy.sending - busy.dispatched, $4::int - busy.dispatched)',
    whose: 'campaign_id is null',
    campaign: '',
  }),
);

/**
 * SQL: a live order of the account waits and could go. Asked in the campaign's own statement, since a place that becomes
 * free between the two takes is a live order's.
 */
const LIVE_WAITS = `exists (select 1 from shop s ${WITH_HOST} join intent l on l.shop_id = s.id
  where s.account_id = a.id and s.mode = 'live' and s.paused_at is null and coalesce(h.breaker_state, 'closed') <> 'open'
    and ${unmirroredOf('s.id')} < $3::bigint and l.kind in ('send_order', 'reprint') and l.state = 'ready' and l.campaign_id is null
    and (l.not_before is null or l.not_before <= now()) and (l.dispatched_until is null or l.dispatched_until <= now()))`;

export const TAKE_CAMPAIGN_SENDS = planned(
  'take campaign sends',
  takeSends({
    places: `case when ${LIVE_WAITS} then 0 else least(send_window(a) - busy.sending - busy.dispatched, $4::int - busy.dispatched_of_campaigns,
    greatest(1, floor(send_window(a) * c.share)::int) - busy.of_campaigns) end`,
    whose: `campaign_id = (select id from campaign where account_id = $1 and ${sendingCampaign('campaign')})`,
    campaign: `join campaign c on c.account_id = a.id and ${sendingCampaign('c')}`,
  }),
);

/** Write-backs that are due: they go into shops of any mode but `connecting`, since their order is at HFT71 already. */
export async function takeDueWriteBacks(ledger: Ledger, dispatchLeaseMs: number, limit: number): Promise<DueIntent[]> {
  return toDue(
    await rows<DueRow>(
      ledger.pool,
      planned(
        'take write-backs',
        `with due as (
         select i.id from intent i join shop s on s.id = i.shop_id ${WITH_HOST}
         where i.kind = 'write_back' and i.state = 'ready' and coalesce(h.breaker_state, 'closed') <> 'open' and (i.not_before is null or i.not_before <= now())
           and (i.dispatched_until is null or i.dispatched_until <= now())
         order by i.created_at limit $2 for update of i skip locked
       )
       update intent i set dispatched_until = now() + $1::bigint * interval '1 millisecond', dispatch_no = i.dispatch_no + 1
       from due where i.id = due.id
       returning i.id, i.kind, i.shop_id as "shopId", i.order_id as "orderId", i.dispatch_no as "dispatchNo"`,
      ),
      [dispatchLeaseMs, limit],
    ),
  );
}

/** The job's add failed: give the place back, so that the next tick takes it again. */
export async function undoDispatch(ledger: Ledger, intentIds: readonly string[]): Promise<void> {
  await ledger.pool.query(`update intent set dispatched_until = null where id = any($1::uuid[]) and state = 'ready'`, [
    intentIds,
  ]);
}

type DueRow = Omit<DueIntent, 'orderId'> & { orderId: string };

function toDue(found: DueRow[]): DueIntent[] {
  return found.map(({ id, kind, shopId, orderId, dispatchNo }) => ({
    id,
    kind,
    shopId,
    orderId: Number(orderId),
    dispatchNo,
  }));
}
