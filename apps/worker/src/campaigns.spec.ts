import {
  cancelResend,
  planResend,
  resendStatus,
  resumeResend,
  startResend,
  type CampaignDone,
  type CampaignStatus,
  type Relay,
  type Refusal,
} from '@relay/operations';
import { waitFor } from '@relay/testing';
import { inWorld, stopWorldsLeft, type World } from './testing/world.js';

afterAll(stopWorldsLeft);

const SETTINGS = { RELAY_CAMPAIGN_WATCH: '1s' };
const BY = { actor: 'Eve', reason: 'HFT71 is well again' };
const RULES = { batchSize: 4, canarySize: 2, sharePercent: 90, stopPercent: 10 };

/** Orders that HFT71 has refused; it goes on refusing until the fault is removed. */
async function refusedOrders(world: World, count: number): Promise<{ orderIds: number[]; fault: string }> {
  const fault = await world.sandbox.faultOnSend({ kind: 'status', status: 422 });
  const orderIds = await world.sandbox.order({ count });
  await world.waitForState(orderIds, 'rejected: http-422', 20_000);
  // The calls by which the campaign is planned are written a moment after them.
  const calls = `select order_id from api_call where order_id = any($1::bigint[]) and action = 'send_order' and status = 422`;
  await waitFor(async () => (await world.rows(calls, [orderIds])).length === count, { what: 'the calls in the log' });
  return { orderIds, fault };
}

async function planned(relay: Relay, orderIds: readonly number[]): Promise<number> {
  const shop = relay.shops.get('main');
  if (shop === undefined) throw new Error('no shop is in the settings');
  const plan = notRefused(await planResend(relay, shop, { states: ['rejected'], errors: ['refused'] }, BY));
  expect(plan).toMatchObject({ orders: orderIds.length, toSend: orderIds.length });
  return plan.campaignId ?? 0;
}

function notRefused<T extends { readonly kind: string }>(answer: T | Refusal): Exclude<T, Refusal> {
  if (answer.kind === 'refused') throw new Error((answer as Refusal).what);
  return answer as Exclude<T, Refusal>;
}
const stateOf = (done: CampaignDone) => notRefused(done).campaign.state;
const progressOf = async (relay: Relay, id: number) => (await statusOf(relay, id)).campaign.progress;
const statusOf = async (relay: Relay, id: number): Promise<CampaignStatus> => notRefused(await resendStatus(relay, id));

async function untilState(relay: Relay, id: number, state: string): Promise<CampaignStatus> {
  return waitFor(
    async () => {
      const status = await statusOf(relay, id);
      return status.campaign.state === state ? status : null;
    },
    { what: `the campaign to be ${state}`, timeoutMs: 20_000, intervalMs: 50 },
  );
}

/** The campaign's orders, in the order in which HFT71 accepted them. */
async function acceptedOf(world: World, orderIds: readonly number[]): Promise<number[]> {
  const accepted = (await world.sandbox.acceptedOrders()).map(({ referenceId }) => Number(referenceId));
  return accepted.filter((orderId) => orderIds.includes(orderId));
}

test('orders that HFT71 has refused go again: a canary first, nothing after a cancellation, each once, and read back', async () => {
  await inWorld({ settings: SETTINGS }, async (world) => {
    const { sandbox } = world;
    await world.startLive();
    await world.startWorker();
    const { orderIds, fault } = await refusedOrders(world, 12);
    await sandbox.removeFault(fault);
    const relay = await world.operations();
    const id = await planned(relay, orderIds);
    expect(await acceptedOf(world, orderIds)).toEqual([]); // planned, and nothing is sent by that

    // Slow enough for a person to come in between.
    const slow = await sandbox.faultOnSend({ kind: 'latency', delayMs: 300 });
    expect(stateOf(await startResend(relay, { ...BY, campaignId: id }, RULES))).toBe('canary');
    await waitFor(async () => (await acceptedOf(world, orderIds)).length > RULES.canarySize, {
      what: 'the first batch to be under way',
      timeoutMs: 20_000,
      intervalMs: 20,
    });
    const shown = await Promise.all(
      (await acceptedOf(world, orderIds))
        .slice(0, RULES.canarySize)
        .map((each) => sandbox.meta(each, '_hft71_order_id')),
    );
    expect(shown).not.toContain(null); // the batch waited until the shop showed the canary's ids

    expect(stateOf(await cancelResend(relay, { ...BY, campaignId: id }))).toBe('cancelled');
    // What was on its way ends; then nothing of it is sent any more, while a live order goes.
    await waitFor(async () => (await progressOf(relay, id)).released === 0, { what: 'the end of what was on its way' });
    const sent = await acceptedOf(world, orderIds);
    expect(sent.length).toBeLessThan(orderIds.length);
    await world.sentOrder();
    await world.sweptOnce();
    expect(await acceptedOf(world, orderIds)).toEqual(sent);
    expect(await progressOf(relay, id)).toMatchObject({
      accepted: sent.length,
      waiting: orderIds.length - sent.length,
      failed: 0,
      inDoubt: 0,
    });

    expect(stateOf(await resumeResend(relay, { ...BY, campaignId: id }))).toBe('running');
    await sandbox.removeFault(slow);
    const { campaign } = await untilState(relay, id, 'verified');
    expect(campaign.progress).toMatchObject({ total: 12, accepted: 12, readBack: 12 });
    expect(await world.states(orderIds)).toEqual(orderIds.map(() => 'written_back'));
    expect((await acceptedOf(world, orderIds)).toSorted()).toEqual(orderIds.toSorted());
    expect(await world.expectGuarantee()).toMatchObject({ sent: 13, lost: 0 });
  });
}, 60_000);

test('a live order goes before those that a campaign has released', async () => {
  // One place in the send window: who goes first is seen at HFT71.
  await inWorld({ settings: { ...SETTINGS, HFT71_MAX_IN_FLIGHT: '1' } }, async (world) => {
    const { sandbox } = world;
    await world.startLive();
    const { orderIds, fault } = await refusedOrders(world, 12);
    await sandbox.removeFault(fault);
    const relay = await world.operations();
    const id = await planned(relay, orderIds);
    await sandbox.faultOnSend({ kind: 'latency', delayMs: 300 });
    await startResend(relay, { ...BY, campaignId: id }, { ...RULES, batchSize: 11, canarySize: 1 });
    await waitFor(async () => (await acceptedOf(world, orderIds)).length === 2, {
      what: 'the batch to be under way',
      timeoutMs: 20_000,
      intervalMs: 20,
    });
    const live = await sandbox.oneOrder();
    await world.waitForState([live, ...orderIds], 'written_back', 20_000);
    expect((await acceptedOf(world, [live, ...orderIds])).at(-1)).not.toBe(live);
    expect(await world.expectGuarantee()).toMatchObject({ sent: 13, lost: 0 });
  });
}, 60_000);

test('a canary that fails pauses its campaign: nothing else is sent, and a person is told', async () => {
  await inWorld({ settings: SETTINGS }, async (world) => {
    await world.startLive();
    const { orderIds } = await refusedOrders(world, 5); // and HFT71 goes on refusing
    const relay = await world.operations();
    const id = await planned(relay, orderIds);
    const posts = () => Promise.all(orderIds.map((orderId) => world.sandbox.postsOf(orderId)));
    const before = await posts();
    await startResend(relay, { ...BY, campaignId: id }, RULES);
    const { campaign } = await untilState(relay, id, 'paused');
    expect(campaign.stateReason).toMatch(/the canary failed: \d of 2 orders/);
    await world.sweptOnce();
    const again = (await posts()).map((count, index) => count - (before[index] ?? 0));
    expect(again.filter((count) => count > 0).length).toBeLessThanOrEqual(RULES.canarySize);
    expect(again.every((count) => count <= 1)).toBe(true);
    expect(await world.alerts()).toContain('campaign needs a person');
    expect(await world.states(orderIds)).toEqual(orderIds.map(() => 'rejected: http-422'));
    expect(await world.expectGuarantee()).toMatchObject({ sent: 0 });
  });
}, 60_000);
