import { advanceCouldGo, holdOverdue, tellAge } from './deadline.js';
import { openAlerts } from './alerts.js';
import { loadAccount } from './accounts.js';
import { openBreaker } from './breaker.js';
import { claimAttempt, prepareAttempt } from './attempt.js';
import { takeDueSends } from './dispatch.js';
import { holdByPerson, releaseHeld } from './hold-release.js';
import { loadIntent } from './load-intent.js';
import { doubtReady, holdReady, leaveReady } from './move-intent.js';
import { MOST_REFUSALS, refusalsOf, takeLogIn, undoLogIn } from './passwords.js';
import { beat } from './process-beats.js';
import { recordAccepted, recordInDoubt } from './record-outcome.js';
import { receiveDeleted } from './receive-order.js';
import { dropReprint } from './drop-reprint.js';
import { reprintOrder, tellReprintsNotMade } from './reprint.js';
import { acceptCluster, declareRestored, followCluster, readCluster } from './restored.js';
import { SHOP, startLedgerWorld, type LedgerWorld } from './testing-world.js';
import { loadWriteBack, recordWrittenBack } from './write-back.js';

let world: LedgerWorld;
beforeEach(async () => {
  world = await startLedgerWorld();
});
afterEach(() => world.close());

const by = { actor: 'eve', reason: 'the customer called' };
const sql = (text: string, params: unknown[] = []) => world.ledger.pool.query<Record<string, unknown>>(text, params);
const idOf = async (orderId = 1, kind = 'send_order') => String((await world.intent(orderId, kind))['id']);
const doubt = { httpStatus: null, errorCode: 'deadline', left: true, cause: 'deadline', settleMs: 60_000 };
const accept = async (orderId: number) =>
  recordAccepted(world.ledger, await world.claimed(orderId), {
    ...doubt,
    httpStatus: 200,
    hft71OrderId: `H${orderId}`,
  });
const writtenBack = async (orderId: number) => {
  await accept(orderId);
  await recordWrittenBack(world.ledger, await idOf(orderId, 'write_back'), `H${orderId}`, 0);
};

describe('a person holds and releases', () => {
  test('a ready order, and a prepared attempt of it is not claimed', async () => {
    const token = await world.prepared();
    expect(await holdByPerson(world.ledger, await idOf(), by)).toBe('ready');
    expect(await world.claim(token)).toBe('not-ready');
    expect(await world.intent()).toMatchObject({ state: 'held', reason: 'person', reason_detail: by.reason });
    expect(await releaseHeld(world.ledger, await idOf(), by)).toBe('ready');
    const audits = await sql('select actor, action, subject, reason from audit order by id');
    expect(audits.rows).toEqual([
      { ...by, action: 'orders hold', subject: 'main/1' },
      { ...by, action: 'orders release', subject: 'main/1' },
    ]);
  });

  test('nothing that is on its way, sent, or held for another reason', async () => {
    await world.claimed(1);
    expect(await holdByPerson(world.ledger, await idOf(1), by)).toBeNull();
    await world.receive({ orderId: 2 }, { beforeLive: true });
    expect(await releaseHeld(world.ledger, await idOf(2), by)).toBeNull();
    expect(await world.intent(2)).toMatchObject({ state: 'held', reason: 'before-go-live' });
  });

  test('an order with a doubt keeps it, and is not released without settling it', async () => {
    await world.receive();
    await sql(`update intent set doubt_since = now()`);
    await holdByPerson(world.ledger, await idOf(), by);
    expect(await world.intent()).toMatchObject({ state: 'held', reason: 'in-doubt' });
    expect(await releaseHeld(world.ledger, await idOf(), by)).toBeNull();
  });

  test('an order that is held is cancelled when the shop cancels it', async () => {
    await world.receive();
    await holdByPerson(world.ledger, await idOf(), by);
    await world.receive({ status: 'cancelled', modifiedGmt: '2026-11-23T11:00:00' });
    expect(await world.intent()).toMatchObject({ state: 'cancelled' });
  });
});

describe('the deadline (protocol, "Budget")', () => {
  const HOUR_MS = 3_600_000;
  /** As if the shop's orders could have gone for so long. */
  const couldGo = (ms: number) => sql('update shop set could_go_ms = could_go_ms + $1', [ms]);

  test('holds what was dispatched and could have gone for so long, with the last failure', async () => {
    await world.receive();
    await takeDueSends(world.ledger, world.accountId, 60_000);
    await couldGo(24 * HOUR_MS - 1);
    expect(await holdOverdue(world.ledger, 24 * HOUR_MS)).toEqual([]);
    await couldGo(1);
    expect(await holdOverdue(world.ledger, 24 * HOUR_MS)).toHaveLength(1);
    expect(await world.intent()).toMatchObject({ state: 'held', reason: 'deadline' });
    expect(await releaseHeld(world.ledger, await idOf(), by)).toBe('ready');
    await takeDueSends(world.ledger, world.accountId, 60_000);
    expect(await holdOverdue(world.ledger, 24 * HOUR_MS)).toEqual([]);
  });

  test('an order that waited in a long queue and was never dispatched is not overdue', async () => {
    await world.receive();
    await couldGo(48 * HOUR_MS);
    expect(await holdOverdue(world.ledger, 24 * HOUR_MS)).toEqual([]);
  });

  test('age alone raises an alert, once, and it ends when nothing old waits', async () => {
    await world.receive();
    expect(await tellAge(world.ledger, 4 * HOUR_MS)).toEqual([]);
    await sql(`update intent set state_since = now() - interval '5 hours'`);
    expect(await tellAge(world.ledger, 4 * HOUR_MS)).toEqual([
      { shopId: SHOP, message: '1 orders have waited for more than 4.0 h to be sent' },
    ]);
    expect(await tellAge(world.ledger, 4 * HOUR_MS)).toEqual([]);
    expect(await world.intent()).toMatchObject({ state: 'ready' });
    await holdByPerson(world.ledger, await idOf(), by);
    await tellAge(world.ledger, 4 * HOUR_MS);
    expect(await openAlerts(world.ledger)).toEqual([]);
  });

  test('its clock stands while the breaker is open, the account frozen, the shop not live, or nobody there', async () => {
    const step = async (change: string) => {
      await sql(`update shop set could_go_at = now() - interval '2 seconds', could_go_ms = 0`);
      await sql(change);
      await advanceCouldGo(world.ledger);
      return Number((await sql('select could_go_ms from shop')).rows[0]?.['could_go_ms']);
    };
    const steps = await step('select 1');
    expect(steps).toBeGreaterThanOrEqual(2_000);
    expect(steps).toBeLessThan(5_000);
    expect(await step(`update shop set could_go_at = now() - interval '3 hours'`)).toBe(5_000);
    expect(await step(`update account set frozen_until = now() + interval '1 minute'`)).toBe(0);
    expect(await step(`update account set frozen_until = null, breaker_state = 'half_open'`)).toBe(0);
    expect(await step(`update account set breaker_state = 'closed'; update shop set mode = 'shadow'`)).toBe(0);
  });
});

describe('reprint', () => {
  test('is another intent with a reference of its own, once the first is written back; its id goes to its own write-back', async () => {
    await accept(1);
    expect(await reprintOrder(world.ledger, { shopId: SHOP, orderId: 1 }, by)).toEqual({
      kind: 'not-sent',
      state: 'sent',
    });
    await recordWrittenBack(world.ledger, await idOf(1, 'write_back'), 'H1', 0);
    expect(await reprintOrder(world.ledger, { shopId: SHOP, orderId: 1 }, by)).toMatchObject({
      kind: 'reprint',
      reference: '1-R2',
      copy: 2,
    });
    expect(await reprintOrder(world.ledger, { shopId: SHOP, orderId: 1 }, by)).toEqual({
      kind: 'reprint-open',
      state: 'ready',
    });

    const [due] = await takeDueSends(world.ledger, world.accountId, 60_000);
    expect(due).toMatchObject({ kind: 'reprint', orderId: 1 });
    const intent = await loadIntent(world.ledger, due?.id ?? '');
    expect(intent).toMatchObject({ kind: 'reprint', copy: 2, reference: '1-R2' });
  });

  test('of an order that is deleted in the shop ends as cancelled; the first stays as it is', async () => {
    await writtenBack(1);
    await reprintOrder(world.ledger, { shopId: SHOP, orderId: 1 }, by);
    await receiveDeleted(world.ledger, SHOP, 1);
    const states = await sql(`select kind, state from intent where kind <> 'write_back' order by copy`);
    expect(states.rows).toEqual([
      { kind: 'send_order', state: 'written_back' },
      { kind: 'reprint', state: 'cancelled' },
    ]);
  });

  test('that ended as cancelled is told, once, until another one is ordered', async () => {
    await writtenBack(1);
    await reprintOrder(world.ledger, { shopId: SHOP, orderId: 1 }, by);
    await receiveDeleted(world.ledger, SHOP, 1);
    const told = [{ shopId: SHOP, orderId: 1, reference: '1-R2' }];
    expect(await tellReprintsNotMade(world.ledger)).toMatchObject(told);
    expect(await tellReprintsNotMade(world.ledger)).toEqual([]);
    expect(await openAlerts(world.ledger)).toMatchObject([
      { kind: 'reprint not made', subject: 'main/1', message: expect.stringContaining('1-R2') as string },
    ]);
    // A person has closed it.
    await sql('update alert set resolved_at = now()');
    expect(await tellReprintsNotMade(world.ledger)).toEqual([]);
    await sql('update alert set resolved_at = null');
    expect(await reprintOrder(world.ledger, { shopId: SHOP, orderId: 1 }, by)).toMatchObject({ reference: '1-R3' });
    expect(await openAlerts(world.ledger)).toEqual([]);
    expect(await tellReprintsNotMade(world.ledger)).toEqual([]);
  });

  test('is taken back by a person, whatever it waits for; that is no alert, and its prepared attempt is not claimed', async () => {
    await writtenBack(1);
    const order = { shopId: SHOP, orderId: 1 };
    const made = await reprintOrder(world.ledger, order, by);
    if (made.kind !== 'reprint') throw new Error('no reprint');
    const attempt = { intentId: made.intentId, token: '00000000-0000-4000-8000-000000000002', payloadHash: 'p' };
    expect(await prepareAttempt(world.ledger, { ...attempt, worker: 'w' })).toBe(true);
    expect(await dropReprint(world.ledger, order, by)).toEqual({ kind: 'dropped', reference: '1-R2' });
    const claim = { ...attempt, accountId: world.accountId, addressHash: 'a', leaseMs: 60_000, maxUnmirrored: 10 };
    expect(await claimAttempt(world.ledger, claim)).toBe('not-ready');
    expect(await tellReprintsNotMade(world.ledger)).toEqual([]);
    expect(await dropReprint(world.ledger, order, by)).toEqual({ kind: 'not-dropped', state: null });
    // Nothing but a person brings it back: the shop's order has changed.
    await world.receive({ orderId: 1, modifiedGmt: '2026-11-24T10:00:00', contentHash: 'content-2' });
    const states = await sql(`select state, reason from intent where kind = 'reprint'`);
    expect(states.rows).toEqual([{ state: 'cancelled', reason: 'dropped' }]);
  });

  test('is not taken back where HFT71 may have it', async () => {
    await writtenBack(1);
    const order = { shopId: SHOP, orderId: 1 };
    await reprintOrder(world.ledger, order, by);
    const set = (what: string) => sql(`update intent set ${what} where kind = 'reprint'`);
    for (const what of [
      `state = 'sending'`,
      `state = 'in_doubt', doubt_since = now()`,
      `state = 'ready', doubt_since = now()`,
      `state = 'held', reason = 'conflict', doubt_since = null`,
      `state = 'ready', reason = null, may_be_forgotten = true`,
      `state = 'sent', may_be_forgotten = false, hft71_order_id = 'H2'`,
    ]) {
      await set(what);
      expect([what, await dropReprint(world.ledger, order, by)]).toMatchObject([what, { kind: 'not-dropped' }]);
    }
    await set(`state = 'rejected', reason = 'http-422', hft71_order_id = null`);
    expect(await dropReprint(world.ledger, order, by)).toMatchObject({ kind: 'dropped' });
    expect(await reprintOrder(world.ledger, order, by)).toMatchObject({ reference: '1-R3' });
  });

  test('that is held for its lines is released by a person; an order goes by itself once it is mended', async () => {
    await writtenBack(1);
    const made = await reprintOrder(world.ledger, { shopId: SHOP, orderId: 1 }, by);
    if (made.kind !== 'reprint') throw new Error('no reprint');
    await world.receive({ orderId: 2 });
    for (const id of [made.intentId, await idOf(2)])
      await holdReady(world.ledger, id, { reason: 'mapping', detail: 'no line', contentHash: 'c' });
    expect(await releaseHeld(world.ledger, made.intentId, by)).toBe('ready');
    expect(await releaseHeld(world.ledger, await idOf(2), by)).toBeNull();
  });

  test('accepted, it is sent and written back beside the first, which stays as it is', async () => {
    await writtenBack(1);
    const made = await reprintOrder(world.ledger, { shopId: SHOP, orderId: 1 }, by);
    if (made.kind !== 'reprint') throw new Error('no reprint');
    const token = '00000000-0000-4000-8000-000000000001';
    await sql(
      `insert into attempt (token, intent_id, dispatch_no, worker, claimed_at, payload_hash) values ($1, $2, 1, 'w', now(), 'r')`,
      [token, made.intentId],
    );
    await sql(`update intent set state = 'sending', token = $1 where id = $2`, [token, made.intentId]);
    await recordAccepted(world.ledger, token, { ...doubt, httpStatus: 200, hft71OrderId: 'H2' });
    const [row] = (await sql(`select id from intent where kind = 'write_back' and copy = 2`)).rows;
    const wanted = await loadWriteBack(world.ledger, String(row?.['id']));
    expect(wanted).toMatchObject({ copy: 2, hft71OrderId: 'H2' });
    // Its write-back will take the marker away, whose ever it is by then.
    expect(await reprintOrder(world.ledger, { shopId: SHOP, orderId: 1 }, by)).toEqual({
      kind: 'reprint-open',
      state: 'sent',
    });
    await recordWrittenBack(world.ledger, String(row?.['id']), 'H2', 0);
    const states = await sql(
      `select kind, copy, state, hft71_order_id from intent where kind <> 'write_back' order by copy`,
    );
    expect(states.rows).toEqual([
      { kind: 'send_order', copy: 1, state: 'written_back', hft71_order_id: 'H1' },
      { kind: 'reprint', copy: 2, state: 'written_back', hft71_order_id: 'H2' },
    ]);
    expect((await sql('select shop_hft71_id from shop_order')).rows[0]).toEqual({ shop_hft71_id: 'H1' });
    expect(await reprintOrder(world.ledger, { shopId: SHOP, orderId: 1 }, by)).toMatchObject({ reference: '1-R3' });
  });
});

describe('a restored ledger (protocol, "A restore"; model R9)', () => {
  beforeEach(() => sql(`insert into installation (id, hash_key_closed) values (gen_random_uuid(), 'x')`));
  const restore = () => declareRestored(world.ledger, { ...by, settleMs: 600_000, leaseMs: 45_000, cluster: 'new/2' });

  test('puts everything in doubt that it does not know as sent, tokens void, for settle + lease', async () => {
    await writtenBack(1);
    const sending = await world.claimed(2);
    await world.receive({ orderId: 3 });
    await world.receive({ orderId: 4 });
    await world.receive({ orderId: 4, status: 'cancelled', modifiedGmt: '2026-11-23T11:00:00' });
    expect(await restore()).toEqual({ kind: 'declared', inDoubt: 3 });
    for (const orderId of [2, 3, 4])
      expect(await world.intent(orderId)).toMatchObject({ state: 'in_doubt', token: null });
    expect(await world.intent(1)).toMatchObject({ state: 'written_back' });
    const [row] = (await sql(`select extract(epoch from settle_until - now()) as s from intent where order_id = 3`))
      .rows;
    expect(Number(row?.['s'])).toBeGreaterThan(640);
    // A worker from before the restore comes back with its answer: the token is void, and the id is evidence all the same.
    expect(await recordInDoubt(world.ledger, sending, doubt)).toBeNull();
    expect(await recordAccepted(world.ledger, sending, { ...doubt, httpStatus: 200, hft71OrderId: 'H2' })).toBe('sent');
  });

  test('an order of before that a sweep finds afterwards is in doubt; a newer one goes', async () => {
    await restore();
    const past = '2026-11-20T10:00:00';
    expect(await world.receive({ orderId: 7, createdGmt: past }, { seenBy: 'sweep' })).toMatchObject({
      state: 'in_doubt',
    });
    expect(await world.intent(7)).toMatchObject({ state: 'in_doubt', reason: null });
    const future = new Date(Date.now() + 60_000).toISOString().slice(0, 19);
    expect(await world.receive({ orderId: 8, createdGmt: future, modifiedGmt: future })).toMatchObject({
      state: 'ready',
    });
    expect((await loadIntent(world.ledger, await idOf(7)))?.restoredAt).toBeInstanceOf(Date);
  });

  test('what was left out stays so; without a marker it is remembered until it is to be sent', async () => {
    for (const orderId of [5, 6]) {
      await world.receive({ orderId });
      await leaveReady(world.ledger, await idOf(orderId), { state: 'not_for_hft71', reason: null, contentHash: null });
    }
    await world.receive({ orderId: 7, reference: '5' }); // another order's
    await restore();
    expect(await world.intent(5)).toMatchObject({ state: 'not_for_hft71', may_be_forgotten: false });
    const how = { ...by, settleMs: 600_000, leaseMs: 45_000, cluster: null, unmarkedShops: [SHOP] };
    expect(await declareRestored(world.ledger, how)).toEqual({ kind: 'declared', inDoubt: 0 });
    expect(await world.intent(5)).toMatchObject({ state: 'not_for_hft71', may_be_forgotten: true });
    expect(await world.intent(7)).toMatchObject({ state: 'held', reason: 'reference-taken', may_be_forgotten: true });

    await sql(`update intent set state = 'ready' where order_id = 5`);
    expect(await loadIntent(world.ledger, await idOf(5))).toMatchObject({ mayBeForgotten: true });
    const cause = { cause: 'ledger-restored', detail: 'x', markedToken: null, settleMs: 1 } as const;
    expect(await doubtReady(world.ledger, await idOf(5), cause)).toBe(true);
    expect(await world.intent(5)).toMatchObject({ state: 'in_doubt', may_be_forgotten: false });
  });

  test('is refused while a worker lives', async () => {
    await beat(world.ledger, {
      id: '00000000-0000-4000-8000-000000000009',
      kind: 'worker',
      host: 'h',
      pid: 7,
      progressed: false,
    });
    await world.receive({ orderId: 3 });
    expect(await restore()).toEqual({ kind: 'worker-alive', workers: ['h/7'] });
    expect(await world.intent(3)).toMatchObject({ state: 'ready' });
  });

  test('is offered when the cluster is another one than before, until a person says what it is', async () => {
    const cluster = await readCluster(world.ledger);
    expect(cluster).toMatch(/^\d+\/\d+$/);
    expect(await followCluster(world.ledger, cluster)).toBeNull();
    expect(await followCluster(world.ledger, cluster)).toBeNull();
    expect(await followCluster(world.ledger, '1/2')).toBe(cluster);
    expect(await followCluster(world.ledger, '1/2')).toBe(cluster);
    await acceptCluster(world.ledger, { ...by, cluster: '1/2' });
    expect(await followCluster(world.ledger, '1/2')).toBeNull();
  });
});

describe('log-ins with a refused password', () => {
  test('are three at most over all processes; another password, or one that was taken, counts anew', async () => {
    const { ledger, accountId } = world;
    for (let tries = 0; tries < MOST_REFUSALS; tries += 1) expect(await takeLogIn(ledger, accountId, 'old')).toBe(true);
    expect(await takeLogIn(ledger, accountId, 'old')).toBe(false);
    expect(await refusalsOf(ledger, accountId, 'old')).toBe(3);
    expect(await takeLogIn(ledger, accountId, 'new')).toBe(true);
    await undoLogIn(ledger, accountId, 'new', true);
    expect(await refusalsOf(ledger, accountId, 'new')).toBe(0);
    await takeLogIn(ledger, accountId, 'new');
    await undoLogIn(ledger, accountId, 'new', false);
    expect(await refusalsOf(ledger, accountId, 'new')).toBe(0);
  });

  test('open the breaker as unauthorized, which a probe may close', async () => {
    await openBreaker(world.ledger, { kind: 'account', id: world.accountId }, { owner: 'unauthorized', reason: 'x' });
    expect(await loadAccount(world.ledger, world.accountId)).toMatchObject({
      breakerState: 'open',
      breakerOwner: 'unauthorized',
    });
    expect((await loadAccount(world.ledger, world.accountId))?.probeAt).toBeInstanceOf(Date);
  });
});
