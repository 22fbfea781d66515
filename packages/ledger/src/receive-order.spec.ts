import { waitFor } from '@relay/testing';
import { openAlerts, raiseAlert } from './alerts.js';
import { followLines, markBeforeLive } from './shops.js';
import { recordWrittenBack } from './write-back.js';
import { startLedgerWorld, type LedgerWorld } from './testing-world.js';
import { receiveDeleted } from './receive-order.js';
import { holdReady, leaveReady } from './move-intent.js';
import { recordAccepted, recordInDoubt, recordNotProcessed, recordRejected } from './record-outcome.js';

let world: LedgerWorld;
beforeEach(async () => {
  world = await startLedgerWorld();
});
afterEach(() => world.close());

const at = (second: number) => `2026-11-23T10:00:${String(second).padStart(2, '0')}`;

test('a sendable order arms one intent, however often and in whatever order it is told', async () => {
  await Promise.all([1, 2, 3].map(() => world.receive({ modifiedGmt: at(5) })));
  await world.receive({ modifiedGmt: at(1), status: 'cancelled' }); // late news
  const { rows } = await world.ledger.pool.query('select state from intent');
  expect(rows).toEqual([{ state: 'ready' }]);
});

test('what is older than what is known changes nothing', async () => {
  await world.receive({ modifiedGmt: at(5), status: 'cancelled' });
  expect(await world.receive({ modifiedGmt: at(4) })).toEqual({ stored: false, state: null });
  expect(await world.intent()).toEqual({});
});

test('the delivery is recorded with the order, and once each time', async () => {
  const { receiveOrder } = await import('./receive-order.js');
  const how = {
    seenBy: 'webhook',
    sendableStatuses: ['processing'],
    sendDelayMs: 0,
    delivery: { deliveryId: 'd', topic: 'order.updated' },
  };
  await receiveOrder(world.ledger, world.seen(), how);
  await receiveOrder(world.ledger, world.seen(), how);
  const { rows } = await world.ledger.pool.query('select delivery_id, topic, result, order_id::int from delivery');
  expect(rows).toEqual([1, 2].map(() => ({ delivery_id: 'd', topic: 'order.updated', result: 'order', order_id: 1 })));
});

test('an order that is not sendable has no intent yet', async () => {
  await world.receive({ status: 'pending' });
  expect(await world.intent()).toEqual({});
  await world.receive({ modifiedGmt: at(1) });
  expect(await world.intent()).toMatchObject({ state: 'ready' });
});

test('in its send delay an order waits', async () => {
  await world.receive({}, { sendDelayMs: 60_000 });
  expect(await world.intent()).toMatchObject({ state: 'waiting' });
});

test.each([
  ['completed', 'skipped'],
  ['cancelled', 'cancelled'],
  ['trash', 'cancelled'],
])('ready without doubt, %s in the shop: %s, and ready again when it is sendable again', async (status, state) => {
  await world.receive();
  await world.receive({ modifiedGmt: at(1), status });
  expect(await world.intent()).toMatchObject({ state, reason: status });
  await world.receive({ modifiedGmt: at(2) });
  expect(await world.intent()).toMatchObject({ state: 'ready', reason: null });
});

test('cancelled while sending: unchanged, the flag is set (R7)', async () => {
  await world.claimed();
  await world.receive({ modifiedGmt: at(1), status: 'cancelled' });
  expect(await world.intent()).toMatchObject({ state: 'sending', cancel_requested: true });
});

test('cancelled while sending, then refused, then sendable again: the next claim is not refused for the old flag', async () => {
  const token = await world.claimed();
  await world.receive({ modifiedGmt: at(1), status: 'cancelled' });
  await recordNotProcessed(world.ledger, token, {
    httpStatus: 429,
    errorCode: null,
    left: true,
    cause: 'throttled',
    notBeforeMs: -1_000,
    lastFailure: 'throttled',
  });
  expect(await world.intent()).toMatchObject({ state: 'cancelled', cancel_requested: true });
  await world.receive({ modifiedGmt: at(2) });
  expect(await world.intent()).toMatchObject({ state: 'ready', cancel_requested: false });
});

test('cancelled in doubt: unchanged, the flag is set, the doubt is kept (R2, R7)', async () => {
  const token = await world.claimed();
  await recordInDoubt(world.ledger, token, {
    httpStatus: 502,
    errorCode: null,
    left: true,
    cause: 'http-502',
    settleMs: 1_000,
  });
  await world.receive({ modifiedGmt: at(1), status: 'cancelled' });
  expect(await world.intent()).toMatchObject({ state: 'in_doubt', cancel_requested: true });
  expect((await world.intent())['doubt_since']).not.toBeNull();
});

test.each(['held', 'in_doubt'])('%s with a doubt: sendable again arms nothing', async (state) => {
  const token = await world.claimed();
  await recordInDoubt(world.ledger, token, {
    httpStatus: null,
    errorCode: 'deadline',
    left: true,
    cause: 'deadline',
    settleMs: 1,
  });
  await world.ledger.pool.query(`update intent set state = $1, reason = 'in-doubt'`, [state]);
  await world.receive({ modifiedGmt: at(1), contentHash: 'content-2' });
  expect(await world.intent()).toMatchObject({ state });
});

test('rejected: goes again only when the content has changed', async () => {
  const token = await world.claimed();
  await recordRejected(world.ledger, token, {
    httpStatus: 422,
    errorCode: null,
    left: true,
    contentHash: 'content-1',
    detail: 'x',
  });
  await world.receive({ modifiedGmt: at(1) });
  expect(await world.intent()).toMatchObject({ state: 'rejected' });
  await world.receive({ modifiedGmt: at(2), contentHash: 'content-2' });
  expect(await world.intent()).toMatchObject({ state: 'ready' });
});

test('held for mapping: goes again when the content has changed', async () => {
  await world.receive();
  const { id } = await world.intent();
  await holdReady(world.ledger, String(id), {
    reason: 'mapping',
    detail: 'line 1 has no SKU',
    contentHash: 'content-1',
  });
  await world.receive({ modifiedGmt: at(1) });
  expect(await world.intent()).toMatchObject({ state: 'held', reason: 'mapping', reason_detail: 'line 1 has no SKU' });
  await world.receive({ modifiedGmt: at(2), contentHash: 'content-2' });
  expect(await world.intent()).toMatchObject({ state: 'ready', reason: null });
});

test('not for HFT71: looked at again when its lines changed', async () => {
  await world.receive();
  await leaveReady(world.ledger, String((await world.intent())['id']), {
    state: 'not_for_hft71',
    reason: null,
    contentHash: 'content-1',
  });
  await world.receive({ modifiedGmt: at(1) });
  expect(await world.intent()).toMatchObject({ state: 'not_for_hft71' });
  await world.receive({ modifiedGmt: at(2), contentHash: 'content-2' });
  expect(await world.intent()).toMatchObject({ state: 'ready' });
});

test('held without doubt or rejected, cancelled in the shop: cancelled', async () => {
  await world.receive();
  await holdReady(world.ledger, String((await world.intent())['id']), {
    reason: 'mapping',
    detail: null,
    contentHash: null,
  });
  await world.receive({ modifiedGmt: at(1), status: 'cancelled' });
  expect(await world.intent()).toMatchObject({ state: 'cancelled' });
});

test('a sent order stays sent whatever the shop says', async () => {
  const token = await world.claimed();
  await recordAccepted(world.ledger, token, { httpStatus: 200, errorCode: null, left: true, hft71OrderId: '99' });
  for (const [second, status] of ['cancelled', 'processing', 'trash'].entries())
    await world.receive({ modifiedGmt: at(second + 1), status });
  expect(await world.intent()).toMatchObject({ state: 'sent', hft71_order_id: '99' });
});

test('another order under a known id is held, and what was sent stays known', async () => {
  await world.receive();
  await world.receive({ modifiedGmt: at(1), orderKeyHash: 'key-2' });
  expect(await world.intent()).toMatchObject({ state: 'held', reason: 'order-identity-changed' });

  const token = await world.claimed(2);
  await recordAccepted(world.ledger, token, { httpStatus: 200, errorCode: null, left: true, hft71OrderId: '99' });
  await world.receive({ orderId: 2, modifiedGmt: at(1), orderKeyHash: 'key-2' });
  expect(await world.intent(2)).toMatchObject({ state: 'sent', hft71_order_id: '99' });
  const { heldOrders } = await import('./held.js');
  expect(await heldOrders(world.ledger)).toEqual([
    expect.objectContaining({ orderId: 1, reason: 'order-identity-changed' }),
    expect.objectContaining({ orderId: 2, reason: 'order-identity-changed', hft71OrderId: '99' }),
  ]);
});

test('an id that the other order shows settles nothing, and an acknowledged one is not listed again; a third one is', async () => {
  const { acknowledgeIdentity, heldOrders } = await import('./held.js');
  const { intentsToAdopt } = await import('./load-intent.js');
  await world.receive();
  await world.receive({ modifiedGmt: at(1), orderKeyHash: 'key-2', hft71OrderId: '77' });
  expect(await intentsToAdopt(world.ledger, 'main', 10)).toEqual([]);
  await world.ledger.pool.query(`update intent set state = 'sent', hft71_order_id = '99', reason = null`);
  const act = { shopId: 'main', orderId: 1, actor: 'Eve', reason: 'sent by hand' };
  await acknowledgeIdentity(world.ledger, { ...act, orderKeyHash: 'key-2' });
  await world.receive({ modifiedGmt: at(2), orderKeyHash: 'key-2', hft71OrderId: '77' });
  expect(await heldOrders(world.ledger)).toEqual([]);
  const { rows } = await world.ledger.pool.query('select order_key_hash from shop_order');
  expect(rows).toEqual([{ order_key_hash: 'key-1' }]);
  await world.receive({ modifiedGmt: at(3), orderKeyHash: 'key-3' });
  expect(await heldOrders(world.ledger)).toEqual([expect.objectContaining({ reason: 'order-identity-changed' })]);
});

test('deleted in the shop: cancelled without doubt; a doubt is kept', async () => {
  await world.receive();
  await receiveDeleted(world.ledger, 'main', 1);
  expect(await world.intent()).toMatchObject({ state: 'cancelled', reason: 'deleted' });
  const token = await world.claimed(2);
  await recordInDoubt(world.ledger, token, {
    httpStatus: null,
    errorCode: 'deadline',
    left: true,
    cause: 'deadline',
    settleMs: 1,
  });
  await receiveDeleted(world.ledger, 'main', 2);
  expect(await world.intent(2)).toMatchObject({ state: 'in_doubt', cancel_requested: true });
});

test('cancelled while sending, not processed, restored: the flag goes, and it may be claimed', async () => {
  const token = await world.claimed();
  await world.receive({ modifiedGmt: at(1), status: 'cancelled' });
  await recordNotProcessed(world.ledger, token, {
    httpStatus: 429,
    errorCode: null,
    left: true,
    cause: 'throttled',
    notBeforeMs: -1_000,
    lastFailure: 'x',
  });
  await world.receive({ modifiedGmt: at(2) });
  expect(await world.intent()).toMatchObject({ state: 'ready', cancel_requested: false });
  const again = await world.prepared();
  expect(await world.claim(again)).toBe('claimed');
});

test('cancelled in doubt and restored: the doubt stays, the flag goes', async () => {
  const token = await world.claimed();
  await recordInDoubt(world.ledger, token, {
    httpStatus: null,
    errorCode: 'deadline',
    left: true,
    cause: 'deadline',
    settleMs: 1,
  });
  await world.receive({ modifiedGmt: at(1), status: 'cancelled' });
  await world.receive({ modifiedGmt: at(2) });
  expect(await world.intent()).toMatchObject({ state: 'in_doubt', cancel_requested: false });
  expect((await world.intent())['doubt_since']).not.toBeNull();
});

test('a reference that another order has: held, never thrown; it goes once its reference is free', async () => {
  await world.receive({ orderId: 1, reference: '7000' });
  expect(await world.receive({ orderId: 7000, reference: '7000' })).toEqual({ stored: true, state: 'held' });
  expect(await world.intent(7000)).toMatchObject({ state: 'held', reason: 'reference-taken', reference: null });
  await world.receive({ orderId: 7000, reference: 'B-7000', modifiedGmt: at(1) });
  expect(await world.intent(7000)).toMatchObject({ state: 'ready', reference: 'B-7000' });
});

test('two orders with one reference at the same instant: one goes, one is held', async () => {
  await Promise.all([1, 2, 3, 4].map((orderId) => world.receive({ orderId, reference: 'same' })));
  const { rows } = await world.ledger.pool.query('select state from intent order by state');
  expect(rows).toEqual([{ state: 'held' }, { state: 'held' }, { state: 'held' }, { state: 'ready' }]);
});

test('an order’s own stored reference stays, though the settings would make another one now', async () => {
  await world.receive({ orderId: 1, reference: 'one' });
  await world.receive({ orderId: 2, reference: 'two' });
  await world.receive({ orderId: 1, reference: 'two', modifiedGmt: at(1), status: 'on-hold' });
  await world.receive({ orderId: 1, reference: 'two', modifiedGmt: at(2) });
  expect(await world.intent(1)).toMatchObject({ state: 'ready', reference: 'one' });
});

test.each(['cancelled', 'skipped', 'shadowed', 'rejected', 'not_for_hft71'])(
  'another order under the id of one that is %s is held, not lost',
  async (state) => {
    await world.receive();
    await world.ledger.pool.query('update intent set state = $1', [state]);
    await world.receive({ modifiedGmt: at(1), orderKeyHash: 'key-2' });
    expect(await world.intent()).toMatchObject({ state: 'held', reason: 'order-identity-changed' });
    await world.receive({ modifiedGmt: at(2), orderKeyHash: 'key-2', status: 'cancelled' });
    await world.receive({ modifiedGmt: at(3), orderKeyHash: 'key-2' });
    expect(await world.intent()).toMatchObject({ state: 'held', reason: 'order-identity-changed' });
  },
);

test.each([
  ['conflict', { hft71_order_id: '900' }],
  ['exists', {}],
])('held as %s is never cancelled away: HFT71 has it', async (reason, known: { hft71_order_id?: string }) => {
  await world.receive();
  await world.ledger.pool.query(`update intent set state = 'held', reason = $1, hft71_order_id = $2`, [
    reason,
    known.hft71_order_id ?? null,
  ]);
  await world.receive({ modifiedGmt: at(1), status: 'cancelled' });
  expect(await world.intent()).toMatchObject({ state: 'held', reason, cancel_requested: true });
  await receiveDeleted(world.ledger, 'main', 1);
  expect(await world.intent()).toMatchObject({ state: 'held', reason });
});

test('an order read just now counts, though its date is older than one seen before (a clock set right)', async () => {
  await world.receive({ modifiedGmt: at(9), status: 'pending' });
  expect(await world.receive({ modifiedGmt: at(5) })).toMatchObject({ stored: false });
  expect(await world.receive({ modifiedGmt: at(5) }, { readJustNow: true })).toEqual({ stored: true, state: 'ready' });
});

test.each(['cancelled', 'deleted'])(
  '%s after an attempt that was not processed: cancelled (a ready order has no reason)',
  async (how) => {
    const token = await world.claimed();
    await recordNotProcessed(world.ledger, token, {
      httpStatus: 429,
      errorCode: null,
      left: true,
      cause: 'throttled',
      notBeforeMs: -1_000,
      lastFailure: 'x',
    });
    if (how === 'deleted') await receiveDeleted(world.ledger, 'main', 1);
    else await world.receive({ modifiedGmt: at(1), status: 'cancelled' });
    expect(await world.intent()).toMatchObject({ state: 'cancelled', cancel_requested: false });
  },
);

test('deleted while a claim is being committed: judged on what the claim left (sending stays, the flag is set)', async () => {
  const token = await world.prepared();
  const client = await world.ledger.pool.connect();
  await client.query('begin');
  await client.query(`update intent set state = 'sending', lease_until = now() + interval '45 s' where token = $1`, [
    token,
  ]);
  const deleted = receiveDeleted(world.ledger, 'main', 1);
  await waitFor(
    async () =>
      (
        await world.ledger.pool.query(
          `select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
        )
      ).rowCount,
    { what: 'the deletion waits for the lock' },
  );
  await client.query('commit');
  client.release();
  await deleted;
  expect(await world.intent()).toMatchObject({ state: 'sending', cancel_requested: true });
});

test('an order that could not be read when going live never goes by itself once it can be', async () => {
  await markBeforeLive(world.ledger, 'main', [77]);
  expect(await world.receive({ orderId: 77 })).toEqual({ stored: true, state: 'held' });
  expect(await world.intent(77)).toMatchObject({ state: 'held', reason: 'before-go-live' });
});

test('an order held without a reference gets one as soon as one is free', async () => {
  await world.receive({ orderId: 1, reference: '9' });
  await world.receive({ orderId: 9, reference: '9' }, { beforeLive: true });
  expect(await world.intent(9)).toMatchObject({ reason: 'before-go-live', reference: null });
  await world.receive({ orderId: 9, reference: 'B-9', modifiedGmt: at(1) });
  expect(await world.intent(9)).toMatchObject({ reason: 'before-go-live', reference: 'B-9' });
});

test('an order that is taken in at last ends its alert', async () => {
  await raiseAlert(world.ledger, { kind: 'order not taken in', severity: 1, subject: 'main/1', message: 'x' });
  await world.receive();
  expect(await openAlerts(world.ledger)).toEqual([]);
});

test('write-backs and their own echoes never fail on each other', async () => {
  for (let orderId = 1; orderId <= 30; orderId += 1) {
    await world.ledger.pool.query('update account set window_base = 100, max_in_flight = 100');
    await recordAccepted(world.ledger, await world.claimed(orderId), {
      httpStatus: 200,
      errorCode: null,
      left: true,
      hft71OrderId: `h${orderId}`,
    });
  }
  await Promise.all(
    Array.from({ length: 30 }, async (_, index) => {
      const orderId = index + 1;
      const id = String((await world.intent(orderId, 'write_back'))['id']);
      await Promise.all([
        recordWrittenBack(world.ledger, id, `h${orderId}`, 0),
        ...[1, 2, 3].map((second) => world.receive({ orderId, modifiedGmt: at(second), hft71OrderId: `h${orderId}` })),
      ]);
      expect(await world.intent(orderId)).toMatchObject({ state: 'written_back' });
    }),
  );
});

test('another HFT71_LINES makes what the former left out be looked at again', async () => {
  const shop = { id: 'main', sendableStatuses: ['processing'] };
  await followLines(world.ledger, { ...shop, lines: 'feed' });
  await world.receive();
  await leaveReady(world.ledger, String((await world.intent())['id']), {
    state: 'not_for_hft71',
    reason: null,
    contentHash: 'content-1',
  });
  expect(await followLines(world.ledger, { ...shop, lines: 'feed' })).toBe(0);
  expect(await followLines(world.ledger, { ...shop, lines: 'all' })).toBe(1);
  expect(await world.intent()).toMatchObject({ state: 'ready' });
});
