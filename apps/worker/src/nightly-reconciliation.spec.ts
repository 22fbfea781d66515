import { metaText } from '@relay/core';
import { findingsOf, lastReconciliation } from '@relay/ledger';
import { askPoll, askReconciliation, reconcile, resolveExisting, writeBackOrder } from '@relay/operations';
import { waitFor } from '@relay/testing';
import { inWorld, stopWorldsLeft } from './testing/world.js';

afterAll(stopWorldsLeft);

const POLLED_ONCE_A_DAY = { HFT71_POLL_INTERVAL: '24h', HFT71_POLL_INTERVAL_WITH_WEBHOOKS: '24h' };

it('shop, ledger and HFT71 are compared by themselves, also where Redis has lost the schedule', async () => {
  await inWorld({ sandboxArgs: ['--status-step-ms', '3600000'] }, async (world) => {
    await world.startLive();
    const { orderId, hft71OrderId } = await world.sentOrder();
    await world.sandbox.edit(orderId, { meta_data: [{ key: '_hft71_order_id', value: '' }] });
    const due = () => world.rows(`update shop set baseline_at = now() - interval '3 days' returning id`);
    await due();
    await world.redis.flush();
    const run = await waitFor(async () => lastReconciliation(world.ledger, 'main'), {
      what: 'a reconciliation',
      timeoutMs: 20_000,
    });
    expect(run).toMatchObject({ startedBy: 'schedule', faults: [], shopOrders: 1, ledgerOrders: 1, hft71Reads: 1 });
    expect(await findingsOf(world.ledger, run?.id ?? 0)).toMatchObject([
      { kind: 'id-not-in-shop', orderId, detail: `the ledger has ${hft71OrderId}, written_back` },
    ]);
    // what the finding says to do
    const act = { wanted: String(orderId), actor: 'test', reason: 'removed by mistake' };
    expect(await writeBackOrder(await world.operations(), act)).toMatchObject({ kind: 'armed' });
    const [shop] = (await world.operations()).shops.values();
    await waitFor(
      async () => metaText((await shop?.woocommerce.getOrder(orderId)) ?? { meta: [] }, '_hft71_order_id') !== null,
      { what: 'the id in the shop' },
    );
    expect(await world.rows('select count(*)::int as runs from reconciliation')).toEqual([{ runs: 1 }]);
    await world.expectGuarantee();
  });
}, 60_000);

it('one that a person asked for is made at once, in their name and over their window, and once', async () => {
  await inWorld({ sandboxArgs: ['--status-step-ms', '3600000'] }, async (world) => {
    await world.startLive();
    await world.sentOrder();
    const relay = await world.operations();
    const [shop] = relay.shops.values();
    if (shop === undefined) throw new Error('there is no shop');
    const wish = { actor: 'eve', reason: 'after the outage', windowMs: 3_600_000 };
    expect(await askReconciliation(relay, shop, wish)).toEqual({ kind: 'asked', windowMs: 3_600_000 });
    const run = await waitFor(async () => lastReconciliation(world.ledger, 'main'), {
      what: 'the reconciliation',
      timeoutMs: 20_000,
    });
    expect(run).toMatchObject({ startedBy: 'eve', faults: [], shopOrders: 1, hft71Reads: 1 });
    const backMs = (run?.startedAt.getTime() ?? 0) - (run?.windowFrom.getTime() ?? 0);
    expect(Math.abs(backMs - wish.windowMs)).toBeLessThan(60_000);
    expect(await world.rows('select reconcile_wanted_by, reconcile_window_ms from shop')).toEqual([
      { reconcile_wanted_by: null, reconcile_window_ms: null },
    ]);
    expect(await world.rows('select count(*)::int as runs from reconciliation')).toEqual([{ runs: 1 }]);
  });
}, 60_000);

it('a status that moved at HFT71 since the last poll is read at once, and is no disagreement', async () => {
  await inWorld({ sandboxArgs: ['--status-step-ms', '3600000'], settings: POLLED_ONCE_A_DAY }, async (world) => {
    await world.startLive();
    const { orderId, hft71OrderId } = await world.sentOrder();
    const relay = await world.operations();
    await askPoll(relay, String(orderId));
    const statusOf = async () => (await world.rows('select status from progress'))[0]?.['status'];
    await waitFor(async () => (await statusOf()) != null, { what: 'the first status' });
    const [line] = (await world.sandbox.shopOrder(orderId)).line_items;
    await world.sandbox.moveAtHft71(hft71OrderId, { items: { [line?.sku ?? '']: 'In Production' } }); // without a webhook
    const [shop] = relay.shops.values();
    if (shop === undefined) throw new Error('there is no shop');
    await reconcile(relay, shop, { windowMs: 3_600_000, startedBy: 'test', hft71: true });
    expect(await lastReconciliation(world.ledger, 'main')).toMatchObject({ hft71Reads: 1, counts: {}, faults: [] });
    await waitFor(async () => (await statusOf()) === 'In Production', { what: 'the new status' });
  });
}, 60_000);

it('two HFT71 orders of one: the one whose id the shop shows can stay, by what the finding says', async () => {
  await inWorld({ sandboxArgs: ['--status-step-ms', '3600000'] }, async (world) => {
    await world.startLive();
    const { orderId } = await world.sentOrder();
    const stays = String(await world.sandbox.sendAsAnother(orderId));
    await world.sandbox.edit(orderId, { meta_data: [{ key: '_hft71_order_id', value: stays }] });
    const relay = await world.operations();
    const [shop] = relay.shops.values();
    if (shop === undefined) throw new Error('there is no shop');
    const found = async () => {
      await reconcile(relay, shop, { windowMs: 3_600_000, startedBy: 'test', hft71: true });
      return (await lastReconciliation(world.ledger, 'main'))?.counts;
    };
    expect(await found()).toEqual({ 'other-id': 1 });

    const act = { wanted: String(orderId), actor: 'test', reason: 'the other one is cancelled at HFT71' };
    expect(await writeBackOrder(relay, act)).toMatchObject({ kind: 'armed' });
    await world.waitForState(orderId, 'held: conflict');
    const [attempt] = await world.rows(`select token from intent where order_id = $1 and kind = 'send_order'`, [
      orderId,
    ]);
    const token = attempt?.['token'] as string | null;
    expect(await resolveExisting(relay, { ...act, token, hft71OrderId: stays })).toMatchObject({ state: 'sent' });
    await world.waitForState(orderId, 'written_back');
    expect(await world.rows('select hft71_order_id, ended from progress')).toEqual([
      { hft71_order_id: stays, ended: null },
    ]);
    await waitFor(async () => Object.keys((await found()) ?? { none: 0 }).length === 0, { what: 'agreement' });
  });
}, 60_000);
