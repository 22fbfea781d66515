import { waitFor } from '@relay/testing';
import { inWorld, stopWorldsLeft } from './testing/world.js';

afterAll(stopWorldsLeft);

test('a status is added to WC_SENDABLE_STATUSES: orders that stand in it already are held or adopted, later ones go', async () => {
  await inWorld({}, async (world) => {
    const { sandbox } = world;
    const [old = 0, sentBefore = 0] = await sandbox.order({ count: 2, status: 'completed' });
    const hft71OrderId = await sandbox.sendAsAnother(sentBefore);
    await sandbox.edit(sentBefore, { meta_data: [{ key: '_hft71_order_id', value: String(hft71OrderId) }] });
    const first = await world.startLive();
    const own = await world.sentOrder();
    await sandbox.edit(own.orderId, { status: 'completed' });
    const postsBefore = await sandbox.postsOf(sentBefore);
    await first.kill('SIGTERM');

    const widened = { WC_SENDABLE_STATUSES: 'processing,completed' };
    const second = await world.startWorker({ settings: widened });
    await second.waitForLine('WC_SENDABLE_STATUSES has more statuses');
    await world.waitForState(old, 'held: before-go-live');
    await world.waitForState(sentBefore, 'adopted');
    const fresh = await sandbox.oneOrder({ status: 'completed' });
    await world.waitForState(fresh, 'written_back');
    // Nor does an edit send what was listed.
    await sandbox.edit(old, { shipping: { city: 'Bettertown' } });
    await world.sweptOnce();

    expect(await world.states([old, own.orderId])).toEqual(['held: before-go-live', 'written_back']);
    expect(await sandbox.postsOf(old)).toBe(0);
    expect(await sandbox.postsOf(sentBefore)).toBe(postsBefore);
    expect(await sandbox.postsOf(own.orderId)).toBe(1);
    expect(await world.rows('select sendable_statuses from shop')).toEqual([
      { sendable_statuses: ['processing', 'completed'] },
    ]);
  });
}, 90_000);

test('the list of an added status is broken off: nothing of that status is sent before it was read to its end', async () => {
  await inWorld({}, async (world) => {
    const { sandbox } = world;
    const [, , old = 0] = await sandbox.order({ count: 3, status: 'completed' });
    const first = await world.startLive();
    await first.kill('SIGTERM');
    await sandbox.fault({ target: 'shop', kind: 'status', status: 400, match: { pathPattern: 'status=completed' } });

    await world.startWorker({ settings: { WC_SENDABLE_STATUSES: 'processing,completed' } });
    // By the start, or by a level sweep that was faster.
    await waitFor(async () => (await sandbox.faultsFired()) > 0, { what: 'the list to be refused', timeoutMs: 15_000 });
    await sandbox.edit(old, { shipping: { city: 'Bettertown' } });
    await world.sweptOnce();
    expect(await world.rows('select state from intent')).toEqual([]);
    expect(await world.rows('select sendable_statuses from shop')).toEqual([{ sendable_statuses: ['processing'] }]);

    await sandbox.clearFaults();
    await world.waitForState(old, 'held: before-go-live', 60_000);
    expect((await sandbox.count()).sent).toBe(0);
  });
}, 120_000);
