import { ALERT_KINDS as K, ALERT_RULES, JUDGED_KINDS, type Severity } from '@relay/core';
import { closeBreaker, heldOrders, heldUpdates, pauseShop, resumeShop } from '@relay/ledger';
import { keepShopWebhooks, webhookUrl } from '@relay/intake';
import { readReadiness } from '../readiness.js';
import { readStatus } from '../status.js';
import { intakeContext } from '../relay.js';
import { HOUR, MINUTE, startAlertWorld, type AlertWorld } from './testing-world.js';

let world: AlertWorld;

beforeAll(async () => {
  world = await startAlertWorld();
});
afterAll(async () => {
  await world.close();
});
beforeEach(async () => {
  await world.sql(
    'truncate api_call, intent, shop_order, progress, alert, alert_pending, incident, incident_event, alert_message, delivery, process_beat',
  );
  await world.sql(
    `update account set breaker_state = 'closed', breaker_owner = null, breaker_reason = null, breaker_since = null, frozen_until = null, webhook_heard_at = now()`,
  );
  await world.sql(`update shop set mode = 'live', paused_at = null, resumed_at = null`);
  await world.sql(
    `insert into shop_host (id) select host from shop on conflict (id) do update set breaker_state = 'closed', breaker_owner = null, breaker_reason = null, breaker_since = null`,
  );
  await world.workerBeats();
  await world.planStock();
  await world.stockRun();
});

interface Scenario {
  readonly kind: string;
  readonly severity: Severity;
  /** What goes wrong. */
  readonly begins: () => Promise<unknown>;
  /** How long until it is told, at most. */
  readonly withinMs: number;
  readonly ends: () => Promise<unknown>;
  /** The worker lives, unless said otherwise. */
  readonly judge?: (ms: number) => Promise<unknown>;
}

const withoutWorker = async (ms: number) => {
  for (let at = 0; at < ms; at += 30_000) {
    await world.advance(30_000);
    await world.evaluate();
  }
};
/** The order waits for the end of a freeze, as a try leaves it. */
const throttledTries = (count: number) =>
  world.sql(
    `with tried as (
       insert into attempt (token, intent_id, dispatch_no, worker, payload_hash, prepared_at, claimed_at, ended_at, outcome, cause, http_status)
       select gen_random_uuid(), i.id, n, 'spec', 'p', now(), now(), now(), 'not_processed', 'throttled', 429 from intent i, generate_series(1, $1) n
       returning intent_id
     )
     update intent i set could_go_from = coalesce(i.could_go_from, s.could_go_ms), state_since = now(), not_before = now() + interval '20 minutes'
     from shop s where s.id = i.shop_id and i.id in (select intent_id from tried)`,
    [count],
  );
const breaker = (state: string, owner: string | null) =>
  world.sql('update account set breaker_state = $1, breaker_owner = $2, breaker_since = now()', [state, owner]);
const host = (state: string) =>
  world.sql(`update shop_host set breaker_state = $1, breaker_owner = 'failures', breaker_since = now()`, [state]);
const freeze = () => world.sql(`update account set frozen_until = now() + interval '1 hour'`);
const statusChanges = (count: number) =>
  world.sql(
    `update progress set seen = '["In Production", "Closed"]', status = 'Closed', status_since = now()
     where order_id <= $1`,
    [count],
  );
const heard = () => world.sql('update account set webhook_heard_at = now()');
const byPerson = { actor: 'eve', reason: 'cutting over' };
const pause = () => pauseShop(world.relay.ledger, 'main', byPerson);
const resume = () => resumeShop(world.relay.ledger, 'main', byPerson);
const settleOrders = () => world.sql(`update intent set state = 'written_back', hft71_order_id = 'H' || order_id`);

const SCENARIOS: readonly Scenario[] = [
  {
    kind: K.failedSends,
    severity: 1,
    begins: () => world.calls(3, { status: 503 }),
    withinMs: MINUTE,
    ends: () => world.pass(5 * MINUTE, 30_000),
  },
  {
    kind: K.credentials,
    severity: 1,
    begins: () => world.calls(3, { action: 'login', status: 401 }),
    withinMs: MINUTE,
    ends: () => world.pass(5 * MINUTE, 30_000),
  },
  {
    kind: K.failedSends,
    severity: 1,
    begins: () => world.calls(3, { action: 'login', status: 503 }),
    withinMs: MINUTE,
    ends: () => world.pass(5 * MINUTE, 30_000),
  },
  {
    kind: K.failedSends,
    severity: 1,
    begins: async () => {
      await world.calls(1, { orderId: 9 });
      for (const orderId of [1, 2, 3]) {
        await world.pass(HOUR, 10 * MINUTE);
        await world.stockRun();
        await world.calls(1, { status: 422, orderId });
      }
    },
    withinMs: MINUTE,
    ends: () => world.calls(1, { orderId: 4 }),
  },
  {
    kind: K.credentials,
    severity: 1,
    begins: () => world.calls(3, { action: 'get_status', status: 403 }),
    withinMs: MINUTE,
    ends: () => world.pass(5 * MINUTE, 30_000),
  },
  {
    kind: K.credentials,
    severity: 1,
    begins: () => world.calls(3, { action: 'list_orders', target: 'shop', status: 403, code: 'rest_forbidden' }),
    withinMs: MINUTE,
    ends: () => world.pass(5 * MINUTE, 30_000),
  },
  {
    kind: K.webhookSilent,
    severity: 2,
    begins: async () => {
      await world.orders(4, { state: 'written_back' });
      await world.pass(6 * HOUR, 30 * MINUTE);
      await statusChanges(3);
      await world.stockRun();
    },
    withinMs: 10 * MINUTE,
    ends: heard,
  },
  {
    kind: K.shopWebhookSilent,
    severity: 2,
    begins: () => world.orders(3, { state: 'written_back', firstSeenBy: 'sweep' }),
    withinMs: 10 * MINUTE,
    ends: () =>
      world.sql(
        `insert into delivery (shop_id, topic, result, received_at) values ('main', 'order.created', 'order', now())`,
      ),
  },
  {
    kind: K.noStockSync,
    severity: 2,
    begins: () => world.sql('delete from api_call'),
    withinMs: 2 * HOUR + MINUTE,
    ends: () => world.stockRun(),
    judge: (ms) => world.pass(ms, 12 * MINUTE),
  },
  {
    kind: K.held,
    severity: 3,
    begins: () => world.orders(1, { state: 'held', reason: 'mapping' }),
    withinMs: MINUTE,
    ends: settleOrders,
  },
  {
    kind: K.held,
    severity: 2,
    begins: () => world.orders(20, { state: 'held', reason: 'in-doubt' }),
    withinMs: MINUTE,
    ends: settleOrders,
  },
  {
    kind: K.breaker,
    severity: 1,
    begins: () => breaker('open', 'failures'),
    withinMs: 3 * MINUTE,
    ends: () => breaker('closed', null),
  },
  {
    kind: K.breaker,
    severity: 2,
    begins: () => breaker('open', 'person:eve'),
    withinMs: 3 * MINUTE,
    ends: () => breaker('closed', null),
  },
  {
    kind: K.hostBreaker,
    severity: 1,
    begins: () => host('open'),
    withinMs: 3 * MINUTE,
    ends: () => host('closed'),
  },
  {
    kind: K.notRead,
    severity: 1,
    begins: () => world.sql(`update shop set fault = 'list_orders: 403 woocommerce_rest_cannot_view'`),
    withinMs: 8 * MINUTE,
    judge: async (ms) => {
      for (let at = 0; at < ms; at += 30_000) {
        await world.advance(30_000);
        await world.sql('update process_beat set seen_at = now(), progress_at = now()');
        await world.evaluate();
      }
    },
    ends: () => world.sweep(),
  },
  {
    kind: K.starved,
    severity: 2,
    begins: async () => {
      await world.orders(5);
      await world.pass(8 * MINUTE, MINUTE);
      await world.calls(3, { status: 429 });
    },
    withinMs: 3 * MINUTE,
    ends: settleOrders,
  },
  {
    kind: K.starved,
    severity: 2,
    // One order, which HFT71 answers with nothing but 429: each freeze begins its clocks anew.
    begins: async () => {
      await world.orders(1);
      await throttledTries(4);
      await world.pass(8 * MINUTE, MINUTE);
      await throttledTries(1);
    },
    withinMs: 3 * MINUTE,
    ends: settleOrders,
  },
  {
    kind: K.noWorker,
    severity: 1,
    begins: () => Promise.resolve(),
    withinMs: 3 * MINUTE,
    judge: withoutWorker,
    ends: () => world.workerBeats(),
  },
  {
    kind: K.noProgress,
    severity: 1,
    begins: () => world.orders(2),
    withinMs: 4 * MINUTE,
    judge: async (ms) => {
      for (let at = 0; at < ms; at += 30_000) {
        await world.advance(30_000);
        await world.sql('update process_beat set seen_at = now()');
        await world.evaluate();
      }
    },
    ends: settleOrders,
  },
  {
    kind: K.queueAge,
    severity: 2,
    begins: () => world.orders(2),
    withinMs: 16 * MINUTE,
    ends: settleOrders,
  },
  {
    kind: K.queueAge,
    severity: 1,
    begins: () => world.orders(2),
    withinMs: 61 * MINUTE,
    ends: settleOrders,
  },
];

describe.each(SCENARIOS)('$kind, SEV-$severity', ({ kind, severity, begins, withinMs, ends, judge = withWorker }) => {
  it('fires in its scenario, alone, and clears by itself', async () => {
    await begins();
    await judge(withinMs);
    const alerts = await world.sql('select kind, severity, resolved_at from alert where resolved_at is null');
    expect(alerts).toEqual([{ kind, severity, resolved_at: null }]);
    const [incident, ...others] = await world.incidents();
    expect(others).toEqual([]);
    expect(incident).toMatchObject({ severity, state: 'firing', firing: 1 });

    await ends();
    await world.pass(3 * MINUTE, 30_000);
    expect(await world.firing()).toEqual([]);
    await world.pass(16 * MINUTE, 4 * MINUTE);
    expect(await world.incidents()).toMatchObject([{ state: 'resolved', resolvedBy: 'relay' }]);
  });
});

/** Some ten looks, whatever the time. */
function withWorker(ms: number): Promise<unknown> {
  return world.pass(ms, Math.max(15_000, ms / 10));
}

/** A person mends it, and not enough. */
async function refusedAgain(): Promise<void> {
  for (let tries = 1; tries <= 3; tries += 1) {
    await world.calls(1, { status: 422, orderId: 1 });
    await world.pass(15 * MINUTE, 5 * MINUTE);
  }
}

describe('what is no alert', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['a few failures among many good ones', async () => (await world.calls(20), await world.calls(3, { status: 500 }))],
    ['refusals of one order, hours apart', refusedAgain],
    ['a 401 that ends a token', async () => (await world.calls(20), await world.calls(3, { status: 401 }))],
    ['an order that a person holds', () => world.orders(3, { state: 'held', reason: 'person' })],
    ['what going live has listed', () => world.orders(300, { state: 'held', reason: 'before-go-live' })],
    [
      'a breaker that opens for a minute',
      async () => (await breaker('open', 'failures'), await world.pass(MINUTE), await breaker('closed', null)),
    ],
    ['a silent weekend in which nothing changes', () => world.orders(50, { state: 'written_back' })],
  ])('%s', async (_what, happens) => {
    await happens();
    await world.pass(6 * MINUTE, MINUTE);
    expect(await world.sql('select kind, message from alert')).toEqual([]);
  });

  it('an outage’s waiting is not the age of the queue', async () => {
    await breaker('open', 'failures');
    await world.orders(5);
    await world.pass(40 * MINUTE, MINUTE);
    await breaker('closed', null);
    await world.pass(10 * MINUTE, MINUTE);
    expect(await world.sql('select distinct kind from alert')).toEqual([{ kind: K.breaker }]);
  });

  it.each<[string, () => Promise<unknown>, () => Promise<unknown>]>([
    ['a pause', pause, resume],
    [
      'a breaker that a person closes',
      () => breaker('open', 'person:eve'),
      () => closeBreaker(world.relay.ledger, { kind: 'account', id: world.accountId }),
    ],
    ['an outage’s breaker at its probe', () => breaker('open', 'failures'), () => breaker('half_open', 'failures')],
    ['an outage of the shop', () => host('open'), () => host('half_open')],
    ['a freeze', freeze, () => Promise.resolve()],
  ])('workers are not stuck because %s kept them from working until now', async (_what, begins, ends) => {
    await world.orders(2);
    await begins();
    for (let at = 0; at < HOUR; at += MINUTE) {
      await world.advance(MINUTE);
      await world.sql('update process_beat set seen_at = now()');
    }
    await ends();
    await world.evaluate();
    expect(await world.firing()).toEqual([]);
    expect((await readReadiness(world.relay)).problems).toEqual([]);
    for (let at = 0; at <= 3; at += 1) {
      await world.advance(MINUTE);
      await world.sql('update process_beat set seen_at = now()');
      await world.evaluate();
    }
    expect(await world.firing()).toContain(K.noProgress); // now they are
  });

  it('what waits in a paused shop is neither late nor starved, and not at once when it is resumed', async () => {
    await world.orders(5);
    await pause();
    await world.pass(50 * MINUTE, MINUTE);
    await world.calls(3, { status: 429 });
    await world.pass(20 * MINUTE, MINUTE);
    await resume();
    await world.pass(10 * MINUTE, MINUTE);
    expect(await world.sql('select kind, message from alert')).toEqual([]);
  });
});

it('a webhook that the shop had disabled is told by the look that finds it, and over with the next', async () => {
  const shop = world.relay.shops.get('main');
  if (shop === undefined) throw new Error('no shop');
  const deliveryUrl = webhookUrl('https://relay.example', 'main');
  const topics = ['order.created', 'order.updated', 'order.deleted', 'order.restored'];
  let status = 'disabled';
  const woocommerce = {
    ...shop.woocommerce,
    listWebhooks: () =>
      Promise.resolve(
        topics.map((topic, id) => ({ id, name: topic, topic, deliveryUrl, status: id === 0 ? status : 'active' })),
      ),
    activateWebhook: () => Promise.reject(new Error('a key that may read only')),
  } as unknown as typeof shop.woocommerce;
  const look = () =>
    keepShopWebhooks(intakeContext(world.relay), { ...shop, woocommerce, stock: { ...shop.stock, enabled: false } });
  await expect(look()).rejects.toThrow(); // it is told also where it could not be revived
  await world.evaluate();
  expect(await world.firing()).toEqual([K.shopWebhookDisabled]);
  expect(await world.incidents()).toMatchObject([
    { severity: 2, title: expect.stringContaining('order.created') as string },
  ]);
  status = 'active';
  await look();
  expect(await world.firing()).toEqual([]);
  await world.pass(16 * MINUTE, 4 * MINUTE);
  expect(await world.incidents()).toMatchObject([{ state: 'resolved', resolvedBy: 'relay' }]);
});

describe('orders held counts what the lists show', () => {
  const held = async () => {
    await world.evaluate();
    return (await world.sql('select message from alert where kind = $1', [K.held])).map(({ message }) => message);
  };
  const heldUpdate = () =>
    world.sql(
      `insert into intent (id, kind, shop_id, order_id, account_id, state, reason)
       select gen_random_uuid(), 'update_order', shop_id, order_id, account_id, 'held', 'cancel-by-hand' from intent where order_id = 1`,
    );
  const usedAgain = () => world.sql('update shop_order set identity_changed_at = now() where order_id = 2');

  it('an update that waits stands among the statuses, not among the orders', async () => {
    await world.orders(1, { state: 'written_back' });
    await heldUpdate();
    expect(await held()).toEqual(['1 update waits for a person: relay statuses']);
    expect(await heldOrders(world.relay.ledger)).toEqual([]);
    expect(await heldUpdates(world.relay.ledger)).toHaveLength(1);
  });

  it('an id that the shop uses again after its order was sent waits for a person too', async () => {
    await world.orders(3, { state: 'written_back' });
    await usedAgain();
    expect(await held()).toEqual(['1 order waits for a person: relay orders held']);
    expect(await heldOrders(world.relay.ledger)).toMatchObject([{ orderId: 2, reason: 'order-identity-changed' }]);
    expect(await readStatus(world.relay)).toMatchObject({ heldOrders: 1 });
  });

  it('both are one alert', async () => {
    await world.orders(3, { state: 'written_back' });
    await heldUpdate();
    await usedAgain();
    await world.orders(1, { firstId: 4, state: 'held', reason: 'mapping' });
    expect(await held()).toEqual([
      '2 orders wait for a person: relay orders held; 1 update waits for a person: relay statuses',
    ]);
  });
});

describe('no stock sync', () => {
  const planned = async (ms: number, everyMs?: number | null) => {
    for (let at = 0; at < ms; at += 10 * MINUTE) {
      await world.planStock(everyMs);
      await world.pass(10 * MINUTE, 10 * MINUTE);
    }
  };
  const now = async () => ((await world.sql('select now()'))[0]?.['now'] as Date).getTime();

  it('begins when two intervals have passed, not with the last run', async () => {
    const lastAt = await now();
    await planned(3 * HOUR);
    expect(await world.firing()).toEqual([K.noStockSync]);
    const [incident] = await world.incidents();
    expect(incident?.startedAt.getTime()).toBe(lastAt + 2 * HOUR);
    expect(incident?.title).toContain('last synchronised 2 h ago');
  });

  it('is no fault of a shop in shadow, which has no schedule', async () => {
    await world.sql(`delete from stock_run`);
    await world.sql(`update shop set mode = 'shadow'`);
    await planned(5 * HOUR);
    expect(await world.firing()).toEqual([]);
    await world.sql(`update shop set mode = 'live'`);
    await planned(110 * MINUTE);
    expect(await world.firing()).toEqual([]);
    await planned(20 * MINUTE);
    expect(await world.firing()).toEqual([K.noStockSync]);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['connected long ago', () => world.sql('delete from stock_run')],
    ['synchronised long ago', () => Promise.resolve()],
  ])('counts from when it was switched on in a shop %s', async (_what, was) => {
    await was();
    await world.planStock(null);
    await world.advance(30 * 24 * HOUR);
    const onAt = await now();
    await planned(110 * MINUTE);
    expect(await world.firing()).toEqual([]);
    await planned(20 * MINUTE);
    expect(await world.firing()).toEqual([K.noStockSync]);
    expect((await world.incidents())[0]?.startedAt.getTime()).toBe(onAt + 2 * HOUR);
  });
});

it.each<[string, () => Promise<unknown>, () => Promise<unknown>]>([
  [
    K.webhookSilent,
    async () => {
      await world.sql(`update account set webhook_heard_at = now() - interval '1 day'`);
      await world.orders(4, { state: 'written_back' });
      await world.advance(MINUTE);
      await statusChanges(2);
    },
    () =>
      world.sql(`update progress set seen = '["In Production", "Closed"]', status_since = now() where order_id = 3`),
  ],
  [
    K.shopWebhookSilent,
    () => world.orders(2, { state: 'written_back', firstSeenBy: 'sweep' }),
    () => world.orders(1, { firstId: 3, state: 'written_back', firstSeenBy: 'sweep' }),
  ],
])('%s since it counts as silent, not since the first that it missed', async (kind, missesTwo, missesAnother) => {
  await missesTwo();
  for (let at = 0; at < 4 * HOUR; at += HOUR) {
    await world.pass(HOUR, 30 * MINUTE);
    await world.stockRun();
  }
  expect(await world.firing()).toEqual([]);
  await missesAnother();
  const [{ now } = {}] = await world.sql('select now()');
  await world.pass(10 * MINUTE, MINUTE);
  expect(await world.firing()).toEqual([kind]);
  const [incident] = await world.incidents();
  expect(incident?.startedAt.getTime()).toBeGreaterThanOrEqual((now as Date).getTime() + 5 * MINUTE);
});

it('every rule that is judged has a scenario here, and every one a section of the runbook', () => {
  const played = new Set(SCENARIOS.map(({ kind }) => kind));
  expect(JUDGED_KINDS.filter((kind) => !played.has(kind))).toEqual([K.redisAway]); // see start-alerting.spec.ts
  expect(ALERT_RULES.filter(({ runbook }) => !/^[a-z-]+$/.test(runbook))).toEqual([]);
});
