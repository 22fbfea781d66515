import { createServer, type AddressInfo } from 'node:net';
import { waitFor } from '@relay/testing';
import { inWorld, stopWorldsLeft } from './testing/world.js';

afterAll(stopWorldsLeft);

test('each delivery comes three times and out of order: every order is at HFT71 once, by webhooks alone', async () => {
  const port = String(await freePort());
  const settings = {
    PORT: port,
    RELAY_PUBLIC_URL: `http://127.0.0.1:${port}`,
    RELAY_SWEEP_INTERVAL: '1h', // the sweeps would find what the webhooks miss
    RELAY_LEVEL_SWEEP_INTERVAL: '1h',
  };
  await inWorld({ settings }, async (world) => {
    const { sandbox } = world;
    await world.startProgram('apps/api/dist/main.js', {}, 'api listening');
    await world.startLive();
    const levelSwept = 'select 1 from shop where level_swept_at is not null'; // the one that going live asks for
    await waitFor(async () => (await world.ledger.pool.query(levelSwept)).rows.length === 1, { what: 'a level sweep' });
    await sandbox.setWebhooks({ mode: 'hold', repeat: 3, shuffle: true });
    const orderIds = await sandbox.order({ count: 15, kinds: ['simple', 'variation', 'mixed'] });
    const cancelled = await sandbox.oneOrder();
    for (const orderId of orderIds.slice(0, 5)) await sandbox.edit(orderId, { shipping: { city: 'Bettertown' } });
    await sandbox.edit(cancelled, { status: 'cancelled' });
    await sandbox.runWebhooks({ shuffle: true });
    await sandbox.setWebhooks({ mode: 'normal' });
    await world.waitForState(orderIds, 'written_back');

    const { rows } = await world.ledger.pool.query<{ by: string; deliveries: number }>(
      `select distinct o.first_seen_by as by, (select count(*)::int from delivery where result = 'order') as deliveries
       from shop_order o where o.order_id = any($1::bigint[])`,
      [orderIds],
    );
    expect(rows).toEqual([{ by: 'webhook', deliveries: expect.any(Number) }]);
    expect(rows[0]?.deliveries).toBeGreaterThanOrEqual(3 * 2 * orderIds.length); // created and updated
    for (const orderId of orderIds) expect(await sandbox.postsOf(orderId)).toBe(1);
    expect(await sandbox.postsOf(cancelled)).toBe(0);
    expect(await world.expectGuarantee()).toMatchObject({ sent: 15, writtenBack: 15 });
  });
}, 90_000);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
