import { randomUUID } from 'node:crypto';
import { attemptTotals } from './intent-counts.js';
import { lookUpControl } from './look-ups.js';
import { recordAccepted, recordInDoubt } from './record-outcome.js';
import { deleteOld, KEPT_FOR_A_TIME, type KeptForATime } from './retention.js';
import { startLedgerWorld, type LedgerWorld } from './testing-world.js';
import { recordWrittenBack } from './write-back.js';

const DAY_MS = 24 * 3_600_000;

let world: LedgerWorld;
beforeEach(async () => {
  world = await startLedgerWorld();
});
afterEach(() => world.close());

const sql = (text: string, params: unknown[] = []) => world.ledger.pool.query<Record<string, unknown>>(text, params);
const seen = { httpStatus: 201, errorCode: null, left: true };

async function accepted(orderId: number): Promise<void> {
  await recordAccepted(world.ledger, await world.claimed(orderId), { ...seen, hft71OrderId: `H${orderId}` });
}

async function writtenBack(orderId: number): Promise<void> {
  await accepted(orderId);
  const { id } = await world.intent(orderId, 'write_back');
  await recordWrittenBack(world.ledger, String(id), `H${orderId}`, 0);
}

/** A call, a delivery and a look-up beside what the order has already; then all of it is so old. */
async function aged(orderId: number, days: number): Promise<void> {
  const { id } = await world.intent(orderId);
  await sql(
    `insert into api_call (shop_id, target, action, method, path, duration_ms, order_id) values ('main', 'hft71', 'send_order', 'POST', '/order', 1, $1)`,
    [orderId],
  );
  await sql(`insert into delivery (shop_id, result, order_id) values ('main', 'order', $1)`, [orderId]);
  await sql(`insert into look_up (intent_id, started_at, answer) values ($1, now(), 'absent')`, [id]);
  const age = `interval '${days} days'`;
  for (const [table, at] of [
    ['api_call', 'at'],
    ['order_event', 'at'],
    ['delivery', 'received_at'],
  ])
    await sql(`update ${table} set ${at} = ${at} - ${age} where order_id = $1`, [orderId]);
  await sql(`update look_up set started_at = started_at - ${age} where intent_id = $1`, [id]);
  await sql(
    `update attempt set prepared_at = prepared_at - ${age}, ended_at = ended_at - ${age} where intent_id = $1`,
    [id],
  );
  await sql(`update intent set state_since = state_since - ${age} where order_id = $1`, [orderId]);
}

async function deleteAll(limit = 100): Promise<Record<KeptForATime, number>> {
  const counts = {} as Record<KeptForATime, number>;
  for (const what of KEPT_FOR_A_TIME)
    counts[what] = await deleteOld(world.ledger, { shopId: 'main', what, keepMs: 90 * DAY_MS, limit });
  return counts;
}

async function left(orderId: number): Promise<Record<string, number>> {
  const { id } = await world.intent(orderId);
  const { rows } = await sql(
    `select (select count(*) from api_call where order_id = $1)::int as calls, (select count(*) from delivery where order_id = $1)::int as deliveries,
       (select count(*) from order_event where order_id = $1)::int as events, (select count(*) from attempt where intent_id = $2)::int as attempts,
       (select count(*) from look_up where intent_id = $2)::int as "lookUps"`,
    [orderId, id],
  );
  return rows[0] as Record<string, number>;
}

const NOTHING = { calls: 0, deliveries: 0, events: 0, attempts: 0, lookUps: 0 };

test('what is old of an order that is done with goes, and the metrics go on counting its attempts', async () => {
  await writtenBack(1);
  await aged(1, 91);
  await writtenBack(2); // younger
  await aged(2, 89);
  const before = await left(2);
  expect(await deleteAll()).toMatchObject({ api_call: 1, delivery: 1, look_up: 1, attempt: 1 });
  expect(await left(1)).toEqual(NOTHING);
  expect(await left(2)).toEqual(before);
  expect(await world.intent(1)).toMatchObject({ state: 'written_back', hft71_order_id: 'H1' });
  expect(await attemptTotals(world.ledger)).toEqual([{ outcome: 'accepted', count: 2 }]);
  expect(await deleteAll()).toEqual({ api_call: 0, order_event: 0, delivery: 0, look_up: 0, attempt: 0 });
});

test.each([
  ['in doubt', `state = 'in_doubt', doubt_since = now()`],
  ['held', `state = 'held', reason = 'conflict'`],
  ['on its way', `state = 'sending', lease_until = now()`],
  ['not in the shop yet', `state = 'sent', hft71_order_id = 'H1'`],
  ['refused', `state = 'rejected'`],
])('nothing goes of an order that is %s, however old', async (_what, change) => {
  await writtenBack(2);
  const token = await world.claimed(1);
  await recordInDoubt(world.ledger, token, { ...seen, cause: 'deadline', settleMs: 0 });
  await sql(`update intent set ${change} where order_id = 1 and kind = 'send_order'`);
  await aged(1, 400);
  const before = await left(1);
  expect(before).toMatchObject({ calls: 1, deliveries: 1, attempts: 1, lookUps: 1 });
  await deleteAll();
  expect(await left(1)).toEqual(before);
});

test('nothing goes of an order that has a held update, or a reprint on its way', async () => {
  await writtenBack(1);
  await writtenBack(2);
  await aged(1, 400);
  await sql(
    `insert into intent (id, kind, shop_id, order_id, account_id, state, reason) select $1, 'update_order', 'main', 1, account_id, 'held', 'cancel-by-hand'
     from intent where kind = 'send_order' and order_id = 1`,
    [randomUUID()],
  );
  const before = await left(1);
  await deleteAll();
  expect(await left(1)).toEqual(before);
});

test('a cancelled order keeps its attempts: its marker may have to be known when it is wanted again', async () => {
  await writtenBack(2);
  await world.prepared(1);
  await sql(`update attempt set ended_at = now(), outcome = 'not_processed' where ended_at is null`);
  await sql(`update intent set state = 'cancelled' where order_id = 1 and kind = 'send_order'`);
  await aged(1, 400);
  await deleteAll();
  expect(await left(1)).toEqual({ calls: 0, deliveries: 0, events: 0, attempts: 1, lookUps: 1 });
});

test('the last order that HFT71 accepted stays known: look-ups are tried on it', async () => {
  await writtenBack(1);
  await aged(1, 400);
  await deleteAll();
  expect(await lookUpControl(world.ledger, world.accountId, 0)).toMatchObject({ hft71OrderId: 'H1' });
  expect(await left(1)).toMatchObject({ calls: 0, events: 0, attempts: 1 });
});

test('no statement takes more than it is told', async () => {
  for (const orderId of [1, 2, 3]) await writtenBack(orderId);
  for (const orderId of [1, 2]) await aged(orderId, 100);
  expect(await deleteAll(1)).toEqual({ api_call: 1, order_event: 1, delivery: 1, look_up: 1, attempt: 1 });
});
