import type { Sabotage } from './sabotage.js';

/**
 * Each is aimed at what the scenario does on purpose, so that it is noticed by the design of the story and not by luck. The
 * long ones first: they would else be what everybody waits for at the end.
 */
export const SABOTAGES: readonly Sabotage[] = [
  {
    name: 'sticky-doubt',
    scenario: 'duplicate-policies',
    what: 'the doubt of an earlier attempt, which a later refusal of bad data does not clear',
    patches: [
      {
        module: 'packages/ledger/dist/record-outcome.js',
        find: "state = case when i.doubt_since is not null then 'in_doubt' when i.cancel_requested then 'cancelled' else 'rejected' end,",
        replace: "state = case when i.cancel_requested then 'cancelled' else 'rejected' end, doubt_since = null,",
      },
    ],
  },
  {
    name: 'dispatch-lease',
    scenario: 'redis-flushall',
    what: 'the second dispatch of work whose job never came back',
    patches: [
      {
        module: 'packages/ledger/dist/dispatch.js',
        find: `            and (dispatched_until is null or dispatched_until <= now())
          order by created_at, order_id limit`,
        replace: `            and dispatched_until is null
          order by created_at, order_id limit`,
      },
      {
        module: 'packages/ledger/dist/dispatch.js',
        find: 'and (i.dispatched_until is null or i.dispatched_until <= now())',
        replace: 'and i.dispatched_until is null',
      },
    ],
  },
  {
    name: 'claim-fence',
    scenario: 'paused-worker',
    what: 'the claim’s `where state = ready and token = …`, with its look at the prepared attempt',
    patches: [
      {
        module: 'packages/ledger/dist/attempt.js',
        find: `where i.id = $1 and a.id = $2 and i.state = 'ready' and i.token = $3 and not i.cancel_requested
    and exists (select 1 from attempt t where t.token = $3 and t.claimed_at is null and t.ended_at is null)`,
        replace: 'where i.id = $1 and a.id = $2 and not i.cancel_requested',
      },
      {
        module: 'packages/ledger/dist/attempt.js',
        find: `where i.id = looked.id and i.state = 'ready' and i.token = $3 and live`,
        replace: 'where i.id = looked.id and live',
      },
    ],
  },
  {
    name: 'late-write-check',
    scenario: 'paused-worker',
    what: 'the check that a late result still belongs to the state and the attempt that it tells of',
    patches: [
      {
        module: 'packages/ledger/dist/record-outcome.js',
        find: `left_at = case when $5::boolean then coalesce(left_at, now()) end
       where token = $1 and ended_at is null returning intent_id`,
        replace: `left_at = case when $5::boolean then coalesce(left_at, now()) end
       where token = $1 returning intent_id`,
      },
      {
        module: 'packages/ledger/dist/record-outcome.js',
        find: `from ended where i.id = ended.intent_id and i.token = $1 and i.state in ('ready', 'sending')`,
        replace: 'from ended where i.id = ended.intent_id',
      },
    ],
  },
  {
    name: 'in-doubt-default',
    scenario: 'created-but-lost-no-lookup',
    what: 'the default row of the outcome table: what nobody thought of is in doubt',
    patches: [
      {
        module: 'packages/core/dist/post-outcome.js',
        find: "return { kind: 'in-doubt', cause: `http-${status}` };",
        replace: "return notProcessed('declared');",
      },
    ],
  },
  {
    name: 'settle',
    scenario: 'late-accept',
    what: 'the wait for settle before a person’s "does not exist" counts',
    patches: [
      {
        module: 'packages/ledger/dist/held.js',
        find: "if (held.settling)\n            return 'settle-not-over';",
        replace: '',
      },
    ],
  },
  {
    name: 'marker',
    scenario: 'ledger-rolled-back',
    what: 'the judgement of a marker that the order shows in the shop',
    patches: [
      {
        module: 'packages/core/dist/judge-order.js',
        find: 'if (marker === null || marker === input.settledMarker)',
        replace: 'if (marker !== undefined)',
      },
    ],
  },
  {
    name: 'baseline',
    scenario: 'plugin-still-on',
    what: 'the baseline: orders that were sendable before the shop went live never go by themselves',
    patches: [
      {
        module: 'packages/intake/dist/connect-shop.js',
        find: "{ seenBy: 'baseline', beforeLive: true }",
        replace: "{ seenBy: 'baseline', beforeLive: false }",
      },
      {
        module: 'packages/intake/dist/going-live.js',
        find: 'const isBefore = (order) => new Date(`${order.dateCreatedGmt}Z`) <= liveAt;',
        replace: 'const isBefore = () => false;',
      },
    ],
  },
  {
    name: 'unique-reference',
    scenario: 'poison',
    what: 'the uniqueness of a reference within the account, in the database and in the statement that takes an order in',
    patches: [
      {
        module: 'packages/ledger/dist/receive-order.js',
        find: 'where x.account_id = shop.account_id and x.reference = $11::text',
        replace: 'where false and x.account_id = shop.account_id and x.reference = $11::text',
      },
    ],
    onLedger: async (installation) => void (await installation.rows('drop index intent_account_id_reference_key')),
  },
  {
    name: 'positive-control',
    scenario: 'look-up-lies',
    what: 'the control of a look-up: an order that is there has to be found by it',
    patches: [
      {
        module: 'packages/core/dist/look-up.js',
        find: "if (positive.reading.kind !== 'found' || positive.reading.hft71OrderId !== positive.hft71OrderId)",
        replace: 'if (false)',
      },
    ],
  },
  {
    name: 'send-window',
    scenario: 'outage-hang',
    what: 'the send window: so many POSTs at most are on their way, and one alone in half-open',
    onLedger: async (installation) =>
      void (await installation.rows(
        `create or replace function send_window(a account) returns integer language sql stable
         as $$ select case when a.breaker_state = 'open' then 0 else 50 end $$`,
      )),
  },
  {
    name: 'freeze',
    scenario: 'storm-429',
    what: 'what a 429 does to the account: the freeze, and the lower rate',
    patches: [
      {
        module: 'packages/operations/dist/call-budgets.js',
        find: 'const { frozenForMs, isNew } = await budget.throttled(retryAfterMs, slot);',
        replace: 'const { frozenForMs, isNew } = { frozenForMs: 0, isNew: retryAfterMs === -1 };',
      },
    ],
  },
];
