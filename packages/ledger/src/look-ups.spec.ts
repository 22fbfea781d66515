import { randomUUID } from 'node:crypto';
import { openAlerts } from './alerts.js';
import {
  countAbsence,
  databaseNow,
  holdDuplicate,
  lookUpControl,
  lookUpsOf,
  rearmDoubt,
  recordLookUp,
  settleAsFound,
  takeDueDoubts,
} from './look-ups.js';
import {
  recordAccepted,
  recordDuplicate,
  recordInDoubt,
  recordNotProcessed,
  recordRejected,
} from './record-outcome.js';
import { resolveAsAbsent } from './held.js';
import { holdByPerson, releaseHeld } from './hold-release.js';
import { holdDoubts } from './rescue.js';
import { declareRestored } from './restored.js';
import { startLedgerWorld, type LedgerWorld } from './testing-world.js';
import { keepIfUnknown, rememberedOrders, rememberReference, takeUnknownOrders } from './unknown-orders.js';

let world: LedgerWorld;
beforeEach(async () => {
  world = await startLedgerWorld();
});
afterEach(() => world.close());

const SETTLE_MS = 600_000;
const GAP_MS = 60_000;
const doubt = { httpStatus: null, errorCode: 'deadline', left: true, cause: 'deadline', settleMs: SETTLE_MS };
const sql = (text: string, params: unknown[] = []) => world.ledger.pool.query(text, params);
/** As if the doubt had begun so much earlier. */
const older = (seconds: number) =>
  sql(
    `update intent set settle_until = settle_until - $1 * interval '1 second', absent_since = absent_since - $1 * interval '1 second', look_up_at = null`,
    [seconds],
  );
const inDoubt = async (orderId = 1) => {
  const token = await world.claimed(orderId);
  await recordInDoubt(world.ledger, token, doubt);
  await sql(`update account set failures = 0`);
  return { intentId: String((await world.intent(orderId))['id']), token };
};
const looked = async (of: { intentId: string; token: string | null }) => ({
  ...of,
  startedAt: await databaseNow(world.ledger),
});
const absent = (over: Partial<Parameters<typeof rearmDoubt>[2]> = {}) => ({
  why: 'absent' as const,
  shownMarker: null,
  markedToken: null,
  settleMs: SETTLE_MS,
  gapMs: GAP_MS,
  ...over,
});

describe('a person’s hold outlives a doubt (protocol, "A person’s hold")', () => {
  const by = { actor: 'eve', reason: 'the customer called' };
  const detailOf = async (what: string) => (await world.intent())[what];
  /** Held while it was sent again by policy: ready, its doubt kept. */
  const heldInDoubt = async () => {
    const of = await inDoubt();
    await sql(`update intent set state = 'ready'`);
    expect(await holdByPerson(world.ledger, of.intentId, by)).toBe('ready');
    expect(await world.intent()).toMatchObject({ state: 'held', reason: 'in-doubt' });
    return of;
  };
  const heldAndRestored = async () => {
    await world.receive();
    const intentId = String(await detailOf('id'));
    await holdByPerson(world.ledger, intentId, by);
    await declareRestored(world.ledger, { ...by, settleMs: SETTLE_MS, leaseMs: 1, cluster: null });
    expect(await world.intent()).toMatchObject({ state: 'in_doubt' });
    return { intentId, token: null };
  };
  const proveAbsent = async (of: { intentId: string; token: string | null }) => {
    await older(602);
    await countAbsence(world.ledger, await looked(of), GAP_MS);
    await older(61);
    await countAbsence(world.ledger, await looked(of), GAP_MS);
    return rearmDoubt(world.ledger, of, absent());
  };

  test.each([
    ['a doubt that he held back', heldInDoubt],
    ['a restore of the ledger', heldAndRestored],
  ] as const)('after %s a proven absence leaves it held until it is released', async (_, begin) => {
    const of = await begin();
    expect(await proveAbsent(of)).toBe('held');
    expect(await world.intent()).toMatchObject({
      ...{ state: 'held', reason: 'person', reason_detail: by.reason, doubt_since: null },
    });
    expect(await releaseHeld(world.ledger, of.intentId, by)).toBe('ready');
    expect(await detailOf('person_hold')).toBeNull();
  });

  test('no policy sends it again: a person is asked', async () => {
    const of = await heldAndRestored();
    await older(602);
    expect(await rearmDoubt(world.ledger, of, absent({ why: 'policy' }))).toBeNull();
    const [due] = await takeDueDoubts(world.ledger, world.accountId, { againMs: GAP_MS, limit: 1 });
    expect(due).toMatchObject({ heldByPerson: true });
    expect(await holdDoubts(world.ledger, world.accountId, { policy: 'replays', hasLookUp: false })).toHaveLength(1);
    expect(await world.intent()).toMatchObject({
      ...{ state: 'held', reason: 'in-doubt' },
      reason_detail: 'the ledger was restored from a backup; a person holds it: the customer called',
    });
  });

  test('a person’s "does not exist, send" releases it', async () => {
    const of = await heldInDoubt();
    await older(602);
    const resolution = { ...of, ...by, shownMarker: null, markedToken: null, settleMs: SETTLE_MS };
    expect(await resolveAsAbsent(world.ledger, resolution)).toBe('ready');
    expect(await detailOf('person_hold')).toBeNull();
  });
});

describe('a sure absence (protocol; model R4)', () => {
  test('a read that began before settle was over counts for nothing', async () => {
    const of = await inDoubt();
    expect(await countAbsence(world.ledger, await looked(of), GAP_MS)).toBeNull();
    expect(await rearmDoubt(world.ledger, of, absent())).toBeNull();
    expect(await world.intent()).toMatchObject({ state: 'in_doubt' });
  });

  test('two reads after settle, a gap apart by their starts, clear it; one alone does not', async () => {
    const of = await inDoubt();
    await older(601);
    const first = await looked(of);
    expect(await countAbsence(world.ledger, first, GAP_MS)).toBe('first');
    // Judged by when the reads began: committed late, they are no further apart (model, E2).
    expect(await countAbsence(world.ledger, first, GAP_MS)).toBe('first');
    expect(await rearmDoubt(world.ledger, of, absent())).toBeNull();
    await older(61);
    expect(await countAbsence(world.ledger, await looked(of), GAP_MS)).toBe('proven');
    expect(await rearmDoubt(world.ledger, of, absent())).toBe('ready');
    expect(await world.intent()).toMatchObject({ state: 'ready', doubt_since: null });
  });

  test('what was absent in an earlier doubt is no first read of a later one', async () => {
    const of = await inDoubt();
    await older(601);
    await countAbsence(world.ledger, await looked(of), GAP_MS);
    await sql(`update intent set settle_until = now() + interval '10 minutes'`); // settle began anew
    await older(601);
    await sql(`update intent set absent_since = settle_until - interval '5 seconds'`);
    expect(await countAbsence(world.ledger, await looked(of), GAP_MS)).toBe('first');
  });

  test('before settle is over the next read comes as soon as it is, to the millisecond', async () => {
    const of = await inDoubt();
    const [due] = await takeDueDoubts(world.ledger, world.accountId, { againMs: GAP_MS, limit: 1 });
    const againMs = Math.min(GAP_MS, (due?.settleInMs ?? 0) / 100);
    await recordLookUp(world.ledger, { ...(await looked(of)), answer: 'absent', detail: 'too early', againMs });
    const { rows } = await sql(`select extract(epoch from look_up_at - now())::float8 as s from intent`);
    expect(rows[0]?.s).toBeGreaterThan(4);
    expect(rows[0]?.s).toBeLessThan(7);
  });

  test('of another attempt’s token counts for nothing', async () => {
    const of = await inDoubt();
    await older(601);
    expect(await countAbsence(world.ledger, await looked({ ...of, token: randomUUID() }), GAP_MS)).toBeNull();
  });

  test('ends as cancelled where the shop cancelled meanwhile (model R7)', async () => {
    const of = await inDoubt();
    await world.receive({ status: 'cancelled', modifiedGmt: '2026-11-23T11:00:00' });
    await older(601);
    await countAbsence(world.ledger, await looked(of), GAP_MS);
    await older(61);
    await countAbsence(world.ledger, await looked(of), GAP_MS);
    expect(await rearmDoubt(world.ledger, of, absent())).toBe('cancelled');
  });

  test('a marker that nobody knew of restarts settle; named by it, it is known afterwards', async () => {
    const of = await inDoubt();
    await older(601);
    await countAbsence(world.ledger, await looked(of), GAP_MS);
    await older(61);
    await countAbsence(world.ledger, await looked(of), GAP_MS);
    const strange = { shownMarker: 'somebody', markedToken: null };
    expect(await rearmDoubt(world.ledger, of, absent(strange))).toBe('settle-restarted');
    expect(await rearmDoubt(world.ledger, of, absent(strange))).toBeNull();
    await older(601);
    await countAbsence(world.ledger, await looked(of), GAP_MS);
    await older(61);
    expect(await countAbsence(world.ledger, await looked(of), GAP_MS)).toBe('proven');
    expect(await rearmDoubt(world.ledger, of, absent(strange))).toBe('ready');
    expect(await world.intent()).toMatchObject({ settled_marker: 'somebody' });
  });

  test('a held doubt is settled by it too; one that HFT71 said exists is not', async () => {
    const of = await inDoubt();
    await holdDoubts(world.ledger, world.accountId, { policy: 'unknown', hasLookUp: false });
    await older(601);
    await countAbsence(world.ledger, await looked(of), GAP_MS);
    await older(61);
    await sql(`update intent set reason = 'exists'`);
    expect(await countAbsence(world.ledger, await looked(of), GAP_MS)).toBeNull();
    await sql(`update intent set reason = 'in-doubt'`);
    expect(await countAbsence(world.ledger, await looked(of), GAP_MS)).toBe('proven');
    expect(await rearmDoubt(world.ledger, of, absent())).toBe('ready');
  });
});

describe('an id settles a doubt at any time', () => {
  test('before settle is over, held too, with the doubtful attempt’s content as the accepted one', async () => {
    const of = await inDoubt();
    await holdDoubts(world.ledger, world.accountId, { policy: 'unknown', hasLookUp: false });
    expect(await settleAsFound(world.ledger, of, 'H1')).toBe('sent');
    expect(await world.intent()).toMatchObject({
      state: 'sent',
      hft71_order_id: 'H1',
      doubt_since: null,
      accepted_hash: 'p',
    });
    expect(await world.intent(1, 'write_back')).toMatchObject({ state: 'ready' });
  });

  test('that another order has already is a conflict', async () => {
    await recordAccepted(world.ledger, await world.claimed(2), { ...doubt, httpStatus: 200, hft71OrderId: 'H2' });
    const of = await inDoubt(1);
    expect(await settleAsFound(world.ledger, of, 'H2')).toBe('conflict');
    expect(await world.intent(1)).toMatchObject({ state: 'held', reason: 'conflict' });
    expect(await world.intent(2)).toMatchObject({ state: 'sent', hft71_order_id: 'H2' });
  });

  test('that another order shows in its shop is a conflict: an earlier sender gave that order this reference', async () => {
    await world.receive({ orderId: 2, hft71OrderId: 'H2' });
    const of = await inDoubt(1);
    expect(await settleAsFound(world.ledger, of, 'H2')).toBe('conflict');
    expect(await world.intent(1)).toMatchObject({ state: 'held', reason: 'conflict', hft71_order_id: null });
  });

  test('comes too late for an order that is sent by now', async () => {
    const of = await inDoubt();
    await settleAsFound(world.ledger, of, 'H1');
    expect(await settleAsFound(world.ledger, of, 'H9')).toBeNull();
    expect(await world.intent()).toMatchObject({ hft71_order_id: 'H1' });
  });
});

describe('several orders under its reference', () => {
  const message = 'HFT71 has several orders under the reference 1: 7, 8';

  test('hold it, and call a person', async () => {
    const of = await inDoubt();
    expect(await holdDuplicate(world.ledger, of, message)).toBe(true);
    expect(await world.intent()).toMatchObject({ state: 'held', reason: 'conflict', reason_detail: message });
    expect(await openAlerts(world.ledger)).toMatchObject([
      { kind: 'duplicate at HFT71', severity: 1, subject: 'main/1', message },
    ]);
  });

  test('do not hold it where nobody can be called: the next look comes here again', async () => {
    const of = await inDoubt();
    await sql(`alter table alert add constraint nobody check (kind = 'none')`);
    await expect(holdDuplicate(world.ledger, of, message)).rejects.toThrow('nobody');
    expect(await world.intent()).toMatchObject({ state: 'in_doubt' });
  });
});

describe('policies', () => {
  const policy = absent({ why: 'policy' });

  test('re-send only after settle, the doubt kept (model R2, R6)', async () => {
    const of = await inDoubt();
    expect(await rearmDoubt(world.ledger, of, policy)).toBeNull();
    await older(601);
    expect(await rearmDoubt(world.ledger, of, policy)).toBe('ready');
    expect((await world.intent())['doubt_since']).not.toBeNull();
  });

  test('a 429 of the re-send leaves it in doubt; a 422 bars another re-send, and a person is asked', async () => {
    const of = await inDoubt();
    await older(601);
    await rearmDoubt(world.ledger, of, policy);
    const again = await world.prepared(1).catch(() => null);
    expect(again).not.toBeNull();
    await world.claim(again as string);
    await recordNotProcessed(world.ledger, again as string, {
      httpStatus: 429,
      errorCode: null,
      left: true,
      cause: 'throttled',
      notBeforeMs: 0,
      lastFailure: 'x',
    });
    expect(await world.intent()).toMatchObject({ state: 'in_doubt' });

    const second = { intentId: of.intentId, token: again };
    expect(await rearmDoubt(world.ledger, second, policy)).toBe('ready');
    const third = await world.prepared(1);
    await world.claim(third);
    const refusal = { httpStatus: 422, errorCode: null, left: true, contentHash: 'c', detail: 'd' };
    await recordRejected(world.ledger, third, refusal);
    expect(await world.intent()).toMatchObject({ state: 'in_doubt', no_resend: true });
    expect(await rearmDoubt(world.ledger, { intentId: of.intentId, token: third }, policy)).toBeNull();
    await holdDoubts(world.ledger, world.accountId, { policy: 'rejects', hasLookUp: false });
    expect(await world.intent()).toMatchObject({ state: 'held', reason: 'in-doubt' });
  });

  test('a cancelled doubt is never re-sent (model R7)', async () => {
    const of = await inDoubt();
    await world.receive({ status: 'cancelled', modifiedGmt: '2026-11-23T11:00:00' });
    await older(601);
    expect(await rearmDoubt(world.ledger, of, policy)).toBeNull();
    await holdDoubts(world.ledger, world.accountId, { policy: 'replays', hasLookUp: false });
    expect(await world.intent()).toMatchObject({ state: 'held', reason: 'in-doubt' });
  });

  test('a recognised repeated reference settles it: with its id as sent, without one as exists (model A4)', async () => {
    for (const [orderId, id] of [
      [1, 'H1'],
      [2, null],
    ] as const) {
      const of = await inDoubt(orderId);
      await older(601);
      await rearmDoubt(world.ledger, of, policy);
      const again = await world.prepared(orderId);
      await world.claim(again, orderId);
      await recordDuplicate(world.ledger, again, { httpStatus: 409, errorCode: null, left: true, hft71OrderId: id });
    }
    expect(await world.intent(1)).toMatchObject({ state: 'sent', hft71_order_id: 'H1' });
    expect(await world.intent(2)).toMatchObject({ state: 'held', reason: 'exists' });
  });
});

describe('who is asked', () => {
  test('without a look-up and a policy a person is asked at once; with a look-up only when two proved nothing after settle', async () => {
    const of = await inDoubt();
    const rules = { policy: 'unknown', hasLookUp: true } as const;
    await recordLookUp(world.ledger, { ...(await looked(of)), answer: 'unreadable', detail: 'not-json' });
    await recordLookUp(world.ledger, { ...(await looked(of)), answer: 'unreadable', detail: 'not-json' });
    await older(601);
    expect(await holdDoubts(world.ledger, world.accountId, rules)).toEqual([]);
    await recordLookUp(world.ledger, { ...(await looked(of)), answer: 'unreadable', detail: 'not-json' });
    await recordLookUp(world.ledger, { ...(await looked(of)), answer: 'failed', detail: 'HTTP 503' });
    expect(await holdDoubts(world.ledger, world.accountId, rules)).toEqual([]);
    await recordLookUp(world.ledger, { ...(await looked(of)), answer: 'no-control', detail: 'none yet' });
    expect(await holdDoubts(world.ledger, world.accountId, rules)).toHaveLength(1);
    expect((await lookUpsOf(world.ledger, of.intentId)).map(({ answer }) => answer).sort()).toEqual(
      ['failed', 'no-control', 'unreadable', 'unreadable', 'unreadable'].sort(),
    );
    expect(await takeDueDoubts(world.ledger, world.accountId, { againMs: GAP_MS, limit: 5 })).toHaveLength(1);
    expect(await takeDueDoubts(world.ledger, world.accountId, { againMs: GAP_MS, limit: 5 })).toHaveLength(0);
  });

  test('the control is the latest order that was accepted at least settle ago', async () => {
    expect(await lookUpControl(world.ledger, world.accountId, SETTLE_MS)).toBeNull();
    for (const orderId of [1, 2])
      await recordAccepted(world.ledger, await world.claimed(orderId), {
        ...doubt,
        httpStatus: 200,
        hft71OrderId: `H${orderId}`,
      });
    expect(await lookUpControl(world.ledger, world.accountId, SETTLE_MS)).toBeNull();
    await sql(`update attempt set ended_at = ended_at - interval '11 minutes' where hft71_order_id = 'H1'`);
    expect(await lookUpControl(world.ledger, world.accountId, SETTLE_MS)).toEqual({
      reference: '1',
      hft71OrderId: 'H1',
    });
  });
});

describe('the free look-up', () => {
  test('keeps an id that no intent has, and asks for it only while an order is in doubt', async () => {
    await recordAccepted(world.ledger, await world.claimed(5), { ...doubt, httpStatus: 200, hft71OrderId: 'H5' });
    expect(await keepIfUnknown(world.ledger, world.accountId, 'H5')).toBe('known');
    expect(await keepIfUnknown(world.ledger, world.accountId, 'H1')).toBe('kept');
    const ask = { againMs: GAP_MS, limit: 5 };
    expect(await takeUnknownOrders(world.ledger, world.accountId, ask)).toEqual([]);
    const of = await inDoubt();
    expect(await takeUnknownOrders(world.ledger, world.accountId, ask)).toEqual(['H1']);
    expect(await takeUnknownOrders(world.ledger, world.accountId, ask)).toEqual([]);
    expect(await rememberReference(world.ledger, world.accountId, 'H1', '1')).toMatchObject({ ...of, hasId: null });
  });

  test('a reference that was told before the doubt is remembered for it', async () => {
    await inDoubt(2);
    await keepIfUnknown(world.ledger, world.accountId, 'H1');
    await rememberReference(world.ledger, world.accountId, 'H1', '1');
    expect(await rememberedOrders(world.ledger, world.accountId)).toEqual([]);
    await inDoubt(1);
    expect(await rememberedOrders(world.ledger, world.accountId)).toEqual([{ hft71OrderId: 'H1', reference: '1' }]);
  });
});
