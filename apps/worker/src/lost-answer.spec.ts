import { waitFor } from '@relay/testing';
import { startWorld, stopWorldsLeft, stopWorld, inWorld, type World } from './testing/world.js';

afterAll(stopWorldsLeft);

/** The whole answer has 2 s here, so a drip of one byte each 400 ms never comes to its end. */
const LOST_ANSWERS: { fault: Record<string, unknown>; what: string; atHft71: number }[] = [
  { what: 'accepted, then silence', fault: { kind: 'accept-then-hang' }, atHft71: 1 },
  { what: 'accepted, then 502', fault: { kind: 'accept-then-status', status: 502 }, atHft71: 1 },
  { what: 'accepted, then 503', fault: { kind: 'accept-then-status', status: 503 }, atHft71: 1 },
  { what: 'accepted, then 408', fault: { kind: 'accept-then-status', status: 408 }, atHft71: 1 },
  { what: 'accepted, then a reset', fault: { kind: 'reset-after' }, atHft71: 1 },
  { what: 'a reset before it is processed', fault: { kind: 'reset-before' }, atHft71: 0 },
  { what: 'silence', fault: { kind: 'hang' }, atHft71: 0 },
  { what: 'an answer that is cut off', fault: { kind: 'cut' }, atHft71: 1 },
  { what: 'an answer that drips beyond the deadline', fault: { kind: 'drip', delayMs: 400 }, atHft71: 1 },
  { what: 'JSON without its end', fault: { kind: 'malformed-json' }, atHft71: 1 },
  { what: 'a success without an id', fault: { kind: 'no-id' }, atHft71: 1 },
  { what: 'a page with status 200', fault: { kind: 'html-200' }, atHft71: 0 },
  { what: 'a page with status 200, processed', fault: { kind: 'html-200', processed: true }, atHft71: 1 },
  { what: 'a redirect', fault: { kind: 'redirect', status: 307 }, atHft71: 0 },
  { what: 'silence, accepted after the deadline', fault: { kind: 'accept-late', delayMs: 3_000 }, atHft71: 1 },
  { what: 'a reset, accepted later', fault: { kind: 'accept-late', delayMs: 1_000, close: true }, atHft71: 1 },
];

describe('in doubt: neither acceptance nor refusal is proven', () => {
  let world: World;
  const orderIds = new Map<string, number>();

  // One world for all: each order meets its own fault, named by its reference.
  beforeAll(async () => {
    world = await startWorld({});
    const { sandbox } = world;
    await world.startLive();
    for (const { what, fault } of LOST_ANSWERS) {
      const orderId = await sandbox.oneOrder({ status: 'on-hold' });
      orderIds.set(what, orderId);
      await sandbox.faultOnSend({
        ...fault,
        match: { method: 'POST', pathPattern: '/order$', bodyPattern: `"referenceId":"${orderId}"` },
      });
      await sandbox.edit(orderId, { status: 'processing' });
    }
    await world.waitForState([...orderIds.values()], 'held: in-doubt', 60_000);
    await world.sweptOnce();
  }, 120_000);
  afterAll(() => stopWorld(world));

  it.each(LOST_ANSWERS)('$what: held in-doubt, never sent again', async ({ what, atHft71 }) => {
    const orderId = orderIds.get(what) as number;
    expect(await world.stateOf(orderId)).toBe('held: in-doubt');
    expect(await triesOf(world, orderId)).toEqual([expect.stringMatching(/^in_doubt/)]);
    expect(await world.sandbox.postsOf(orderId)).toBe(1);
    const atLast = async () => (await world.sandbox.acceptedOf(orderId)).length === atHft71; // some accept late
    await waitFor(atLast, { what: `${atHft71} at HFT71` });
  });

  it('a doubt is sticky: an edit, a cancellation and a restart do not send it', async () => {
    const [edited, cancelled] = [orderIds.get('silence') as number, orderIds.get('a redirect') as number];
    await world.sandbox.edit(edited, { customer_note: 'please hurry', billing: { city: 'Elsewhere' } });
    await world.sandbox.edit(cancelled, { status: 'cancelled' });
    await world.startWorker();
    await world.sweptOnce();
    expect(await world.states([edited, cancelled])).toEqual(['held: in-doubt', 'held: in-doubt']);
    await world.sandbox.edit(cancelled, { status: 'processing' });
    await world.sweptOnce();
    expect(await world.stateOf(cancelled)).toBe('held: in-doubt');
    expect(await world.sandbox.postsOf(cancelled)).toBe(1);
  }, 60_000);

  it('counts no duplicate and no loss', async () => {
    const counted = await world.expectGuarantee();
    expect(counted.sent).toBe(LOST_ANSWERS.filter(({ atHft71 }) => atHft71 === 1).length);
  });
});

describe('certainly not processed: sent exactly once, later', () => {
  const CERTAIN: { what: string; fault: Record<string, unknown>; posts: number }[] = [
    { what: 'a token that is dead (401)', fault: { kind: 'unauthorized', times: 1 }, posts: 2 },
    { what: '429 with Retry-After', fault: { kind: 'status', status: 429, retryAfter: '2', times: 1 }, posts: 2 },
    { what: '403', fault: { kind: 'status', status: 403, body: { message: 'Forbidden' }, times: 1 }, posts: 2 },
  ];

  it.concurrent.each(CERTAIN)(
    '$what: handed back, then sent',
    async ({ fault, posts }) => {
      await inWorld({}, async (world) => {
        await world.startLive();
        await world.sandbox.faultOnSend(fault);
        const orderId = await world.sandbox.oneOrder();
        await world.waitForState(orderId, 'written_back');
        expect(await triesOf(world, orderId)).toEqual([expect.stringMatching(/^not_processed/), 'accepted']);
        expect(await world.sandbox.postsOf(orderId)).toBe(posts);
        expect(await world.expectGuarantee()).toMatchObject({ sent: 1, writtenBack: 1 });
      });
    },
    90_000,
  );

  it.concurrent(
    'every token is dead at once: one log-in, and the orders go',
    async () => {
      await inWorld({}, async (world) => {
        await world.startLive();
        const first = await world.sandbox.oneOrder();
        await world.waitForState(first, 'written_back');
        await world.sandbox.fault({ target: 'hft71', kind: 'expire-tokens' });
        const orderIds = await world.sandbox.order({ count: 5 });
        await world.waitForState(orderIds, 'written_back');
        expect(await world.expectGuarantee()).toMatchObject({ sent: 6, writtenBack: 6 });
      });
    },
    90_000,
  );

  it.concurrent(
    'connection refused: no doubt, and all orders go when HFT71 is back',
    async () => {
      await inWorld({}, async (world) => {
        await world.startLive();
        const before = await world.sandbox.oneOrder();
        await world.waitForState(before, 'written_back');
        await world.sandbox.fault({ target: 'hft71', kind: 'refuse' });
        const orderIds = await world.sandbox.order({ count: 5 });
        await world.waitForFailures(orderIds);
        await world.sandbox.clearFaults();
        await world.waitForState(orderIds, 'written_back', 60_000);
        expect(await world.expectGuarantee()).toMatchObject({ sent: 6, writtenBack: 6 });
      });
    },
    120_000,
  );

  it.concurrent(
    '422: rejected, and sent once after the order is edited in the shop',
    async () => {
      await inWorld({}, async (world) => {
        const { sandbox } = world;
        await world.startLive();
        await sandbox.faultOnSend({ kind: 'status', status: 422, body: { message: 'bad city' }, times: 1 });
        const orderId = await sandbox.oneOrder();
        await world.waitForState(orderId, 'rejected: http-422');
        await sandbox.edit(orderId, { meta_data: [{ key: 'another_plugin', value: 'says something' }] });
        await world.sweptOnce();
        expect(await world.stateOf(orderId)).toBe('rejected: http-422');
        await sandbox.edit(orderId, { shipping: { city: 'Bettertown' } });
        await world.waitForState(orderId, 'written_back');
        expect(await world.attemptsOf(orderId)).toEqual(['rejected: rejected', 'accepted']);
        expect(await world.expectGuarantee()).toMatchObject({ sent: 1, writtenBack: 1 });
      });
    },
    90_000,
  );
});

/** What came of each try at HFT71: a claim that the breaker or the window refuses made no call. */
async function triesOf(world: World, orderId: number): Promise<string[]> {
  const attempts = await world.attemptsOf(orderId);
  return attempts.filter((each) => !/^not_processed: (breaker-open|window-full)$/.test(each));
}
