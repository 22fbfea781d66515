import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addShop } from '@relay/operations';
import { Sandbox, waitFor } from '@relay/testing';
import { inWorld, stopWorldsLeft, type World } from './testing/world.js';

afterAll(stopWorldsLeft);

/** The settings of a second shop, with an HFT71 account of its own. */
function settingsOf({ at }: Sandbox): Record<string, string> {
  return {
    WC_BASE_URL: at.shop,
    WC_CONSUMER_KEY: at.consumerKey,
    WC_CONSUMER_SECRET: at.consumerSecret,
    WC_WEBHOOK_SECRET: 'the second shop’s secret',
    WC_RATE_LIMIT: '100000/min',
    HFT71_BASE_URL: at.hft71,
    HFT71_USERNAME: at.hft71Username,
    HFT71_PASSWORD: at.hft71Password,
    HFT71_LINES: 'feed',
    HFT71_RATE_LIMIT: '100000/min',
  };
}

async function inTwoShops(test: (world: World, second: Sandbox) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'relay-second-shop-'));
  const second = await Sandbox.start(folder, []);
  try {
    await inWorld({}, async (world) => {
      const relay = await world.operations();
      const added = await addShop(relay, { id: 'second', raw: settingsOf(second), actor: 'test' });
      expect(added).toEqual({ kind: 'added' });
      await world.startWorker();
      await waitFor(
        async () => (await world.ledger.pool.query(`select 1 from shop where mode = 'live'`)).rowCount === 2,
        { what: 'both shops to be live', timeoutMs: 40_000 },
      );
      await test(world, second);
    });
  } finally {
    await second.process.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
}

const stateIn = async (world: World, shopId: string, orderId: number): Promise<unknown> =>
  (
    await world.ledger.pool.query<{ state: string }>(
      `select state from intent where shop_id = $1 and order_id = $2 and kind = 'send_order'`,
      [shopId, orderId],
    )
  ).rows[0]?.state;

test('one worker serves two shops; while one is away, the other’s orders go on', async () => {
  await inTwoShops(async (world, second) => {
    await world.sandbox.fault({ target: 'shop', kind: 'refuse' });
    await waitFor(
      async () =>
        (await world.ledger.pool.query(`select 1 from shop_host where breaker_state = 'open'`)).rowCount === 1,
      { what: 'the breaker of the first shop’s host to open', timeoutMs: 30_000 },
    );
    const elsewhere = await second.oneOrder();
    await waitFor(async () => (await stateIn(world, 'second', elsewhere)) === 'written_back', {
      what: 'the other shop’s order to be written back',
      timeoutMs: 20_000,
    });
    expect(await stateIn(world, 'main', elsewhere)).toBeUndefined();

    await world.sandbox.clearFaults();
    const orderId = await world.sandbox.oneOrder();
    await waitFor(async () => (await stateIn(world, 'main', orderId)) === 'written_back', {
      what: 'the first shop’s order to be written back once it is back',
      timeoutMs: 60_000,
    });
    expect(await world.expectGuarantee()).toMatchObject({ sent: 1 });
    expect(await second.count()).toMatchObject({ sent: 1, duplicates: 0, lost: 0 });
  });
}, 150_000);

test('a second shop that would use the same references on the same account is refused', async () => {
  await inWorld({}, async (world) => {
    const relay = await world.operations();
    const raw = { ...settingsOf(world.sandbox), WC_BASE_URL: 'http://127.0.0.1:9' };
    const add = (over: Record<string, string>) =>
      addShop(relay, { id: 'second', raw: { ...raw, ...over }, actor: 'test' });
    expect(await add({})).toMatchObject({ kind: 'refused', toDo: expect.stringContaining('HFT71_REFERENCE_PREFIX') });
    expect(await add({ WC_BASE_URL: world.sandbox.at.shop })).toMatchObject({ kind: 'refused' });
    expect(await add({ HFT71_REFERENCE_PREFIX: 'B-' })).toEqual({ kind: 'added' });
    const { rows } = await world.ledger.pool.query<{ closed: string }>('select closed from shop_settings');
    expect(rows[0]?.closed).not.toContain('127.0.0.1');
  });
}, 90_000);

test('one shop’s look-up is not believed because another’s of the same account works', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'relay-second-shop-'));
  const second = await Sandbox.start(folder, []);
  try {
    await inWorld({ settings: { HFT71_LOOKUP_PATH: '/order?referenceId={referenceId}' } }, async (world) => {
      const { sandbox } = world;
      await sandbox.setHft71({ lookup: { enabled: true } });
      const { HFT71_BASE_URL, HFT71_USERNAME, HFT71_PASSWORD } = settingsOf(sandbox);
      const raw = {
        ...settingsOf(second),
        ...{ HFT71_BASE_URL, HFT71_USERNAME, HFT71_PASSWORD },
        HFT71_REFERENCE_PREFIX: 'B-',
        HFT71_SETTLE: '1s',
        HFT71_LOOKUP_PATH: '/order?nobodyKnows={referenceId}', // answers an empty list, whatever is asked
      };
      expect(await addShop(await world.operations(), { id: 'second', raw, actor: 'test' })).toEqual({ kind: 'added' });
      await world.startWorker();
      await waitFor(
        async () => (await world.ledger.pool.query(`select 1 from shop where mode = 'live'`)).rowCount === 2,
        { what: 'both shops to be live', timeoutMs: 40_000 },
      );
      await world.waitForState(await sandbox.oneOrder(), 'written_back'); // the control
      await sandbox.faultOnSend({ kind: 'hang', times: 1 });
      await world.waitForState(await sandbox.oneOrder(), 'written_back', 40_000); // proven absent, and sent again

      await sandbox.faultOnSend({ kind: 'accept-then-hang', times: 1 });
      const orderId = await second.oneOrder();
      await waitFor(async () => ['held', 'written_back'].includes(String(await stateIn(world, 'second', orderId))), {
        what: 'the doubt to come to its end',
        timeoutMs: 30_000,
      });
      const accepted = (await sandbox.acceptedOrders()).filter(({ referenceId }) => referenceId === `B-${orderId}`);
      expect([await stateIn(world, 'second', orderId), accepted.length]).toEqual(['held', 1]);
    });
  } finally {
    await second.process.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
}, 150_000);

test('a shop that is known under another id is not connected: its orders would be sent twice', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'relay-second-shop-'));
  const second = await Sandbox.start(folder, []);
  try {
    await inWorld({}, async (world) => {
      await world.startLive();
      await second.setShop({ homeUrl: world.sandbox.at.shop }); // another address of the same shop
      const raw = settingsOf(second);
      expect(await addShop(await world.operations(), { id: 'second', raw, actor: 'test' })).toEqual({ kind: 'added' });
      await world.startWorker();
      const shown = await waitFor(
        async () =>
          (
            await world.ledger.pool.query<{ mode: string; fault: string | null }>(
              `select mode, fault from shop where id = 'second' and (mode <> 'connecting' or fault is not null)`,
            )
          ).rows[0] ?? null,
        { what: 'the second id to be connected or refused', timeoutMs: 40_000 },
      );
      expect(shown).toEqual({ mode: 'connecting', fault: expect.stringContaining('is the shop main already') });
    });
  } finally {
    await second.process.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);
