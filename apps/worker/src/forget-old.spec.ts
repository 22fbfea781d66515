import { waitFor } from '@relay/testing';
import { inWorld, stopWorldsLeft } from './testing/world.js';

afterAll(stopWorldsLeft);

it('a worker deletes what is older than RELAY_KEEP_LOG, and leaves what is younger', async () => {
  await inWorld({ settings: { RELAY_KEEP_LOG: '30d' } }, async (world) => {
    // More than one statement takes.
    await world.rows(
      `insert into api_call (at, shop_id, target, action, method, path, duration_ms, order_id)
       select now() - case when n <= 1200 then interval '31 days' else interval '29 days' end, 'main', 'shop', 'list_orders', 'GET', '/old', 1, null
       from generate_series(1, 1205) n`,
    );
    await world.startLive();
    const left = async () => (await world.rows(`select 1 from api_call where path = '/old'`)).length;
    await waitFor(async () => (await left()) === 5, { what: 'the old calls to go', timeoutMs: 20_000 });
    const { orderId } = await world.sentOrder(); // and orders go as ever
    expect(await world.stateOf(orderId)).toBe('written_back');
  });
}, 60_000);
