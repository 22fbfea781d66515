import { randomUUID } from 'node:crypto';
import { campaignPart, isFailedOutcome, HAND_OFF_STATES } from '@relay/core';
import { loadAccount } from './accounts.js';
import { openAlerts } from './alerts.js';
import { prepareAttempt } from './attempt.js';
import { advanceCampaign, campaignsToAdvance } from './campaign-advance.js';
import { FAILED_ITEM } from './campaign-items.js';
import { ordersToReadBack, recordReadBack } from './campaign-read-back.js';
import { matchOrders, type CampaignSelection } from './campaign-selection.js';
import { listCampaigns, loadCampaign, plannedCounts, unfinishedItems } from './campaign-views.js';
import { cancelCampaign, pauseCampaign, planCampaign, resumeCampaign, startCampaign } from './campaigns.js';
import { takeDueCampaignSends, takeDueSends } from './dispatch.js';
import { holdByPerson, releaseHeld } from './hold-release.js';
import { leaveCampaigns } from './leave-campaigns.js';
import { loadIntent } from './load-intent.js';
import { recordAccepted, recordInDoubt, recordNotProcessed, recordRejected } from './record-outcome.js';
import { SHOP, startLedgerWorld, type LedgerWorld } from './testing-world.js';
import { recordWrittenBack } from './write-back.js';

let world: LedgerWorld;
beforeEach(async () => {
  world = await startLedgerWorld();
});
afterEach(() => world.close());

const by = { actor: 'eve', reason: 'after the outage' };
const sql = (text: string, params: unknown[] = []) => world.ledger.pool.query<Record<string, unknown>>(text, params);
const idOf = async (orderId: number, kind = 'send_order') => String((await world.intent(orderId, kind))['id']);
const seen = { httpStatus: 422, errorCode: null, left: true };
const ALL: CampaignSelection = {
  ...{ from: null, to: null, states: null, reasons: null, errors: null, actions: null, httpStatuses: null },
  ...{ shopStatuses: null, skus: null, numbers: null },
};
const RULES = { batchSize: 3, canarySize: 1, share: 0.5, stopPercent: 20, watchMs: 0 };

/** Orders that HFT71 has refused. */
async function rejectedOrders(...orderIds: number[]): Promise<void> {
  for (const orderId of orderIds) {
    const token = await world.claimed(orderId);
    await recordRejected(world.ledger, token, { ...seen, contentHash: 'content-1', detail: `no SKU of ${orderId}` });
  }
}

async function plan(selection: Partial<CampaignSelection> = {}, wantsHeldByPerson = false): Promise<number> {
  const found = await matchOrders(world.ledger, SHOP, { ...ALL, ...selection });
  const items = found.orders.map((order) => ({
    ...order,
    part: campaignPart({ ...order, isSendable: order.shopStatus === 'processing' }, wantsHeldByPerson),
  }));
  const of = { shopId: SHOP, accountId: world.accountId, selection: { ...ALL, ...selection } };
  return planCampaign(world.ledger, { ...of, unknownNumbers: found.unknownNumbers, items, actor: 'eve' });
}

const started = async (rules: Partial<typeof RULES> = {}) => {
  const id = await plan();
  expect(await startCampaign(world.ledger, id, { ...RULES, ...rules }, by)).toBe('started');
  return id;
};
const step = (id: number) => advanceCampaign(world.ledger, id);
const progress = async (id: number) => (await loadCampaign(world.ledger, id))?.progress;

/** One attempt of what is ready, up to the claim. */
async function claimed(orderId: number): Promise<string> {
  await takeDueCampaignSends(world.ledger, world.accountId, 60_000);
  const token = randomUUID();
  expect(
    await prepareAttempt(world.ledger, { intentId: await idOf(orderId), token, worker: 'spec', payloadHash: 'p' }),
  ).toBe(true);
  expect(await world.claim(token, orderId)).toBe('claimed');
  return token;
}

async function sent(orderId: number): Promise<void> {
  await recordAccepted(world.ledger, await claimed(orderId), { ...seen, httpStatus: 200, hft71OrderId: `H${orderId}` });
}
/** To HFT71: an answer's status, or why there was none. */
async function calls(action: string, ...ends: (number | string)[]): Promise<void> {
  for (const end of ends)
    await sql(
      `insert into api_call (shop_id, target, action, method, path, status, code, duration_ms) values ('main', 'hft71', $1, 'POST', '/x', $2, $3, 1)`,
      [action, typeof end === 'number' ? end : null, typeof end === 'string' ? end : null],
    );
}

async function shown(id: number, ...orderIds: number[]): Promise<void> {
  for (const orderId of orderIds)
    await recordWrittenBack(world.ledger, await idOf(orderId, 'write_back'), `H${orderId}`, 0);
  const toRead = await ordersToReadBack(world.ledger, id);
  await recordReadBack(
    world.ledger,
    id,
    (toRead?.orders ?? []).map(({ orderId, hft71OrderId }) => ({ orderId, shownId: hft71OrderId })),
  );
}

/** One of one order, which is in the shop. */
async function watching(): Promise<number> {
  await rejectedOrders(1);
  const id = await started({ watchMs: 60_000 });
  await step(id);
  await sent(1);
  await shown(id, 1);
  await step(id);
  return id;
}

describe('a campaign', () => {
  it('sends a canary, then batches, each after the one before, then watches and is verified', async () => {
    await rejectedOrders(1, 2, 3, 4, 5);
    const id = await started();
    expect(await campaignsToAdvance(world.ledger)).toEqual([id]);
    expect(await step(id)).toMatchObject({ state: 'canary', what: 'batch 1: 1 orders released' });
    expect(await step(id)).toBeNull();
    expect(await progress(id)).toMatchObject({ total: 5, waiting: 4, released: 1 });
    expect(await world.intent(1)).toMatchObject({ state: 'ready', campaign_id: String(id), failures: 0 });
    await sent(1);
    expect(await world.intent(1)).toMatchObject({ state: 'sent', campaign_id: null });
    expect(await step(id)).toBeNull(); // the shop does not show it yet
    await shown(id, 1);
    expect(await step(id)).toMatchObject({ state: 'running', what: 'batch 2: 3 orders released' });
    for (const orderId of [2, 3]) await sent(orderId);
    expect(await step(id)).toBeNull();
    await sent(4);
    expect(await step(id)).toMatchObject({ what: 'batch 3: 1 orders released' });
    await sent(5);
    await shown(id, 2, 3, 4, 5);
    expect(await step(id)).toMatchObject({ state: 'watching' });
    expect(await progress(id)).toEqual({
      ...{ total: 5, waiting: 0, released: 0, accepted: 5, failed: 0, inDoubt: 0, left: 0, passedOver: 0, readBack: 5 },
    });
    expect(await step(id)).toMatchObject({ state: 'verified' });
    expect(await campaignsToAdvance(world.ledger)).toEqual([]);
    const audits = await sql(`select actor, action from audit where action like 'resend%' order by id`);
    expect(audits.rows).toEqual([
      { actor: 'eve', action: 'resend plan' },
      { actor: 'eve', action: 'resend start' },
    ]);
  });

  it('makes each step once, whoever and however many make it', async () => {
    await rejectedOrders(1, 2, 3, 4);
    const id = await started({ canarySize: 2 });
    const steps = await Promise.all([step(id), step(id), step(id), step(id)]);
    expect(steps.filter((each) => each !== null)).toHaveLength(1);
    expect(await progress(id)).toMatchObject({ waiting: 2, released: 2 });
  });

  it('pauses where the canary fails, and puts nothing else in its place before a person resumes it', async () => {
    await rejectedOrders(1, 2, 3);
    const id = await started();
    await step(id);
    await recordRejected(world.ledger, await claimed(1), { ...seen, contentHash: 'content-1', detail: 'still' });
    expect(await step(id)).toMatchObject({
      state: 'paused',
      what: expect.stringContaining('the canary failed: 1 of 1'),
    });
    expect(await openAlerts(world.ledger)).toMatchObject([
      { kind: 'campaign needs a person', subject: `main/campaign ${id}` },
    ]);
    expect(await step(id)).toBeNull();
    expect(await resumeCampaign(world.ledger, id, by)).toBe('resumed');
    expect(await openAlerts(world.ledger)).toEqual([]);
    expect(await step(id)).toMatchObject({ state: 'canary', what: 'batch 2: 1 orders released' });
    expect(await progress(id)).toMatchObject({ failed: 1, released: 1, waiting: 1 });
  });

  it('pauses itself when more of a batch fail than its rule allows, and is not judged by that again', async () => {
    await rejectedOrders(1, 2, 3, 4, 5, 6);
    const id = await started({ batchSize: 4 });
    await step(id);
    await sent(1);
    await shown(id, 1);
    await step(id);
    await sent(2);
    await recordInDoubt(world.ledger, await claimed(3), { ...seen, cause: 'deadline', settleMs: 1 });
    expect(await step(id)).toBeNull(); // 1 of 2 says nothing yet
    await sent(4);
    await sent(5);
    expect(await step(id)).toMatchObject({ state: 'paused', what: expect.stringContaining('1 of 4 orders') });
    expect(await resumeCampaign(world.ledger, id, by)).toBe('resumed');
    expect(await step(id)).toMatchObject({ state: 'running', what: 'batch 3: 1 orders released' });
    expect(await progress(id)).toMatchObject({ accepted: 4, inDoubt: 1, released: 1 });
  });

  it('counts an order that was tried three times in vain as failed, and waits for it no longer', async () => {
    await rejectedOrders(1, 2, 3);
    const id = await started({ batchSize: 1, stopPercent: 100 });
    await step(id);
    await sent(1);
    await shown(id, 1);
    await step(id);
    for (let tried = 0; tried < 3; tried += 1)
      await recordNotProcessed(world.ledger, await claimed(2), {
        ...{ ...seen, httpStatus: null, cause: 'nothing-sent', notBeforeMs: 0, lastFailure: 'refused' },
      });
    expect(await step(id)).toMatchObject({ what: 'batch 3: 1 orders released' });
    await sent(3);
    expect(await step(id)).toBeNull(); // the last one is still being tried
    await sent(2);
    expect(await step(id)).toMatchObject({ state: 'watching' });
  });

  it('is not verified while the shop does not show an id, or while sending fails again', async () => {
    const id = await watching();
    expect(await step(id)).toBeNull(); // it watches
    await calls('send_order', 200, 422, 503, 'deadline', 'send-by', 'stale-connection');
    expect(await step(id)).toBeNull();
    await calls('login', 200, 502);
    expect(await step(id)).toMatchObject({ state: 'not_verified', what: expect.stringContaining('3 of 5 calls') });

    await rejectedOrders(2);
    await sql('delete from api_call');
    const other = await started();
    await step(other);
    await sent(2);
    await shown(other, 2);
    await step(other);
    await sql(`update campaign_item set read_back = null where campaign_id = $1`, [other]);
    expect(await step(other)).toBeNull(); // the watch is over, and nobody has looked yet
    await sql(`update campaign_item set read_back = 'missing' where campaign_id = $1`, [other]);
    expect(await step(other)).toMatchObject({ state: 'not_verified', what: expect.stringContaining('does not show') });
    // nothing can be done with it any more that would end these: a person has looked, and closes their incident
    expect(await openAlerts(world.ledger)).toMatchObject(
      [id, other].map((campaign) => ({ kind: 'campaign not verified', subject: `main/campaign ${campaign}` })),
    );
    expect(await listCampaigns(world.ledger, { limit: 10 })).toMatchObject([{ id: other }, { id }]);
  });

  it('is not verified while HFT71 takes no connection, of which no call tells', async () => {
    const id = await watching();
    await world.receive({ orderId: 2 });
    for (let tries = 1; tries <= 3; tries += 1) {
      expect(await step(id)).toBeNull();
      await sql('update intent set not_before = null where order_id = 2');
      await recordNotProcessed(world.ledger, await world.prepared(2), {
        ...{ ...seen, httpStatus: null, errorCode: 'ECONNREFUSED', left: false, countsAsFailure: true },
        ...{ cause: 'nothing-sent', notBeforeMs: 0, lastFailure: 'refused' },
      });
    }
    expect(await step(id)).toMatchObject({
      state: 'not_verified',
      what: '3 of 3 calls that send orders failed during the watch; HFT71 is away: its breaker is open',
    });
  });

  it('is not verified where an order of it is in doubt, or none came to HFT71', async () => {
    await rejectedOrders(1, 2);
    const id = await started({ canarySize: 1, batchSize: 1, stopPercent: 100 });
    await step(id);
    await sent(1);
    await shown(id, 1);
    await step(id);
    await recordInDoubt(world.ledger, await claimed(2), { ...seen, cause: 'deadline', settleMs: 60_000 });
    expect(await step(id)).toMatchObject({ state: 'watching' });
    expect(await step(id)).toMatchObject({ state: 'not_verified', what: '1 orders are in doubt' });
    await rejectedOrders(3);
    const other = await started();
    await sql(`update intent set doubt_since = now() where order_id = 3`);
    expect(await step(other)).toMatchObject({ state: 'watching' });
    expect(await step(other)).toMatchObject({ state: 'not_verified', what: 'none of its orders is at HFT71' });
  });
});

describe('pause and cancel', () => {
  it('put back what was released and not claimed, as it was; what is on its way ends as it ends', async () => {
    await rejectedOrders(1, 2, 3);
    await sql(
      `update intent set failures = 2, last_failure = 'no SKU', state_since = '2026-11-20T00:00:00Z' where order_id = 2`,
    );
    const before = await world.intent(2);
    const id = await started({ canarySize: 3 });
    await step(id);
    const onItsWay = await claimed(1);
    expect(await cancelCampaign(world.ledger, id, by)).toBe('cancelled');
    const back = await world.intent(2);
    const same = [
      'state',
      'reason',
      'reason_detail',
      'content_hash',
      'failures',
      'last_failure',
      'state_since',
      'campaign_id',
    ];
    for (const column of same) expect([column, back[column]]).toEqual([column, before[column]]);
    expect(await progress(id)).toMatchObject({ waiting: 2, released: 1 });
    await recordNotProcessed(world.ledger, onItsWay, {
      ...seen,
      cause: 'throttled',
      notBeforeMs: 0,
      lastFailure: '429',
    });
    expect(await takeDueCampaignSends(world.ledger, world.accountId, 60_000)).toEqual([]);
    expect(await takeDueSends(world.ledger, world.accountId, 60_000)).toEqual([]);
    expect(await campaignsToAdvance(world.ledger)).toEqual([id]);
    expect(await step(id)).toMatchObject({ state: 'cancelled' });
    expect(await world.intent(1)).toMatchObject({ state: 'rejected', reason: 'http-422', campaign_id: null });
    expect(await progress(id)).toMatchObject({ total: 3, waiting: 3 });
    expect(await resumeCampaign(world.ledger, id, by)).toBe('resumed');
    await step(id);
    expect(await progress(id)).toMatchObject({ waiting: 0, released: 3 });
  });

  it('win or lose against a claim, and never leave an order both put back and on its way', async () => {
    await rejectedOrders(1, 2, 3, 4, 5, 6);
    const id = await started({ canarySize: 6 });
    await step(id);
    const tokens = new Map<number, string>();
    for (const orderId of [1, 2, 3, 4, 5, 6]) {
      const token = randomUUID();
      tokens.set(orderId, token);
      await prepareAttempt(world.ledger, { intentId: await idOf(orderId), token, worker: 'spec', payloadHash: 'p' });
    }
    const claims = [...tokens].map(async ([orderId, token]) => [orderId, await world.claim(token, orderId)] as const);
    const [answers] = await Promise.all([Promise.all(claims), cancelCampaign(world.ledger, id, by)]);
    for (const [orderId, answer] of answers) {
      // Whoever waited for the row that was just put back reads `window-full`, the last of the claim's reasons.
      expect(['claimed', 'not-ready', 'campaign-stopped', 'window-full']).toContain(answer);
      expect(await world.intent(orderId)).toMatchObject({ state: answer === 'claimed' ? 'sending' : 'rejected' });
    }
    const inFlight = answers.filter(([, answer]) => answer === 'claimed').length;
    expect(await progress(id)).toMatchObject({ released: inFlight, waiting: 6 - inFlight });
  });

  it('refuse the claim of a job that is older than the pause', async () => {
    await rejectedOrders(1);
    const id = await started();
    await step(id);
    const token = randomUUID();
    await prepareAttempt(world.ledger, { intentId: await idOf(1), token, worker: 'spec', payloadHash: 'p' });
    // As an intent that came back from its POST the moment after the pause.
    await sql(`update campaign set state = 'paused' where id = $1`, [id]);
    expect(await world.claim(token, 1)).toBe('campaign-stopped');
    expect(await loadIntent(world.ledger, await idOf(1))).toMatchObject({ campaignId: id, campaignShare: null });
  });

  it('let go by itself what the shop has edited meanwhile', async () => {
    await rejectedOrders(1, 2);
    const id = await started({ canarySize: 2 });
    await step(id);
    await world.receive({ orderId: 1, contentHash: 'content-2', modifiedGmt: '2026-11-23T11:00:00' });
    await pauseCampaign(world.ledger, id, by);
    expect(await world.intent(1)).toMatchObject({ state: 'ready', campaign_id: null });
    expect(await progress(id)).toMatchObject({ passedOver: 1, waiting: 1 });
  });

  it('are refused where there is nothing to stop, and a second campaign while one sends', async () => {
    await rejectedOrders(1, 2);
    const id = await started();
    const other = await plan();
    expect(await startCampaign(world.ledger, other, RULES, by)).toBe('another-sends');
    expect(await pauseCampaign(world.ledger, other, by)).toEqual({ state: 'planned' });
    expect(await pauseCampaign(world.ledger, id, by)).toBe('paused');
    expect(await startCampaign(world.ledger, other, RULES, by)).toBe('started');
    expect(await resumeCampaign(world.ledger, id, by)).toBe('another-sends');
    expect(await cancelCampaign(world.ledger, 999, by)).toBe('unknown');
    const never = await plan();
    expect(await cancelCampaign(world.ledger, never, by)).toBe('cancelled');
    expect(await resumeCampaign(world.ledger, never, by)).toEqual({ state: 'cancelled' });
    expect(await startCampaign(world.ledger, await plan({ numbers: ['77'] }), RULES, by)).toBe('nothing-to-send');
  });
});

describe('what is released', () => {
  it('is only what is still as it was planned, and the others take its turn', async () => {
    await rejectedOrders(1, 2, 3, 4);
    const id = await started({ canarySize: 4 });
    await sql(`update intent set doubt_since = now() where order_id = 1`);
    await sql(`update intent set state = 'held', reason = 'in-doubt' where order_id = 2`);
    await world.receive({ orderId: 3, status: 'cancelled', modifiedGmt: '2026-11-23T11:00:00' });
    expect(await step(id)).toMatchObject({ what: 'batch 1: 1 orders released' });
    expect(await progress(id)).toMatchObject({ passedOver: 3, released: 1 });
    expect(await world.intent(1)).toMatchObject({ state: 'rejected' });
    expect(await unfinishedItems(world.ledger, id, 10)).toMatchObject([
      { orderId: 1, outcome: 'passed-over', outcomeReason: 'rejected: http-422' },
      { orderId: 2, outcomeReason: 'held: in-doubt' },
      { orderId: 3, outcomeReason: 'cancelled: cancelled' },
      { orderId: 4, outcome: null, state: 'ready' },
    ]);
  });

  it('passes over what a person holds while it waits for its turn', async () => {
    await rejectedOrders(1, 2, 3);
    const id = await started({ canarySize: 1 });
    await step(id);
    expect(await leaveCampaigns(world.ledger, await idOf(1), by)).toEqual([]); // released: it is held as any other
    expect(await leaveCampaigns(world.ledger, await idOf(2), by)).toEqual([id]);
    expect(await leaveCampaigns(world.ledger, await idOf(2), by)).toEqual([]);
    await sent(1);
    await shown(id, 1);
    expect(await step(id)).toMatchObject({ what: 'batch 2: 1 orders released' });
    expect(await world.intent(2)).toMatchObject({ state: 'rejected', campaign_id: null });
    expect(await progress(id)).toMatchObject({ passedOver: 1, released: 1 });
    const audits = await sql(`select subject, reason, details from audit where action = 'orders hold'`);
    expect(audits.rows).toEqual([{ subject: 'main/2', reason: by.reason, details: { campaigns: [id] } }]);
  });

  it('is not what a person has held anew since the plan', async () => {
    await world.receive({ orderId: 1 });
    await holdByPerson(world.ledger, await idOf(1), by);
    const id = await plan({ reasons: ['person'] }, true);
    await startCampaign(world.ledger, id, RULES, by);
    await releaseHeld(world.ledger, await idOf(1), by);
    await holdByPerson(world.ledger, await idOf(1), by);
    await step(id);
    expect(await progress(id)).toMatchObject({ passedOver: 1, released: 0 });
    expect(await world.intent(1)).toMatchObject({ state: 'held', reason: 'person' });
  });

  it('belongs to the campaign until something else ends that', async () => {
    await rejectedOrders(1, 2);
    const id = await started({ canarySize: 2 });
    await step(id);
    await holdByPerson(world.ledger, await idOf(1), by);
    expect(await world.intent(1)).toMatchObject({ state: 'held', campaign_id: null });
    await world.receive({ orderId: 2, status: 'cancelled', modifiedGmt: '2026-11-23T11:00:00' });
    expect(await progress(id)).toMatchObject({ left: 2, released: 0 });
    expect(await step(id)).toMatchObject({ state: 'watching' });
  });

  it('ranks below live orders, and has its share of the send window and no more', async () => {
    await rejectedOrders(1, 2, 3, 4, 5, 6, 7);
    await sql('update account set window_base = 6');
    const id = await started({ canarySize: 7, share: 0.5 });
    await step(id);
    expect((await loadAccount(world.ledger, world.accountId))?.campaignShare).toBe(0.5);
    expect(await takeDueSends(world.ledger, world.accountId, 60_000)).toEqual([]);
    for (const orderId of [20, 21]) await world.receive({ orderId });
    const live = await takeDueSends(world.ledger, world.accountId, 60_000);
    expect(live.map(({ orderId }) => orderId)).toEqual([20, 21]);
    expect(await takeDueCampaignSends(world.ledger, world.accountId, 60_000, { slots: 1 })).toHaveLength(1);
    expect(await takeDueCampaignSends(world.ledger, world.accountId, 60_000)).toHaveLength(2);
    expect(await takeDueCampaignSends(world.ledger, world.accountId, 60_000)).toEqual([]);
    for (const orderId of [22, 23]) await world.receive({ orderId });
    expect(await takeDueSends(world.ledger, world.accountId, 60_000)).toHaveLength(1); // 6 places: 3 live, 3 of it
  });

  it('leaves a place that becomes free to the live order that waits for it', async () => {
    await rejectedOrders(1, 2);
    const id = await started({ canarySize: 2 });
    await step(id);
    await world.receive({ orderId: 20 }); // it came after the live orders were taken
    expect(await takeDueCampaignSends(world.ledger, world.accountId, 60_000)).toEqual([]);
    await sql(`update intent set not_before = now() + interval '1 minute' where order_id = 20`);
    expect(await takeDueCampaignSends(world.ledger, world.accountId, 60_000)).toHaveLength(2);
  });

  it('goes in a window of one, when no live order wants it', async () => {
    await rejectedOrders(1);
    const id = await started();
    await step(id);
    await sql('update account set window_base = 1, max_in_flight = 1');
    await world.receive({ orderId: 20 });
    expect(await takeDueSends(world.ledger, world.accountId, 60_000)).toHaveLength(1);
    expect(await takeDueCampaignSends(world.ledger, world.accountId, 60_000)).toEqual([]);
    await sql(`update intent set state = 'skipped' where order_id = 20`);
    expect(await takeDueCampaignSends(world.ledger, world.accountId, 60_000)).toHaveLength(1);
  });
});

describe('a selection', () => {
  const matched = async (selection: Partial<CampaignSelection>) =>
    (await matchOrders(world.ledger, SHOP, { ...ALL, ...selection })).orders.map(({ orderId }) => orderId);

  it('names orders by number, else by id, and tells which nobody has', async () => {
    await world.receive({ orderId: 1, number: '2' });
    await world.receive({ orderId: 2, number: 'A-7', reference: '2' });
    const found = await matchOrders(world.ledger, SHOP, { ...ALL, numbers: ['2', 'A-7', '9', 'x'] });
    expect(found.orders.map(({ orderId }) => orderId)).toEqual([1, 2]);
    expect(found.unknownNumbers).toEqual(['9', 'x']);
    expect(await matched({ numbers: ['1'] })).toEqual([1]);
  });

  it('filters by state, reason, status in the shop, SKU and time', async () => {
    await rejectedOrders(1);
    await world.receive({ orderId: 2, lines: [{ id: 1, sku: 'B', quantity: 1 }], createdGmt: '2026-11-10T00:00:00' });
    await world.receive({ orderId: 3, status: 'on-hold' });
    expect(await matched({})).toEqual([1, 2, 3]);
    expect(await matched({ states: ['rejected', 'ready'] })).toEqual([1, 2]);
    expect(await matched({ reasons: ['http-422'] })).toEqual([1]);
    expect(await matched({ shopStatuses: ['on-hold'] })).toEqual([3]);
    expect(await matched({ skus: ['B'] })).toEqual([2]);
    expect(await matched({ from: '2026-11-09T00:00:00Z', to: '2026-11-11T00:00:00Z' })).toEqual([2]);
    expect(await matched({ from: '2026-11-23T00:00:00Z', to: '2026-11-24T00:00:00Z' })).toEqual([1, 3]);
  });

  it('filters by failed calls to HFT71, in the time of the calls', async () => {
    for (const orderId of [1, 2, 3]) await world.receive({ orderId });
    const call = (orderId: number, status: number | null, action = 'send_order', at = '2026-11-24T10:00:00Z') =>
      sql(
        `insert into api_call (shop_id, target, action, method, path, status, duration_ms, order_id, at)
         values ('main', 'hft71', $1, 'POST', '/order', $2, 1, $3, $4)`,
        [action, status, orderId, at],
      );
    await call(1, 503);
    await call(2, null);
    await call(3, 200);
    await call(3, 404, 'get_status');
    expect(await matched({ actions: ['send_order'] })).toEqual([1, 2]);
    expect(await matched({ errors: ['outage'] })).toEqual([1]);
    expect(await matched({ errors: ['transport', 'endpoint'] })).toEqual([2, 3]);
    expect(await matched({ httpStatuses: [0, 200] })).toEqual([2, 3]);
    expect(await matched({ actions: ['send_order'], from: '2026-11-24T11:00:00Z' })).toEqual([]);
  });

  it('is counted by part, state and reason, with what is not the campaign’s to send', async () => {
    await rejectedOrders(1, 2);
    await recordInDoubt(world.ledger, await world.claimed(3), { ...seen, cause: 'deadline', settleMs: 60_000 });
    await world.receive({ orderId: 4 }, { beforeLive: true });
    const id = await plan();
    expect(await plannedCounts(world.ledger, id)).toEqual([
      { part: 're-arm', state: 'rejected', reason: 'http-422', orders: 2 },
      { part: 'before-go-live', state: 'held', reason: 'before-go-live', orders: 1 },
      { part: 'in-doubt', state: 'in_doubt', reason: null, orders: 1 },
    ]);
    await startCampaign(world.ledger, id, { ...RULES, canarySize: 5 }, by);
    await step(id);
    expect(await world.intent(3)).toMatchObject({ state: 'in_doubt', campaign_id: null });
    expect(await world.intent(4)).toMatchObject({ state: 'held', campaign_id: null });
    expect(await progress(id)).toMatchObject({ total: 2, released: 2 });
  });
});

it('the statement and the core call the same outcomes failed', async () => {
  for (const state of HAND_OFF_STATES)
    for (const reason of [null, 'person', 'mapping']) {
      const found = await sql(
        `select ${FAILED_ITEM} as failed from (select $1::text as outcome, $2::text as outcome_reason) ci`,
        [state, reason],
      );
      expect([state, reason, found.rows[0]?.['failed'] === true]).toEqual([
        state,
        reason,
        isFailedOutcome(state, reason),
      ]);
    }
});
