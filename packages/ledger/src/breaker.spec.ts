import { loadAccount, stopAccount, freezeAccount } from './accounts.js';
import {
  closeBreaker,
  countHostAnswer,
  countHostFailure,
  halfOpen,
  openBreaker,
  openByShare,
  takeProbe,
} from './breaker.js';
import { takeDueSends, takeDueWriteBacks } from './dispatch.js';
import { ensureHost, listHosts } from './hosts.js';
import { recordAccepted, recordInDoubt, recordNotProcessed, recordRejected } from './record-outcome.js';
import { SHOP, startLedgerWorld, type LedgerWorld } from './testing-world.js';

let world: LedgerWorld;
beforeEach(async () => {
  world = await startLedgerWorld();
});
afterEach(() => world.close());

const account = () => ({ kind: 'account', id: world.accountId }) as const;
const view = async () => {
  const found = await loadAccount(world.ledger, world.accountId);
  if (found === null) throw new Error('no account');
  return found;
};
const sql = (text: string, params: unknown[] = []) => world.ledger.pool.query(text, params);
/** As if so much time had passed since the breaker last moved. */
const later = (seconds: number) =>
  sql(
    `update account set breaker_since = breaker_since - $1 * interval '1 second', probe_at = probe_at - $1 * interval '1 second',
       window_since = window_since - $1 * interval '1 second'`,
    [seconds],
  );

const doubt = { httpStatus: 503, errorCode: null, left: true, cause: 'http-503', settleMs: 60_000 };
const handedBack = { httpStatus: null, errorCode: null, left: false, notBeforeMs: 0, lastFailure: 'x' };
const inDoubt = async (orderId: number) => recordInDoubt(world.ledger, await world.claimed(orderId), doubt);
const accepted = async (orderId: number) =>
  recordAccepted(world.ledger, await world.claimed(orderId), {
    httpStatus: 200,
    errorCode: null,
    left: true,
    hft71OrderId: `H${orderId}`,
  });
const opened = async () => {
  for (const orderId of [901, 902, 903]) await inDoubt(orderId);
};
/** A probe is due and was answered. */
const probed = async () => {
  await later(3600);
  const probe = await takeProbe(world.ledger, account());
  if (probe === null) throw new Error('no probe is due');
  expect(await halfOpen(world.ledger, account(), probe.openSince)).toBe(true);
};

describe('the account’s breaker opens', () => {
  test('at three failed POSTs in a row, however far apart', async () => {
    await inDoubt(1);
    await inDoubt(2);
    expect(await view()).toMatchObject({ breakerState: 'closed', failures: 2 });
    await inDoubt(3);
    expect(await view()).toMatchObject({ breakerState: 'open', breakerOwner: 'failures', sendWindow: 0 });
  });

  test('not when an accepted POST stands between them', async () => {
    for (const orderId of [1, 2]) await inDoubt(orderId);
    await accepted(3);
    for (const orderId of [4, 5]) await inDoubt(orderId);
    expect(await view()).toMatchObject({ breakerState: 'closed', failures: 2 });
  });

  test('a host that takes no connection and 403/404/405 count, a lost slot does not', async () => {
    for (const orderId of [1, 2, 3])
      await recordNotProcessed(world.ledger, await world.prepared(orderId), { ...handedBack, cause: 'no-slot' });
    expect(await view()).toMatchObject({ failures: 0 });
    for (const orderId of [4, 5, 6])
      await recordNotProcessed(world.ledger, await world.prepared(orderId), {
        ...handedBack,
        cause: 'nothing-sent',
        countsAsFailure: true,
      });
    expect(await view()).toMatchObject({ breakerState: 'open' });
  });

  test('never at refusals of orders', async () => {
    const refusal = { httpStatus: 422, errorCode: null, left: true, contentHash: 'c', detail: 'd' };
    for (const orderId of [1, 2, 3, 4]) await recordRejected(world.ledger, await world.claimed(orderId), refusal);
    expect(await view()).toMatchObject({ breakerState: 'closed', failures: 0 });
  });

  test('lines of the call log that were no calls of the relay’s do not open it', async () => {
    for (const action of ['sync_shipping_skipped', 'webhook'])
      for (let lines = 0; lines < 10; lines += 1)
        await sql(
          `insert into api_call (shop_id, target, action, method, path, code, duration_ms) values ($1, 'hft71', $2, 'GET', '/x', 'no-parcel', 0)`,
          [SHOP, action],
        );
    expect(await openByShare(world.ledger)).toEqual([]);
  });

  test('at half of at least ten calls of a minute, reads too', async () => {
    const call = (status: number | null) =>
      sql(
        `insert into api_call (shop_id, target, action, method, path, status, code, duration_ms) values ($1, 'hft71', 'get_status', 'GET', '/x', $2, 'deadline', 5)`,
        [SHOP, status],
      );
    for (let calls = 0; calls < 9; calls += 1) await call(calls < 5 ? 500 : 200);
    expect(await openByShare(world.ledger)).toEqual([]);
    await call(null);
    expect(await openByShare(world.ledger)).toEqual([{ id: world.accountId }]);
    expect(await view()).toMatchObject({
      breakerState: 'open',
      breakerReason: '6 of 10 calls of the last minute failed',
    });
  });
});

describe('half-open', () => {
  test('comes with a good probe, whose distance grows to 30 s', async () => {
    await opened();
    expect(await takeProbe(world.ledger, account())).toBeNull();
    const distances: number[] = [];
    for (let probes = 0; probes < 5; probes += 1) {
      await later(3600);
      const before = Date.now();
      await takeProbe(world.ledger, account());
      distances.push(Math.round(((await view()).probeAt?.getTime() ?? 0) - before));
    }
    expect(distances.map((ms) => Math.round(ms / 1000))).toEqual([10, 20, 30, 30, 30]);
  });

  test('lets exactly one waiting order go over all workers', async () => {
    await opened();
    for (const orderId of [1, 2, 3]) await world.receive({ orderId });
    expect(await takeDueSends(world.ledger, world.accountId, 60_000)).toEqual([]);
    await probed();
    expect(await takeDueSends(world.ledger, world.accountId, 60_000)).toHaveLength(1);
    expect(await takeDueSends(world.ledger, world.accountId, 60_000)).toHaveLength(0);
  });

  test('ends with the first accepted POST; the window then grows from 1, doubled every step', async () => {
    await opened();
    await probed();
    await accepted(1);
    expect(await view()).toMatchObject({ breakerState: 'closed', reopenings: 0, sendWindow: 1 });
    const windows: number[] = [];
    for (let steps = 0; steps < 4; steps += 1) {
      await later(5);
      windows.push((await view()).sendWindow);
    }
    expect(windows).toEqual([2, 4, 6, 6]);
  });

  test('a failed POST re-opens it for 1, 2, 4, 8, 16, then 30 min', async () => {
    await opened();
    const minutes: number[] = [];
    for (let orderId = 1; orderId <= 7; orderId += 1) {
      await probed();
      await inDoubt(orderId);
      const { breakerState, probeAt } = await view();
      expect(breakerState).toBe('open');
      minutes.push(Math.round(((probeAt?.getTime() ?? 0) - Date.now()) / 60_000));
    }
    expect(minutes).toEqual([1, 2, 4, 8, 16, 30, 30]);
  });

  test('a POST from before it tells of the time before: six that hang together re-open nothing', async () => {
    const tokens: string[] = [];
    for (const orderId of [1, 2, 3, 4]) tokens.push(await world.claimed(orderId));
    for (const token of tokens.slice(0, 3)) await recordInDoubt(world.ledger, token, doubt);
    // Its claim lies before the opening, and the probe comes before its answer.
    await sql(
      "update attempt set claimed_at = claimed_at - interval '2 hours', prepared_at = prepared_at - interval '2 hours'",
    );
    await probed();
    await recordInDoubt(world.ledger, tokens[3] as string, doubt);
    expect(await view()).toMatchObject({ breakerState: 'half_open', reopenings: 0 });
  });

  test('a probe that was overtaken by a person changes nothing', async () => {
    await opened();
    await later(3600);
    const probe = await takeProbe(world.ledger, account());
    await openBreaker(world.ledger, account(), { owner: 'person:eve', reason: 'stock-taking' });
    expect(await halfOpen(world.ledger, account(), probe?.openSince as Date)).toBe(false);
    expect(await takeProbe(world.ledger, account())).toBeNull();
  });
});

describe('owners', () => {
  test('a stopped account is taken over by nobody, and closed by a person only', async () => {
    await stopAccount(world.ledger, world.accountId, 'another sender');
    expect(await openBreaker(world.ledger, account(), { owner: 'person:eve', reason: 'x' })).toBe(false);
    expect(await openBreaker(world.ledger, account(), { owner: 'unauthorized', reason: 'x' })).toBe(false);
    await later(3600);
    expect(await takeProbe(world.ledger, account())).toBeNull();
    expect(await closeBreaker(world.ledger, account())).toBe(true);
    expect(await view()).toMatchObject({ breakerState: 'closed', sendWindow: 1 });
  });

  test('stopping takes an open breaker over', async () => {
    await opened();
    expect(await stopAccount(world.ledger, world.accountId, 'another sender')).toBe(true);
    expect(await view()).toMatchObject({ breakerOwner: 'relay' });
  });
});

test('a frozen account has no window: nothing is dispatched, and a prepared attempt is not claimed', async () => {
  const token = await world.prepared(1);
  await world.receive({ orderId: 2 });
  await freezeAccount(world.ledger, world.accountId, 60_000);
  expect(await view()).toMatchObject({ sendWindow: 0, breakerState: 'closed' });
  expect(await world.claim(token)).toBe('frozen');
  expect(await takeDueSends(world.ledger, world.accountId, 60_000)).toEqual([]);
});

test('dispatch stops at the slots that the budget has: what is dispatched and not yet sending counts', async () => {
  for (const orderId of [1, 2, 3, 4, 5]) await world.receive({ orderId });
  expect(await takeDueSends(world.ledger, world.accountId, 60_000, { slots: 2 })).toHaveLength(2);
  expect(await takeDueSends(world.ledger, world.accountId, 60_000, { slots: 2 })).toHaveLength(0);
  expect(await takeDueSends(world.ledger, world.accountId, 60_000, { slots: 3 })).toHaveLength(1);
});

describe('a shop’s host', () => {
  const times = { probeMs: 5_000, probeMaxMs: 30_000, reopenMs: 60_000, reopenMaxMs: 1_800_000 };
  const host = async () => (await listHosts(world.ledger))[0];
  beforeEach(() => ensureHost(world.ledger, SHOP, 'shop.example', times));

  test('that fails three times in a row is called no more: no send, no write-back, until a probe', async () => {
    await accepted(1);
    await world.receive({ orderId: 2 });
    for (let calls = 0; calls < 3; calls += 1) await countHostFailure(world.ledger, 'shop.example', 'HTTP 502');
    expect(await host()).toMatchObject({ breakerState: 'open', breakerReason: 'HTTP 502' });
    expect(await takeDueSends(world.ledger, world.accountId, 60_000)).toEqual([]);
    expect(await takeDueWriteBacks(world.ledger, 60_000, 10)).toEqual([]);

    await sql(`update shop_host set probe_at = now()`);
    const probe = await takeProbe(world.ledger, { kind: 'host', id: 'shop.example' });
    await halfOpen(world.ledger, { kind: 'host', id: 'shop.example' }, probe?.openSince as Date);
    expect(await takeDueSends(world.ledger, world.accountId, 60_000)).toHaveLength(1);
    await countHostAnswer(world.ledger, 'shop.example');
    expect(await host()).toMatchObject({ breakerState: 'closed', failures: 0 });
  });

  test('an answer between failures begins the row anew', async () => {
    for (let calls = 0; calls < 2; calls += 1) await countHostFailure(world.ledger, 'shop.example', 'HTTP 502');
    await countHostAnswer(world.ledger, 'shop.example');
    await countHostFailure(world.ledger, 'shop.example', 'HTTP 502');
    expect(await host()).toMatchObject({ breakerState: 'closed', failures: 1 });
  });
});
