import { heldOrders, writeBackAgain } from '@relay/ledger';
import { findOrder, resolveExisting } from '@relay/operations';
import { waitFor } from '@relay/testing';
import { inWorld, stopWorldsLeft, type World } from './testing/world.js';

afterAll(stopWorldsLeft);

const SETTINGS = { HFT71_TWO_WAY_SYNC_ENABLED: 'on', HFT71_UPDATE_DELAY: '300ms', HFT71_CANCEL_STATUS: 'Cancelled' };

const reasons = async (world: World) =>
  (await heldOrders(world.ledger)).map(({ reason, identityChanged }) => ({ reason, identityChanged }));

async function resolve(world: World, orderId: number, hft71OrderId: number) {
  const relay = await world.operations();
  const found = await findOrder(relay, String(orderId));
  if (found.kind === 'refused') throw new Error(found.what);
  return resolveExisting(relay, {
    ...{ wanted: String(orderId), token: found.order.token, hft71OrderId: String(hft71OrderId) },
    ...{ actor: 'Eve', reason: 'looked' },
  });
}

async function untilIdentityChanged(world: World, orderId: number): Promise<void> {
  const sql = 'select 1 from shop_order where order_id = $1 and identity_changed_at is not null';
  await waitFor(async () => (await world.rows(sql, [orderId])).length > 0, {
    what: 'the new order',
    timeoutMs: 20_000,
  });
}

/** Protocol, "order": a restored shop database uses ids again. */
test('what a person says of an order in doubt is not said of the new order under its id', async () => {
  await inWorld({ settings: SETTINGS }, async (world) => {
    const { sandbox } = world;
    await world.startLive();
    await sandbox.snapshot();
    await sandbox.faultOnSend({ kind: 'accept-then-hang', times: 1 });
    const orderId = await sandbox.oneOrder();
    await world.waitForState(orderId, 'held: in-doubt', 60_000);
    const hft71OrderId = (await sandbox.acceptedOf(orderId))[0]?.hft71OrderId ?? 0;
    const { address } = await sandbox.hft71Order(hft71OrderId);
    await sandbox.restore();
    expect(await sandbox.oneOrder()).toBe(orderId);
    await untilIdentityChanged(world, orderId);
    expect(await reasons(world)).toEqual([{ reason: 'in-doubt', identityChanged: true }]);

    // The first order is settled; the second one still waits for a person.
    expect(await resolve(world, orderId, hft71OrderId)).toEqual({
      kind: 'resolved',
      state: 'sent',
      isAnothersNow: true,
    });
    expect(await reasons(world)).toEqual([{ reason: 'order-identity-changed', identityChanged: true }]);
    // A person has settled the second one by hand, and says so.
    expect(await resolve(world, orderId, hft71OrderId)).toEqual({ kind: 'resolved', state: 'sent' });
    expect(await reasons(world)).toEqual([]);

    // Neither is the first one's id written on it, nor are its edits told to HFT71 as the first one's.
    const by = { actor: 'Eve', reason: 'again' };
    await writeBackAgain(world.ledger, { shopId: 'main', orderId, copy: 1 }, by);
    await sandbox.edit(orderId, { shipping: { address_1: 'Another Way 2' } });
    await world.sweptOnce();
    await sandbox.edit(orderId, { status: 'cancelled' });
    await world.sweptOnce();
    await waitFor(async () => (await world.rows(`select 1 from intent where state = 'ready'`)).length === 0, {
      what: 'nothing left to do',
      timeoutMs: 20_000,
    });
    expect(await sandbox.meta(orderId, '_hft71_order_id')).toBeNull();
    expect(await world.rows(`select kind from intent where kind like 'update%'`)).toEqual([]);
    expect((await sandbox.hft71Order(hft71OrderId)).address).toEqual(address);
    expect(await reasons(world)).toEqual([]);

    // A third order under the id is on the list again.
    await sandbox.restore();
    expect(await sandbox.oneOrder()).toBe(orderId);
    await untilIdentityChanged(world, orderId);
    expect(await reasons(world)).toEqual([{ reason: 'order-identity-changed', identityChanged: true }]);
    expect(await sandbox.postsOf(orderId)).toBe(1);
  });
}, 120_000);
