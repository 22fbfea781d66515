import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { startLedgerWorld, type LedgerWorld } from './testing-world.js';
import { openAlerts } from './alerts.js';
import { prepareAttempt } from './attempt.js';
import { takeDueSends } from './dispatch.js';
import { heldOrders, resolveAsAbsent, resolveAsExisting } from './held.js';
import {
  recordAccepted,
  recordDuplicate,
  recordInDoubt,
  recordNotProcessed,
  recordRejected,
} from './record-outcome.js';
import { holdDoubts, rescueLeases, rescuePrepared } from './rescue.js';
import { goShadow } from './shops.js';
import { loadWriteBack, recordWriteBackConflict, recordWriteBackFailed, recordWrittenBack } from './write-back.js';
import { writeBackAgain } from './write-back-again.js';

let world: LedgerWorld;
beforeEach(async () => {
  world = await startLedgerWorld();
});
afterEach(() => world.close());

const answer = { httpStatus: 200, errorCode: null, left: true };
const refusal = {
  httpStatus: 429,
  errorCode: null,
  left: true,
  cause: 'throttled',
  notBeforeMs: 5_000,
  lastFailure: 'throttled',
};
const doubt = { httpStatus: null, errorCode: 'deadline', left: true, cause: 'deadline', settleMs: 60_000 };
const attemptOf = async (token: string) =>
  (await world.ledger.pool.query<Record<string, unknown>>('select * from attempt where token = $1', [token])).rows[0];

describe('prepare and claim', () => {
  test('of many workers at once one prepares', async () => {
    await world.receive();
    const intentId = String((await world.intent())['id']);
    const tries = Array.from({ length: 8 }, () =>
      prepareAttempt(world.ledger, { intentId, token: randomUUID(), worker: 'w', payloadHash: 'p' }),
    );
    expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
  });

  test('the claim needs the newest token, and happens once', async () => {
    const token = await world.prepared();
    expect(await world.claim(randomUUID())).toBe('not-ready');
    expect(await world.claim(token)).toBe('claimed');
    expect(await world.claim(token)).toBe('not-ready');
    expect(await world.intent()).toMatchObject({ state: 'sending', payload_hash: 'p' });
  });

  test('an attempt that has ended can never be claimed, so a claim of unknown outcome may be handed back', async () => {
    const token = await world.prepared();
    await recordNotProcessed(world.ledger, token, { ...refusal, left: false });
    expect(await world.claim(token)).toBe('not-ready');
  });

  test('two workers never fill the last place of the send window twice', async () => {
    await world.close();
    world = await startLedgerWorld({ maxInFlight: 2 });
    const tokens: string[] = [];
    await world.ledger.pool.query('update account set window_base = 20, max_in_flight = 20');
    for (let orderId = 1; orderId <= 6; orderId += 1) tokens.push(await world.prepared(orderId));
    await world.ledger.pool.query('update account set window_base = 2, max_in_flight = 2');
    const answers = await Promise.all(tokens.map((token, index) => world.claim(token, index + 1)));
    expect(answers.filter((each) => each === 'claimed')).toHaveLength(2);
    expect(answers.filter((each) => each === 'window-full')).toHaveLength(4);
  });

  test.each([
    ['the shop left live mode', () => goShadow(world.ledger, 'main'), 'shop-not-live'],
    ['the breaker is open', () => world.ledger.pool.query(`update account set breaker_state = 'open'`), 'breaker-open'],
    ['the order is cancelled', () => world.ledger.pool.query('update intent set cancel_requested = true'), 'not-ready'],
  ])('no claim when %s', async (_name, change, expected) => {
    const token = await world.prepared();
    await change();
    expect(await world.claim(token)).toBe(expected);
    expect(await world.intent()).toMatchObject({ state: 'ready' });
  });

  test('claims stop at RELAY_MAX_UNMIRRORED orders whose write-back failed', async () => {
    const sent = await world.claimed(1);
    await recordAccepted(world.ledger, sent, { ...answer, hft71OrderId: '1' });
    const writeBack = String((await world.intent(1, 'write_back'))['id']);
    await recordWriteBackFailed(world.ledger, writeBack, { notBeforeMs: -1_000, lastFailure: 'HTTP 500' });
    const token = await world.prepared(2);
    const { claimAttempt } = await import('./attempt.js');
    const claim = {
      intentId: String((await world.intent(2))['id']),
      accountId: world.accountId,
      token,
      payloadHash: 'p',
      addressHash: 'address-1',
      leaseMs: 1_000,
    };
    expect(await claimAttempt(world.ledger, { ...claim, maxUnmirrored: 1 })).toBe('unmirrored');
    await recordWrittenBack(world.ledger, writeBack, '1', 0);
    expect(await claimAttempt(world.ledger, { ...claim, maxUnmirrored: 1 })).toBe('claimed');
  });
});

describe('outcomes', () => {
  test('accepted: sent, and a write-back is armed', async () => {
    const token = await world.claimed();
    expect(await recordAccepted(world.ledger, token, { ...answer, hft71OrderId: '99' })).toBe('sent');
    expect(await world.intent()).toMatchObject({
      state: 'sent',
      hft71_order_id: '99',
      accepted_hash: 'p',
      lease_until: null,
    });
    expect(await world.intent(1, 'write_back')).toMatchObject({ state: 'ready' });
    expect(await attemptOf(token)).toMatchObject({ outcome: 'accepted', hft71_order_id: '99' });
  });

  test('not processed: ready again, not before the wait', async () => {
    const token = await world.claimed();
    expect(await recordNotProcessed(world.ledger, token, refusal)).toBe('ready');
    expect(await takeDueSends(world.ledger, world.accountId, 60_000)).toEqual([]);
    expect(await world.intent()).toMatchObject({ failures: 1, last_failure: 'throttled' });
  });

  test('not processed with a cancellation waiting: cancelled', async () => {
    const token = await world.claimed();
    await world.ledger.pool.query('update intent set cancel_requested = true');
    expect(await recordNotProcessed(world.ledger, token, refusal)).toBe('cancelled');
  });

  test.each([
    ['not processed', (token: string) => recordNotProcessed(world.ledger, token, refusal)],
    [
      'rejected',
      (token: string) =>
        recordRejected(world.ledger, token, { ...answer, httpStatus: 422, contentHash: 'c', detail: 'd' }),
    ],
  ])('%s after an earlier doubt: in doubt, a refusal clears none (R2)', async (_name, record) => {
    const token = await world.claimed();
    await world.ledger.pool.query('update intent set doubt_since = now()');
    expect(await record(token)).toBe('in_doubt');
  });

  test('in doubt: settle runs from the entry, and a person is asked at once', async () => {
    const token = await world.claimed();
    expect(await recordInDoubt(world.ledger, token, doubt)).toBe('in_doubt');
    await holdDoubts(world.ledger, world.accountId, { policy: 'unknown', hasLookUp: false });
    expect(await heldOrders(world.ledger)).toEqual([
      expect.objectContaining({ orderId: 1, reason: 'in-doubt', token }),
    ]);
    expect(await takeDueSends(world.ledger, world.accountId, 60_000)).toEqual([]);
  });

  test('a repeated reference without an own doubt is somebody else’s: held', async () => {
    const token = await world.claimed();
    expect(await recordDuplicate(world.ledger, token, { ...answer, httpStatus: 409, hft71OrderId: '99' })).toBe('held');
    expect(await world.intent()).toMatchObject({ reason: 'reference-taken', hft71_order_id: null });
  });

  test.each([
    ['99', { state: 'sent', hft71_order_id: '99', doubt_since: null }],
    [null, { state: 'held', reason: 'exists' }],
  ])('a repeated reference after an own doubt settles it (id %s)', async (hft71OrderId, expected) => {
    const token = await world.claimed();
    await world.ledger.pool.query('update intent set doubt_since = now()');
    await recordDuplicate(world.ledger, token, { ...answer, httpStatus: 409, hft71OrderId });
    expect(await world.intent()).toMatchObject(expected);
  });

  test('an id that another order has already: held, both stay as they are', async () => {
    await recordAccepted(world.ledger, await world.claimed(1), { ...answer, hft71OrderId: '99' });
    expect(await recordAccepted(world.ledger, await world.claimed(2), { ...answer, hft71OrderId: '99' })).toBe('held');
    expect(await world.intent(1)).toMatchObject({ state: 'sent', hft71_order_id: '99' });
    expect(await world.intent(2)).toMatchObject({ state: 'held', reason: 'conflict', hft71_order_id: null });
  });
});

test('an id that another order shows in its shop, as `replays` may answer: held', async () => {
  await world.receive({ orderId: 2, hft71OrderId: '99' });
  expect(await recordAccepted(world.ledger, await world.claimed(1), { ...answer, hft71OrderId: '99' })).toBe('held');
  expect(await world.intent(1)).toMatchObject({ state: 'held', reason: 'conflict' });
});

test('an id that is recorded twice stays, though a copy of the order shows it', async () => {
  const token = await world.claimed(1);
  await recordAccepted(world.ledger, token, { ...answer, hft71OrderId: '99' });
  await world.receive({ orderId: 2, hft71OrderId: '99' });
  expect(await recordAccepted(world.ledger, token, { ...answer, hft71OrderId: '99' })).toBe('sent');
});

describe('late results (R3)', () => {
  test('an id of the own token settles a doubt', async () => {
    const token = await world.claimed();
    await recordInDoubt(world.ledger, token, doubt);
    await holdDoubts(world.ledger, world.accountId, { policy: 'unknown', hasLookUp: false });
    expect(await recordAccepted(world.ledger, token, { ...answer, hft71OrderId: '99' })).toBe('sent');
    expect(await world.intent()).toMatchObject({ state: 'sent', doubt_since: null, reason: null });
    expect(await heldOrders(world.ledger)).toEqual([]);
  });

  test('an id that comes while the intent is ready again, not claimed again, is evidence', async () => {
    const token = await world.claimed();
    await recordInDoubt(world.ledger, token, doubt);
    await world.ledger.pool.query(`update intent set state = 'ready', doubt_since = null`);
    expect(await recordAccepted(world.ledger, token, { ...answer, hft71OrderId: '99' })).toBe('sent');
  });

  test('an id of another attempt while one is under way holds the order as conflict', async () => {
    const first = await world.claimed();
    await recordInDoubt(world.ledger, first, doubt);
    await world.ledger.pool.query(`update intent set state = 'ready', doubt_since = null, dispatched_until = null`);
    const second = await world.claimed();
    expect(await recordAccepted(world.ledger, first, { ...answer, hft71OrderId: '98' })).toBe('held');
    expect(await world.intent()).toMatchObject({ reason: 'conflict' });
    expect(await recordAccepted(world.ledger, second, { ...answer, hft71OrderId: '99' })).toBe('held');
    expect(await world.intent()).toMatchObject({ state: 'held', reason: 'conflict' });
  });

  test('a second id for a sent order holds it, and the first id is never forgotten (I4)', async () => {
    const token = await world.claimed();
    await recordAccepted(world.ledger, token, { ...answer, hft71OrderId: '99' });
    await recordAccepted(world.ledger, token, { ...answer, hft71OrderId: '99' }); // the same again: nothing
    expect(await world.intent()).toMatchObject({ state: 'sent' });
    expect(await recordAccepted(world.ledger, token, { ...answer, hft71OrderId: '100' })).toBe('held');
    expect(await world.intent()).toMatchObject({ state: 'held', reason: 'conflict', hft71_order_id: '99' });
  });

  test.each([
    ['a doubt', (token: string) => recordInDoubt(world.ledger, token, doubt)],
    ['a refusal', (token: string) => recordNotProcessed(world.ledger, token, refusal)],
    [
      'a rejection',
      (token: string) =>
        recordRejected(world.ledger, token, { ...answer, httpStatus: 422, contentHash: 'c', detail: 'd' }),
    ],
  ])('%s that comes late is dropped: sent is never forgotten (A10)', async (_name, record) => {
    const token = await world.claimed();
    await recordAccepted(world.ledger, token, { ...answer, hft71OrderId: '99' });
    expect(await record(token)).toBeNull();
    expect(await world.intent()).toMatchObject({ state: 'sent', hft71_order_id: '99' });
  });

  test('a refusal that comes after the lease is dropped: the doubt stays', async () => {
    const token = await world.prepared();
    await world.claim(token, 1, -1_000);
    await rescueLeases(world.ledger, 60_000);
    expect(await recordNotProcessed(world.ledger, token, refusal)).toBeNull();
    expect(await world.intent()).toMatchObject({ state: 'in_doubt' });
  });
});

describe('rescue', () => {
  test('a lease that is over: in doubt, whoever had it', async () => {
    const token = await world.prepared();
    await world.claim(token, 1, -1_000);
    expect(await rescueLeases(world.ledger, 60_000)).toHaveLength(1);
    expect(await world.intent()).toMatchObject({ state: 'in_doubt', lease_until: null });
    expect(await attemptOf(token)).toMatchObject({ outcome: 'in_doubt', cause: 'lease-expired' });
  });

  test('a lease that lasts is left alone', async () => {
    await world.claimed();
    expect(await rescueLeases(world.ledger, 60_000)).toEqual([]);
  });

  test('a prepared attempt whose worker is gone is abandoned, its token void; it cannot be claimed any more', async () => {
    const token = await world.prepared();
    expect(await rescuePrepared(world.ledger, 60_000)).toEqual([]);
    expect(await rescuePrepared(world.ledger, -1)).toHaveLength(1);
    expect(await world.claim(token)).toBe('not-ready');
    expect(await attemptOf(token)).toMatchObject({ outcome: 'abandoned' });
    expect(await world.intent()).toMatchObject({ state: 'ready', token: null, dispatched_until: null });
  });
});

describe('dispatch', () => {
  test('tops up to the send window, counts what is under way, and takes none twice', async () => {
    for (let orderId = 1; orderId <= 9; orderId += 1) await world.receive({ orderId });
    expect(await takeDueSends(world.ledger, world.accountId, 60_000)).toHaveLength(6);
    expect(await takeDueSends(world.ledger, world.accountId, 60_000)).toHaveLength(0);
  });

  test('while another process takes, its turn is waited for', async () => {
    await world.receive();
    const other = await world.ledger.pool.connect();
    await other.query('begin');
    await other.query(`select pg_advisory_xact_lock(hashtext('dispatch'), hashtext($1::text))`, [world.accountId]);
    const taking = takeDueSends(world.ledger, world.accountId, 60_000);
    await sleep(5); // it has been refused by then, or is asked when the turn is free
    await other.query('commit');
    other.release();
    expect(await taking).toHaveLength(1);
  });

  test('one that never gets its turn takes nothing', async () => {
    await world.receive();
    const other = await world.ledger.pool.connect();
    await other.query(`select pg_advisory_lock(hashtext('dispatch'), hashtext($1::text))`, [world.accountId]);
    expect(await takeDueSends(world.ledger, world.accountId, 60_000)).toEqual([]);
    await other.query('select pg_advisory_unlock_all()');
    other.release();
  });

  test('one whose dispatch lease is over is dispatched again, under a new number', async () => {
    await world.receive();
    const [first] = await takeDueSends(world.ledger, world.accountId, -1_000);
    const [second] = await takeDueSends(world.ledger, world.accountId, 60_000);
    expect([first?.dispatchNo, second?.dispatchNo]).toEqual([1, 2]);
  });

  test('oldest first', async () => {
    for (let orderId = 9; orderId >= 1; orderId -= 1) await world.receive({ orderId });
    const due = await takeDueSends(world.ledger, world.accountId, 60_000);
    expect(due.map(({ orderId }) => orderId).sort()).toEqual([4, 5, 6, 7, 8, 9]);
  });

  test('nothing behind an open breaker and nothing of a shop that is not live', async () => {
    await world.receive();
    await world.ledger.pool.query(`update account set breaker_state = 'open'`);
    expect(await takeDueSends(world.ledger, world.accountId, 60_000)).toEqual([]);
    await world.ledger.pool.query(`update account set breaker_state = 'closed'`);
    await goShadow(world.ledger, 'main');
    expect(await takeDueSends(world.ledger, world.accountId, 60_000)).toEqual([]);
  });
});

describe('a person resolves', () => {
  const inDoubt = async (settleMs = -1_000) => {
    const token = await world.claimed();
    await recordInDoubt(world.ledger, token, { ...doubt, settleMs });
    await holdDoubts(world.ledger, world.accountId, { policy: 'unknown', hasLookUp: false });
    return { token, intentId: String((await world.intent())['id']), actor: 'ada', reason: 'looked at HFT71' };
  };

  test('"exists with N": sent, written back, audited', async () => {
    const held = await inDoubt();
    expect(await resolveAsExisting(world.ledger, { ...held, hft71OrderId: '99' })).toBe('sent');
    expect(await world.intent()).toMatchObject({ state: 'sent', hft71_order_id: '99', doubt_since: null });
    expect(await world.intent(1, 'write_back')).toMatchObject({ state: 'ready' });
    const { rows } = await world.ledger.pool.query('select actor, action, subject, reason from audit');
    expect(rows).toEqual([
      { actor: 'ada', action: 'orders resolve --exists', subject: 'main/1', reason: 'looked at HFT71' },
    ]);
  });

  test('"does not exist, send" only after settle (R5)', async () => {
    const held = await inDoubt(60_000);
    expect(
      await resolveAsAbsent(world.ledger, { ...held, shownMarker: null, markedToken: null, settleMs: 60_000 }),
    ).toBe('settle-not-over');
    await world.ledger.pool.query("update intent set settle_until = now() - interval '1 second'");
    const marker = `installation-${held.token}`;
    expect(
      await resolveAsAbsent(world.ledger, { ...held, shownMarker: marker, markedToken: held.token, settleMs: 60_000 }),
    ).toBe('ready');
    expect(await world.intent()).toMatchObject({ state: 'ready', doubt_since: null, settled_marker: marker });
  });

  test('with a cancellation waiting: cancelled', async () => {
    const held = await inDoubt();
    await world.ledger.pool.query('update intent set cancel_requested = true');
    expect(
      await resolveAsAbsent(world.ledger, { ...held, shownMarker: null, markedToken: null, settleMs: 60_000 }),
    ).toBe('cancelled');
  });

  test('the same command delivered twice does nothing the second time (A15)', async () => {
    const held = await inDoubt();
    expect(
      await resolveAsAbsent(world.ledger, { ...held, shownMarker: null, markedToken: null, settleMs: 60_000 }),
    ).toBe('ready');
    const token = await world.claimed();
    await recordInDoubt(world.ledger, token, { ...doubt, settleMs: -1_000 });
    await holdDoubts(world.ledger, world.accountId, { policy: 'unknown', hasLookUp: false });
    expect(
      await resolveAsAbsent(world.ledger, { ...held, shownMarker: null, markedToken: null, settleMs: 60_000 }),
    ).toBe('another-attempt');
    expect(await resolveAsExisting(world.ledger, { ...held, hft71OrderId: '99' })).toBe('another-attempt');
  });

  test('an id that another order has: refused', async () => {
    await recordAccepted(world.ledger, await world.claimed(2), { ...answer, hft71OrderId: '99' });
    expect(await resolveAsExisting(world.ledger, { ...(await inDoubt()), hft71OrderId: '99' })).toBe('id-taken');
  });
});

describe('write-back', () => {
  test('done: both rows say so', async () => {
    await recordAccepted(world.ledger, await world.claimed(), { ...answer, hft71OrderId: '99' });
    const id = String((await world.intent(1, 'write_back'))['id']);
    expect(await loadWriteBack(world.ledger, id)).toMatchObject({ hft71OrderId: '99', orderId: 1 });
    expect(await recordWrittenBack(world.ledger, id, '99', 0)).toBe(true);
    expect(await world.intent()).toMatchObject({ state: 'written_back' });
    expect(await loadWriteBack(world.ledger, id)).toBeNull();
  });

  test('another id in the shop: the order is held, its own id kept', async () => {
    await recordAccepted(world.ledger, await world.claimed(), { ...answer, hft71OrderId: '99' });
    await recordWriteBackConflict(world.ledger, String((await world.intent(1, 'write_back'))['id']), '42');
    expect(await world.intent()).toMatchObject({ state: 'held', reason: 'conflict', hft71_order_id: '99' });
    expect(await openAlerts(world.ledger)).toMatchObject([
      {
        ...{ kind: 'another HFT71 id in the shop', severity: 1, subject: 'main/1' },
        message: 'HFT71 answered 99, the shop shows 42: two orders may exist',
      },
    ]);
  });

  test('another id in the shop: the order is not held where nobody can be called', async () => {
    await recordAccepted(world.ledger, await world.claimed(), { ...answer, hft71OrderId: '99' });
    await world.ledger.pool.query(`alter table alert add constraint nobody check (kind = 'none')`);
    const id = String((await world.intent(1, 'write_back'))['id']);
    await expect(recordWriteBackConflict(world.ledger, id, '42')).rejects.toThrow('nobody');
    expect(await world.intent()).toMatchObject({ state: 'sent' }); // so that the next try comes here again
    expect(await world.intent(1, 'write_back')).toMatchObject({ state: 'ready' });
  });

  test.each(['written_back', 'adopted'])('%s, and written again over another id: held too', async (state) => {
    await recordAccepted(world.ledger, await world.claimed(), { ...answer, hft71OrderId: '99' });
    const id = String((await world.intent(1, 'write_back'))['id']);
    await recordWrittenBack(world.ledger, id, '99', 0);
    await world.ledger.pool.query(`update intent set state = $1 where kind = 'send_order'`, [state]);
    const by = { actor: 'ada', reason: 'removed by mistake' };
    expect(await writeBackAgain(world.ledger, { shopId: 'main', orderId: 1, copy: 1 }, by)).toBe('armed');
    await recordWriteBackConflict(world.ledger, id, '42');
    expect(await heldOrders(world.ledger)).toEqual([expect.objectContaining({ orderId: 1, reason: 'conflict' })]);
  });
});

test('refused by HFT71: on the list, and a person may send it again as it is', async () => {
  const token = await world.claimed();
  await recordRejected(world.ledger, token, { ...answer, httpStatus: 422, contentHash: 'c', detail: 'd' });
  expect(await heldOrders(world.ledger)).toEqual([
    expect.objectContaining({ orderId: 1, state: 'rejected', reason: 'http-422' }),
  ]);
  const resolution = {
    intentId: String((await world.intent())['id']),
    token,
    actor: 'ada',
    reason: 'HFT71 mended the SKU',
  };
  expect(
    await resolveAsAbsent(world.ledger, { ...resolution, shownMarker: null, markedToken: null, settleMs: 60_000 }),
  ).toBe('ready');
});

test('a conflict is a doubt: no cancellation and no later refusal clears it', async () => {
  const first = await world.claimed();
  await recordInDoubt(world.ledger, first, doubt);
  await world.ledger.pool.query(`update intent set state = 'ready', doubt_since = null, dispatched_until = null`);
  await world.claimed();
  await recordAccepted(world.ledger, first, { ...answer, hft71OrderId: '98' });
  expect((await world.intent())['doubt_since']).not.toBeNull();
  await world.receive({ modifiedGmt: '2026-11-23T11:00:00', status: 'cancelled' });
  await world.receive({ modifiedGmt: '2026-11-23T11:00:01' });
  expect(await world.intent()).toMatchObject({ state: 'held', reason: 'conflict' });
});

test('a marker that nobody knew of restarts settle; the next look, settle over, finds it known', async () => {
  const token = await world.claimed();
  await recordInDoubt(world.ledger, token, { ...doubt, settleMs: -1_000 });
  await holdDoubts(world.ledger, world.accountId, { policy: 'unknown', hasLookUp: false });
  const resolution = {
    intentId: String((await world.intent())['id']),
    token,
    actor: 'a',
    reason: 'r',
    settleMs: 60_000,
  };
  const shown = { shownMarker: 'somebody-elses', markedToken: null };
  expect(await resolveAsAbsent(world.ledger, { ...resolution, ...shown })).toBe('settle-restarted');
  expect(await resolveAsAbsent(world.ledger, { ...resolution, ...shown })).toBe('settle-not-over');
  await world.ledger.pool.query("update intent set settle_until = now() - interval '1 second'");
  expect(await resolveAsAbsent(world.ledger, { ...resolution, ...shown })).toBe('ready');
});

test('an order for which HFT71 has answered an id is never sent again by a slip', async () => {
  const token = await world.claimed();
  await recordAccepted(world.ledger, token, { ...answer, hft71OrderId: '99' });
  await recordAccepted(world.ledger, token, { ...answer, hft71OrderId: '100' });
  const resolution = { intentId: String((await world.intent())['id']), token, actor: 'a', reason: 'r' };
  expect(
    await resolveAsAbsent(world.ledger, { ...resolution, shownMarker: null, markedToken: null, settleMs: 1 }),
  ).toBe('has-id');
});

test('a released order from before going live is an ordinary one from then on', async () => {
  await world.receive({ orderId: 5 }, { beforeLive: true });
  const resolution = { intentId: String((await world.intent(5))['id']), token: null, actor: 'a', reason: 'r' };
  expect(
    await resolveAsAbsent(world.ledger, { ...resolution, shownMarker: null, markedToken: null, settleMs: 1 }),
  ).toBe('ready');
  const token = await world.claimed(5);
  await recordRejected(world.ledger, token, { ...answer, httpStatus: 422, contentHash: 'content-1', detail: 'd' });
  await world.receive({ orderId: 5, contentHash: 'content-2', modifiedGmt: '2026-11-23T11:00:00' });
  expect(await world.intent(5)).toMatchObject({ state: 'ready' });
});
