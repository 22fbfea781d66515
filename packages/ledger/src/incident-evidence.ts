import { FAILED_CALL, NO_CALLS } from './breaker.js';
import { oneRow, rows, type Ledger } from './connect.js';
import { isAbout } from './incident-accounts.js';

/** What an incident gathers by itself, for whoever escalates it. */
export interface IncidentEvidence {
  /** UTC. */
  readonly startedAt: string;
  /** null while one of its alerts fires. */
  readonly endedAt: string | null;
  readonly affected: AffectedOrders;
  readonly failingCalls: readonly FailingCall[];
  /** Of failed calls: what HFT71's support, or the shop's log, can look for. */
  readonly requests: readonly FailedRequest[];
}

/**
 * Orders whose hand-off failed, or waited for longer than a minute, between start and end: for the relay, not for a person
 * who held the order or paused its shop, nor in a doubt from before.
 */
export interface AffectedOrders {
  readonly total: number;
  /** They are at HFT71 by now. */
  readonly sent: number;
  readonly inDoubt: number;
  /** Held or refused: they wait for a person. */
  readonly held: number;
  /** They go by themselves. */
  readonly waiting: number;
  /** Left unsent: cancelled, or out of the sendable statuses. */
  readonly withdrawn: number;
  /** As the shop numbers them, at most 10,000. */
  readonly numbers: readonly string[];
}

export interface FailingCall {
  readonly target: string;
  readonly action: string;
  readonly method: string;
  /** With {id} where an id stood. */
  readonly path: string;
  /** HTTP status; null without an answer. */
  readonly status: number | null;
  readonly code: string | null;
  readonly calls: number;
}

export interface FailedRequest {
  readonly at: string;
  readonly action: string;
  readonly status: number | null;
  readonly code: string | null;
  readonly requestId: string;
  readonly orderId: number | null;
}

const SHOPS_OF = `select s.id from shop s, incident i where i.id = $1 and (i.cause = 'relay' or ${isAbout('s.account_id::text')})`;
/** `check_write_access` is answered 400 where all is well: a write on an order that cannot be. */
const FAILED = `(${FAILED_CALL} or c.status >= 400) and c.action not in ${NO_CALLS} and not (c.action = 'check_write_access' and c.status = 400)`;
const CALLS_OF = `from api_call c join span on c.at >= span.from_at and c.at <= span.to_at
  where c.shop_id in (${SHOPS_OF}) and ${FAILED}`;

/**
 * The log is written in batches, an alert's window begins with the first failure, and its end is the last look that found
 * it true: a little more on both sides.
 */
const SPAN = `span as (
  select started_at, coalesce(quiet_since, now()) as ended_at, started_at - interval '1 minute' as from_at,
         coalesce(quiet_since, now()) + interval '20 seconds' as to_at
  from incident where id = $1
)`;

/** A hand-off that takes longer than this was delayed. */
const DELAYED_S = 60;

/** @returns null where there is no such incident. */
export async function gatherEvidence(
  ledger: Ledger,
  incidentId: number,
  { sendDelayMs }: { sendDelayMs: number },
): Promise<IncidentEvidence | null> {
  const [span, affected, failingCalls, requests] = await Promise.all([
    oneRow<{ startedAt: Date; endedAt: Date | null }>(
      ledger.pool,
      'select started_at as "startedAt", quiet_since as "endedAt" from incident where id = $1',
      [incidentId],
    ),
    oneRow<AffectedOrders>(ledger.pool, AFFECTED, [incidentId, sendDelayMs, DELAYED_S]),
    rows<FailingCall>(ledger.pool, FAILING, [incidentId]),
    rows<Omit<FailedRequest, 'at'> & { at: Date }>(ledger.pool, REQUESTS, [incidentId]),
  ]);
  if (span === null || affected === null) return null;
  return {
    startedAt: span.startedAt.toISOString(),
    endedAt: span.endedAt?.toISOString() ?? null,
    affected,
    failingCalls,
    requests: requests.map(({ at, ...request }) => ({ at: at.toISOString(), ...request })),
  };
}

const STUCK = `('held', 'rejected', 'in_doubt')`;
/** Holds that a person wanted, or going live: nothing that failed. */
const WANTED_HOLD = `('person', 'before-go-live')`;

/**
 * What an intent left, by its timeline, that was not the incident's: a state that a person had to settle and that began
 * before it, a hold that was wanted, a pause of the shop that was there when the order came. From then on it waited.
 */
const FREED = `
select max(at) as freed_at from (
  select e.at, split_part(said, ' → ', 1) as was, lag(e.at) over told as entered_at, substring(lag(said) over told from '\\((.*)\\)$') as reason
  from order_event e, substr(e.what, length(i.kind || case when i.copy > 1 then ' R' || i.copy else '' end || ': ') + 1) as said
  where e.shop_id = i.shop_id and e.order_id = i.order_id and e.kind = 'state'
    and starts_with(e.what, i.kind || case when i.copy > 1 then ' R' || i.copy else '' end || ': ')
    and said !~ '^(\\w+) → \\1( |$)' -- another reason, the same state
  window told as (order by e.at, e.id)
) entry where was in ${STUCK} and (entered_at < span.started_at or was = 'held' and reason in ${WANTED_HOLD})
union all
select max(a.at) from audit a where a.action = 'shop resume' and a.subject = i.shop_id
  and (a.details ->> 'pausedAt')::timestamptz <= greatest(i.created_at, span.started_at)`;

const AFFECTED = `
with ${SPAN},
was_open as (
  select i.id, i.kind, i.shop_id, i.order_id, i.copy, i.state, i.created_at, o.number,
         coalesce(p.accepted_at, case
           when i.state in ('cancelled', 'skipped') or i.state = 'held' and i.reason in ${WANTED_HOLD} then i.state_since
           when i.state in ('waiting', 'ready') then s.paused_at end, 'infinity') as done_at,
         i.state in ${STUCK} and coalesce(i.doubt_since, i.state_since) < span.started_at as was_stuck
  from span, intent i
  join shop s on s.id = i.shop_id
  join shop_order o on o.shop_id = i.shop_id and o.order_id = i.order_id
  left join progress p on p.intent_id = i.id
  where i.kind in ('send_order', 'reprint') and i.shop_id in (${SHOPS_OF}) and i.state not in ('shadowed', 'not_for_hft71', 'adopted')
    and i.created_at <= span.ended_at and not (i.state in ('held', 'rejected') and i.state_since < span.started_at)
),
hand_off as (
  select i.*, greatest(i.created_at + $2::bigint * interval '1 millisecond', span.started_at, freed.at) as due_at
  from span, was_open i cross join lateral (select max(freed_at) as at from (${FREED}) f) freed
  where i.done_at >= span.started_at
),
affected as (
  select h.* from hand_off h, span
  where (not h.was_stuck and least(h.done_at, now()) - h.due_at > $3::int * interval '1 second' and h.due_at <= span.ended_at
      or exists (select 1 ${CALLS_OF} and c.shop_id = h.shop_id and c.order_id = h.order_id and c.action = 'send_order'))
)
select count(*)::int as total,
       count(*) filter (where state in ('sent', 'written_back'))::int as sent,
       count(*) filter (where state in ('in_doubt', 'sending'))::int as "inDoubt",
       count(*) filter (where state in ('held', 'rejected'))::int as held,
       count(*) filter (where state in ('ready', 'waiting'))::int as waiting,
       count(*) filter (where state in ('cancelled', 'skipped'))::int as withdrawn,
       coalesce((array_agg(number || case when copy > 1 then '-R' || copy else '' end order by shop_id, order_id, copy))[1:10000], '{}') as numbers
from affected`;

const FAILING = `
with ${SPAN}
select c.target, c.action, c.method, regexp_replace(c.path, '/\\d+(?=/|$)', '/{id}', 'g') as path, c.status, c.code, count(*)::int as calls
${CALLS_OF} group by 1, 2, 3, 4, 5, 6 order by calls desc, 1, 2, 4 limit 10`;

/** Two of each kind of failure, the newest: representative, and not fifty of the same. */
const REQUESTS = `
with ${SPAN}
select at, action, status, code, request_id as "requestId", order_id::int as "orderId" from (
  select c.*, row_number() over (partition by c.target, c.action, c.status, c.code order by c.at desc, c.id desc) as nth ${CALLS_OF}
    and c.request_id is not null
) c where nth <= 2 order by at desc limit 20`;

/** Incidents that have ended and whose evidence is not kept yet. */
export async function endedWithoutEvidence(ledger: Ledger): Promise<number[]> {
  const found = await rows<{ id: number }>(
    ledger.pool,
    `select id::int as id from incident where state = 'resolved' and evidence is null order by id limit 5`,
  );
  return found.map(({ id }) => id);
}

export async function keepEvidence(ledger: Ledger, incidentId: number, evidence: IncidentEvidence): Promise<void> {
  await ledger.pool.query(
    `update incident set evidence = $2 where id = $1 and state = 'resolved' and evidence is null`,
    [incidentId, JSON.stringify(evidence)],
  );
}

/** What was kept when it ended; null before. */
export async function keptEvidence(ledger: Ledger, incidentId: number): Promise<IncidentEvidence | null> {
  const row = await oneRow<{ evidence: IncidentEvidence | null }>(
    ledger.pool,
    'select evidence from incident where id = $1',
    [incidentId],
  );
  return row?.evidence ?? null;
}
