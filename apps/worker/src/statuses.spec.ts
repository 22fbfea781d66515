import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { holdOrder, releaseOrder, settleStatusConflict } from '@relay/operations';
import { waitFor } from '@relay/testing';
import { inWorld, stopWorldsLeft, type World } from './testing/world.js';

afterAll(stopWorldsLeft);

const MAPPING = '{"In Production":"leave","Item Finished":"on-hold","Closed":"completed"}';
/** HFT71 moves only when it is told to: a step takes an hour. */
const AT_REST = ['--status-step-ms', '3600000'];
const SETTINGS = { HFT71_STATUS_MAPPING: MAPPING, HFT71_POLL_INTERVAL: '1s' };

async function untilStatus(world: World, orderId: number, status: string): Promise<void> {
  await waitFor(async () => (await world.sandbox.shopOrder(orderId)).status === status, {
    what: `order ${orderId} to be ${status} in the shop`,
    timeoutMs: 20_000,
  });
}

async function untilRead(world: World, orderId: number, wanted: Record<string, unknown>): Promise<void> {
  await waitFor(
    async () => {
      const [row] = await world.rows('select * from progress where order_id = $1', [orderId]);
      return Object.entries(wanted).every(([name, value]) =>
        value instanceof RegExp ? value.test(String(row?.[name])) : row?.[name] === value,
      );
    },
    { what: `the progress of order ${orderId} to show ${JSON.stringify(wanted)}`, timeoutMs: 20_000 },
  );
}

it.concurrent(
  'HFT71’s statuses come into the shop by polling: status, meta of order and lines, one PUT and one note a change',
  async () => {
    const settings = { ...SETTINGS, HFT71_CUSTOMER_STATUS_ENABLED: 'on' };
    await inWorld({ settings, sandboxArgs: AT_REST }, async (world) => {
      const { sandbox } = world;
      await world.startLive();
      const { orderId, hft71OrderId } = await world.sentOrder();
      await waitFor(async () => (await sandbox.meta(orderId, '_hft71_last_status')) === 'In Production', {
        what: 'the first status',
        timeoutMs: 20_000,
      });
      const putsBefore = (await sandbox.putsOf(orderId)).length;

      await sandbox.moveAtHft71(hft71OrderId, { status: 'Closed' });
      await untilStatus(world, orderId, 'completed');
      await untilRead(world, orderId, { ended: 'terminal', version: 2 });
      await world.waitForWriteBack(orderId);
      expect((await sandbox.putsOf(orderId)).slice(putsBefore)).toEqual([
        expect.objectContaining({ status: 'completed', line_items: expect.anything(), meta_data: expect.anything() }),
      ]);
      const order = await sandbox.shopOrder(orderId);
      const lineStatuses = order.line_items.map(
        ({ meta_data }) => meta_data.find(({ key }) => key === '_hft71_item_status')?.value,
      );
      expect(new Set(lineStatuses)).toEqual(new Set(['Closed']));
      expect(await sandbox.meta(orderId, '_hft71_customer_status')).toBe('Closed');
      expect(await sandbox.notesOf(orderId)).toEqual([
        `HFT71 has accepted this order, as ${hft71OrderId}.`,
        `HFT71 order ${hft71OrderId}: In Production.`,
        `HFT71 order ${hft71OrderId}: Closed.`,
      ]);
      // Its own echoes changed nothing, and nothing is read any more.
      await world.sweptOnce();
      expect((await sandbox.putsOf(orderId)).length).toBe(putsBefore + 1);
      expect(await world.expectGuarantee()).toMatchObject({ sent: 1, writtenBack: 1 });
    });
  },
  90_000,
);

it.concurrent(
  'the parcel comes with its numbers, and is asked for no more once it is known',
  async () => {
    const settings = { ...SETTINGS, HFT71_SHIPPING_SYNC_ENABLED: 'on' };
    await inWorld({ settings, sandboxArgs: ['--status-step-ms', '4000'] }, async (world) => {
      const { sandbox } = world;
      await world.startLive();
      const { orderId, hft71OrderId } = await world.sentOrder();
      await untilStatus(world, orderId, 'completed');
      await untilRead(world, orderId, { ended: 'terminal' });
      expect(await sandbox.meta(orderId, '_hft71_shipping_carrier')).toBe('DPD');
      expect(await sandbox.meta(orderId, '_hft71_shipping_tracking')).toMatch(/^DPD\d+$/);
      expect(await sandbox.meta(orderId, '_hft71_shipping_trackingRet')).toMatch(/^RET\d+$/);
      const note = new RegExp(`^HFT71 order ${hft71OrderId}: Closed. Parcel: DPD DPD\\d+.$`);
      // Written after the status, by a call of its own.
      await waitFor(async () => note.test((await sandbox.notesOf(orderId)).at(-1) ?? ''), { what: 'the last note' });
      const actions = await world.rows(
        `select distinct action from api_call where order_id = $1 and target = 'hft71' order by 1`,
        [orderId],
      );
      expect(actions.map((row) => row['action'])).toEqual([
        'get_status',
        'send_order',
        'sync_shipping',
        'sync_shipping_skipped', // there was none at the first look
      ]);
    });
  },
  90_000,
);

it.concurrent(
  'the order is as far as its least advanced line, and an unknown status leaves the shop’s and is told once',
  async () => {
    await inWorld({ settings: SETTINGS, sandboxArgs: AT_REST }, async (world) => {
      const { sandbox } = world;
      await world.startLive();
      const { orderId, hft71OrderId } = await world.sentOrder();
      const [first, second] = (await sandbox.shopOrder(orderId)).line_items.map(({ sku }) => sku ?? '');
      await sandbox.moveAtHft71(hft71OrderId, {
        items: { [first as string]: 'Closed', [second as string]: 'Item Finished' },
      });
      await untilStatus(world, orderId, 'on-hold');
      await sandbox.moveAtHft71(hft71OrderId, { items: { [first as string]: 'Lost in the Post' } });
      await untilRead(world, orderId, { status: /Lost in the Post/ });
      await waitFor(async () => /Lost/.test(String(await sandbox.meta(orderId, '_hft71_last_status'))), {
        what: 'the meta',
      });
      expect((await sandbox.shopOrder(orderId)).status).toBe('on-hold');
      const second2 = await world.sentOrder();
      await sandbox.moveAtHft71(second2.hft71OrderId, { status: 'Lost in the Post' });
      await untilRead(world, second2.orderId, { status: 'Lost in the Post' });
      expect((await world.alerts()).filter((kind) => kind === 'unknown HFT71 status')).toHaveLength(1);
    });
  },
  90_000,
);

it.concurrent(
  'a status that a person set by hand stays, and is reported; one that is not the shop’s is too, and the rest is written',
  async () => {
    const settings = {
      ...SETTINGS,
      HFT71_STATUS_MAPPING: '{"In Production":"leave","Item Finished":"no-such","Closed":"completed"}',
    };
    await inWorld({ settings, sandboxArgs: AT_REST }, async (world) => {
      const { sandbox } = world;
      await world.startLive();
      const { orderId, hft71OrderId } = await world.sentOrder();
      await sandbox.moveAtHft71(hft71OrderId, { status: 'Item Finished' });
      await waitFor(async () => (await sandbox.meta(orderId, '_hft71_last_status')) === 'Item Finished', {
        what: 'the meta without the status',
        timeoutMs: 20_000,
      });
      expect(await world.alerts()).toContain('status mapping: the shop does not know a status');
      expect((await sandbox.shopOrder(orderId)).status).toBe('processing');

      await sandbox.edit(orderId, { status: 'refunded' });
      await sandbox.moveAtHft71(hft71OrderId, { status: 'Closed' });
      await untilRead(world, orderId, { conflict: 'refunded instead of completed' });
      expect((await sandbox.shopOrder(orderId)).status).toBe('refunded');
      expect(await sandbox.meta(orderId, '_hft71_last_status')).toBe('Closed');
      expect(await world.alerts()).toContain('status set by hand in the shop');

      const act = { wanted: String(orderId), actor: 'Eve', reason: 'a slip of the hand' };
      const settled = await settleStatusConflict(await world.operations(), act, 'overwrite');
      expect(settled).toEqual({ kind: 'settled', conflict: 'refunded instead of completed' });
      await untilStatus(world, orderId, 'completed');
      await untilRead(world, orderId, { conflict: null, written_shop_status: 'completed', may_overwrite: null });
      await waitFor(async () => !(await world.alerts()).includes('status set by hand in the shop'), {
        what: 'the end of the alert',
      });
    });
  },
  90_000,
);

const UNBELIEVABLE: { what: string; fault: Record<string, unknown>; noted: RegExp }[] = [
  { what: 'an empty list', fault: { kind: 'status', status: 200, body: [] }, noted: /empty-list/ },
  {
    what: 'an unknown SKU',
    fault: { kind: 'status', status: 200, body: [{ sku: 'NOBODYS', status: 'Closed' }] },
    noted: /unknown-sku: NOBODYS/,
  },
  {
    what: 'a status of another type',
    fault: { kind: 'status', status: 200, body: [{ sku: 'A', status: 7 }] },
    noted: /unexpected-shape/,
  },
  { what: 'a page', fault: { kind: 'html-200' }, noted: /not-json/ },
];

it.concurrent.each(UNBELIEVABLE)(
  'HFT71 answers $what: noted as such, the order’s status untouched, and right again afterwards',
  async ({ fault, noted }) => {
    await inWorld({ settings: SETTINGS, sandboxArgs: AT_REST }, async (world) => {
      const { sandbox } = world;
      await world.startLive();
      const { orderId, hft71OrderId } = await world.sentOrder();
      await untilRead(world, orderId, { status: 'In Production' });
      await sandbox.fault({ target: 'hft71', ...fault, match: { method: 'GET', pathPattern: '/status$' } });
      await sandbox.moveAtHft71(hft71OrderId, { status: 'Closed' });
      await waitFor(
        async () => {
          const [row] = await world.rows('select fault from progress where order_id = $1', [orderId]);
          return noted.test(String(row?.['fault']));
        },
        { what: 'the fault to be noted', timeoutMs: 70_000, intervalMs: 100 },
      );
      expect((await sandbox.shopOrder(orderId)).status).toBe('processing');
      expect(await sandbox.meta(orderId, '_hft71_last_status')).toBe('In Production');
      await sandbox.clearFaults();
      await world.rows('update progress set poll_at = now(), polling_until = null'); // what `relay poll` does
      await untilStatus(world, orderId, 'completed');
    });
  },
  150_000,
);

it.concurrent(
  'an order with lines of others keeps its status; its meta comes all the same',
  async () => {
    const settings = { ...SETTINGS, RELAY_ORDER_NOTES: 'off' };
    await inWorld({ settings, sandboxArgs: AT_REST }, async (world) => {
      const { sandbox } = world;
      await world.startLive();
      const { orderId, hft71OrderId } = await world.sentOrder({ kinds: ['mixed'] });
      await sandbox.moveAtHft71(hft71OrderId, { status: 'Closed' });
      await waitFor(async () => (await sandbox.meta(orderId, '_hft71_last_status')) === 'Closed', {
        what: 'the meta',
        timeoutMs: 20_000,
      });
      expect((await sandbox.shopOrder(orderId)).status).toBe('processing');
      expect((await sandbox.notesOf(orderId)).filter((note) => /accepted/.test(note))).toEqual([]);
    });
  },
  90_000,
);

it.concurrent(
  'an order that is held says so in the shop, once and in words; what becomes of it is said as well',
  async () => {
    await inWorld({ settings: { ...SETTINGS, RELAY_SEND_DELAY: '1m' }, sandboxArgs: AT_REST }, async (world) => {
      const { sandbox } = world;
      await world.startLive();
      const orderId = await sandbox.oneOrder();
      await world.waitForState(orderId, 'waiting');
      const act = { wanted: String(orderId), actor: 'Eve', reason: 'the customer calls back' };
      expect(await holdOrder(await world.operations(), act)).toMatchObject({ kind: 'resolved' });
      await waitFor(async () => (await sandbox.notesOf(orderId)).length > 0, { what: 'the note', timeoutMs: 20_000 });
      await world.sweptOnce();
      const held =
        'This order is held and does not go to HFT71 by itself: a person holds it back (the customer calls back).';
      expect(await sandbox.notesOf(orderId)).toEqual([held]);
      await releaseOrder(await world.operations(), act);
      await world.waitForState(orderId, 'written_back');
      const [accepted] = await sandbox.acceptedOf(orderId);
      await waitFor(async () => (await sandbox.notesOf(orderId)).length > 1, { what: 'the other note' });
      expect((await sandbox.notesOf(orderId)).slice(0, 2)).toEqual([
        held,
        `HFT71 has accepted this order, as ${accepted?.hft71OrderId ?? '?'}.`,
      ]);
    });
  },
  90_000,
);

it.concurrent(
  'nobody’s address reaches the ledger with a status, an update or a trace',
  async () => {
    await inWorld(
      { settings: { ...SETTINGS, HFT71_TWO_WAY_SYNC_ENABLED: 'on', HFT71_UPDATE_DELAY: '0' }, sandboxArgs: AT_REST },
      async (world) => {
        const { sandbox } = world;
        await world.startLive();
        const { orderId } = await world.sentOrder();
        await sandbox.edit(orderId, {
          billing: { address_1: 'Secret Road 99' },
          shipping: { address_1: 'Secret Road 99' },
        });
        await waitFor(
          async () =>
            (await world.rows(`select 1 from intent where kind = 'update_order_address' and state = 'sent'`)).length ===
            1,
          {
            what: 'the address to be told',
            timeoutMs: 20_000,
          },
        );
        const tables = ['intent', 'progress', 'order_event', 'api_call', 'delivery', 'shop_order', 'alert'];
        const all = await Promise.all(tables.map((table) => world.rows(`select * from ${table}`)));
        expect(JSON.stringify(all)).not.toMatch(/Secret|Sampletown|Eve/);
        expect(world.lastWords()).not.toMatch(/Secret|Sampletown|Eve/);
        const record = await readFile(join(sandbox.recordFolder, 'requests.ndjson'), 'utf8');
        expect(record).toContain('Secret Road 99');
      },
    );
  },
  90_000,
);
