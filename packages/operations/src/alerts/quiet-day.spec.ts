import { SeededRandom } from '@relay/testing';
import { MINUTE, startAlertWorld, type AlertWorld } from './testing-world.js';

let world: AlertWorld;

beforeAll(async () => {
  world = await startAlertWorld({ RELAY_MODE: 'live' });
});
afterAll(async () => {
  await world.close();
});

const ORDERS = 1_000;
const STEP = 30 * MINUTE;
const STEPS = 48;

/**
 * A day as a healthy installation has it: most orders by day, in bursts; a 5xx or a deadline now and then that the next try
 * mends, a token that ends each hour, statuses told by the webhook, deliveries, stock. Judged in the middle of each burst,
 * a minute later, and after it.
 */
it('a quiet day of 1,000 orders fires nothing', async () => {
  const random = new SeededRandom(7, 'a quiet day');
  const weights = Array.from({ length: STEPS }, (_, step) => 1 + 4 * Math.sin((Math.PI * step) / STEPS) ** 2);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let made = 0;
  let due = 0;
  for (const [step, weight] of weights.entries()) {
    due += (weight / total) * ORDERS;
    const count = (step === STEPS - 1 ? ORDERS : Math.round(due)) - made;
    await world.orders(count, { firstId: made + 1 });
    await world.sql(
      `insert into delivery (shop_id, topic, result, received_at) select 'main', 'order.created', 'order', now() from generate_series(1, $1)`,
      [count],
    );
    await world.calls(count, { target: 'shop', action: 'get_order', method: 'GET', path: '/orders' });
    made += count;
    await judged();

    await world.advance(MINUTE);
    const failed = Array.from({ length: count }).filter(() => random.next() < 0.01).length;
    if (failed > 0) await world.calls(failed, { status: random.next() < 0.5 ? 503 : null, code: 'ETIMEDOUT' });
    await world.calls(count);
    await world.sql(
      `update intent set state = 'written_back', hft71_order_id = 'H' || order_id, state_since = now() where state = 'ready'`,
    );
    await world.calls(count, { target: 'shop', action: 'put_order', method: 'PUT', path: '/orders' });
    await judged();

    // the token ends, is refused once, and another one is fetched; the stock is read
    if (step % 2 === 0) {
      await world.calls(1, { action: 'get_status', status: 401, method: 'GET' });
      await world.calls(1, { action: 'login' });
      await world.stockRun();
    }
    await world.calls(10, { action: 'get_status', method: 'GET' });
    // production goes on, and HFT71's webhook tells of it
    await world.sql(
      `update progress set seen = '["In Production", "Closed"]', status = 'Closed', status_since = now()
       where accepted_at < now() - interval '4 hours' and status is distinct from 'Closed'`,
    );
    await world.sql('update account set webhook_heard_at = now()');
    await world.advance(STEP - MINUTE);
    await judged();
  }
  expect(made).toBe(ORDERS);
  expect(await world.sql('select count(*)::int as orders from progress')).toEqual([{ orders: ORDERS }]);
  expect(await world.sql('select kind, message from alert')).toEqual([]);
  expect(await world.incidents()).toEqual([]);
  expect(await world.sql('select * from alert_message')).toEqual([]);
});

async function judged(): Promise<void> {
  await world.workerBeats();
  expect(await world.evaluate()).toEqual([]);
}
