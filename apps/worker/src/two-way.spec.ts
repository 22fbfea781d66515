import { waitFor } from '@relay/testing';
import { inWorld, stopWorldsLeft, type World } from './testing/world.js';

afterAll(stopWorldsLeft);

const SETTINGS = {
  HFT71_TWO_WAY_SYNC_ENABLED: 'on',
  HFT71_UPDATE_DELAY: '500ms',
  HFT71_CANCEL_STATUS: 'Cancelled',
};
const AT_REST = ['--status-step-ms', '3600000'];

function moveTo(world: World, orderId: number, street: string): Promise<void> {
  return world.sandbox.edit(orderId, { shipping: { address_1: street } });
}

/** `update_order: held (cancel-by-hand)`, … */
async function updates(world: World, orderId: number): Promise<string[]> {
  const rows = await world.rows(
    `select kind || ': ' || state || coalesce(' (' || reason || ')', '') as what from intent
     where order_id = $1 and kind like 'update_%' order by kind`,
    [orderId],
  );
  return rows.map((row) => String(row['what']));
}

async function untilUpdates(world: World, orderId: number, wanted: string[]): Promise<void> {
  await waitFor(async () => JSON.stringify(await updates(world, orderId)) === JSON.stringify(wanted), {
    what: `the updates to be ${wanted.join(', ')}`,
    timeoutMs: 25_000,
    intervalMs: 50,
  });
}

async function putsAtHft71(world: World): Promise<unknown[]> {
  return (await world.sandbox.requests('hft71')).filter(({ method }) => method === 'PUT').map(({ body }) => body);
}

it.concurrent(
  'edits that follow each other become one update, and the second edit goes too',
  async () => {
    await inWorld({ settings: SETTINGS, sandboxArgs: AT_REST }, async (world) => {
      await world.startLive();
      const { orderId, hft71OrderId } = await world.sentOrder();
      await moveTo(world, orderId, 'First Way 1');
      await moveTo(world, orderId, 'Second Way 2');
      await untilUpdates(world, orderId, ['update_order_address: sent']);
      expect((await world.sandbox.hft71Order(hft71OrderId)).address).toMatchObject({ address1: 'Second Way 2' });
      await moveTo(world, orderId, 'Third Way 3');
      await waitFor(async () => (await world.sandbox.hft71Order(hft71OrderId)).address['address1'] === 'Third Way 3', {
        what: 'the second edit',
        timeoutMs: 20_000,
      });
      await untilUpdates(world, orderId, ['update_order_address: sent']);
      await world.sweptOnce();
      expect((await putsAtHft71(world)).length).toBeLessThanOrEqual(3);
      expect(await world.expectGuarantee()).toMatchObject({ sent: 1 });
    });
  },
  90_000,
);

it.concurrent(
  'HFT71 refuses an address: held with the reason, and the next edit goes by itself',
  async () => {
    await inWorld({ settings: SETTINGS, sandboxArgs: AT_REST }, async (world) => {
      await world.startLive();
      const { orderId, hft71OrderId } = await world.sentOrder();
      await world.sandbox.fault({ target: 'hft71', kind: 'status', status: 422, match: { method: 'PUT' }, times: 1 });
      await moveTo(world, orderId, 'Refused Way 1');
      await untilUpdates(world, orderId, ['update_order_address: held (http-422)']);
      await moveTo(world, orderId, 'Better Way 2');
      await untilUpdates(world, orderId, ['update_order_address: sent']);
      expect((await world.sandbox.hft71Order(hft71OrderId)).address).toMatchObject({ address1: 'Better Way 2' });
    });
  },
  90_000,
);

it.concurrent(
  'a lost answer is no doubt: the level is compared again, and what still differs is written',
  async () => {
    await inWorld({ settings: SETTINGS, sandboxArgs: AT_REST }, async (world) => {
      await world.startLive();
      const { orderId, hft71OrderId } = await world.sentOrder();
      await world.sandbox.fault({ target: 'hft71', kind: 'reset-after', match: { method: 'PUT' }, times: 1 });
      await moveTo(world, orderId, 'Lost Way 1');
      await untilUpdates(world, orderId, ['update_order_address: sent']);
      expect((await world.sandbox.hft71Order(hft71OrderId)).address).toMatchObject({ address1: 'Lost Way 1' });
      expect(await world.stateOf(orderId)).toBe('written_back');
    });
  },
  90_000,
);

it.concurrent(
  'cancelled after it was accepted: HFT71 is told; restored afterwards: held for a person',
  async () => {
    await inWorld({ settings: SETTINGS, sandboxArgs: AT_REST }, async (world) => {
      await world.startLive();
      const { orderId } = await world.sentOrder();
      await world.sandbox.edit(orderId, { status: 'cancelled' });
      await untilUpdates(world, orderId, ['update_order: sent']);
      expect(await putsAtHft71(world)).toEqual([{ orderStatus: 'Cancelled' }]);
      await world.sandbox.edit(orderId, { status: 'processing' });
      await untilUpdates(world, orderId, ['update_order: held (restored)']);
      expect(await world.expectGuarantee()).toMatchObject({ sent: 1 });
    });
  },
  90_000,
);

it.concurrent(
  'without HFT71_CANCEL_STATUS a cancellation is held: cancel at HFT71 by hand',
  async () => {
    const settings = Object.fromEntries(Object.entries(SETTINGS).filter(([name]) => name !== 'HFT71_CANCEL_STATUS'));
    await inWorld({ settings, sandboxArgs: AT_REST }, async (world) => {
      await world.startLive();
      const { orderId } = await world.sentOrder();
      await world.sandbox.edit(orderId, { status: 'cancelled' });
      await untilUpdates(world, orderId, ['update_order: held (cancel-by-hand)']);
      expect(await putsAtHft71(world)).toEqual([]);
    });
  },
  90_000,
);

it.concurrent(
  'cancelled or edited while it is being sent: HFT71 is told once it has accepted',
  async () => {
    await inWorld({ settings: SETTINGS, sandboxArgs: AT_REST }, async (world) => {
      await world.startLive();
      await world.sandbox.faultOnSend({ kind: 'latency', delayMs: 1_500, times: 1 });
      const orderId = await world.sandbox.oneOrder();
      await world.waitForState(orderId, 'sending');
      await world.sandbox.edit(orderId, { status: 'cancelled' });
      await untilUpdates(world, orderId, ['update_order: sent']);
      expect(await putsAtHft71(world)).toEqual([{ orderStatus: 'Cancelled' }]);
    });
  },
  90_000,
);

it.concurrent(
  'switched off, which is the default: nothing is told to HFT71',
  async () => {
    await inWorld({ sandboxArgs: AT_REST }, async (world) => {
      await world.startLive();
      const { orderId } = await world.sentOrder();
      await moveTo(world, orderId, 'Other Way 1');
      await world.sandbox.edit(orderId, { status: 'cancelled' });
      await world.sweptOnce();
      expect(await updates(world, orderId)).toEqual([]);
      expect(await putsAtHft71(world)).toEqual([]);
    });
  },
  90_000,
);
