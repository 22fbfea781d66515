import { ApiCallLog, apiCallTotals } from './api-calls.js';
import { startLedgerWorld } from './testing-world.js';

test('calls are logged and add up over processes', async () => {
  const world = await startLedgerWorld();
  const fail = (error: unknown) => {
    throw error;
  };
  const call = {
    target: 'hft71',
    action: 'send_order',
    method: 'POST',
    path: '/order',
    code: null,
    orderId: 7,
    requestId: 'r-1',
  } as const;
  for (let process = 0; process < 2; process += 1) {
    const log = new ApiCallLog(world.ledger, 'main', fail);
    log.add({ ...call, status: 201, durationMs: 250 });
    log.add({ ...call, status: null, code: 'deadline', durationMs: 20_000 });
    await log.flush();
  }
  const totals = await apiCallTotals(world.ledger);
  expect(totals.sort((a, b) => (a.statusClass < b.statusClass ? -1 : 1))).toEqual([
    { target: 'hft71', action: 'send_order', statusClass: '2xx', calls: 2, seconds: 0.5 },
    { target: 'hft71', action: 'send_order', statusClass: 'none', calls: 2, seconds: 40 },
  ]);
  const { rows } = await world.ledger.pool.query('select count(*)::int as lines from api_call where order_id = 7');
  expect(rows).toEqual([{ lines: 4 }]);
  await world.close();
});
