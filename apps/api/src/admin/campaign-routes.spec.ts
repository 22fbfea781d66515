import { finishGoingLive, receiveOrder, startGoingLive } from '@relay/ledger';
import { ENVIRONMENT_SHOP_ID } from '@relay/operations';
import { basic, startTestApi, type TestApi } from '../test-support.js';

let api: TestApi;
let olga: Record<string, string>;

beforeAll(async () => {
  api = await startTestApi();
  olga = basic(await api.addUser('olga', 'operator'));
  const liveAt = new Date('2026-11-01T00:00:00Z');
  await startGoingLive(api.relay.ledger, ENVIRONMENT_SHOP_ID, liveAt);
  await finishGoingLive(api.relay.ledger, ENVIRONMENT_SHOP_ID, liveAt, []);
  for (const id of [501, 502, 503]) await rejected(id);
});
afterAll(async () => {
  await api?.close();
});

async function rejected(orderId: number): Promise<void> {
  const seen = {
    ...{ shopId: ENVIRONMENT_SHOP_ID, orderId, number: String(orderId), orderKeyHash: 'key', status: 'processing' },
    ...{ createdGmt: '2026-11-23T11:54:07', modifiedGmt: '2026-11-23T11:54:07', contentHash: 'c', addressHash: 'a' },
    ...{ lines: [{ id: 1, sku: 'MUG', quantity: 1 }], hft71OrderId: null, reference: String(orderId) },
  };
  await receiveOrder(api.relay.ledger, seen, { seenBy: 'webhook', sendableStatuses: ['processing'], sendDelayMs: 0 });
  const refuse = `update intent set state = 'rejected', reason = 'http-422', content_hash = 'c' where order_id = $1`;
  await api.relay.ledger.pool.query(refuse, [orderId]);
}

async function call(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${api.url}/api/v1/campaigns${path}`, {
    method,
    headers: { ...olga, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const reason = { reason: 'after the outage' };

it('plans, starts, pauses, resumes, cancels and reports a campaign in the name of whoever is logged in', async () => {
  const plan = await call('POST', '', { csv: 'order\n501\n502\n77\n', orders: ['503'] });
  expect(plan).toMatchObject({ status: 200, body: { orders: 3, toSend: 3, unknownNumbers: ['77'] } });
  const id = `/${String(plan.body['campaignId'])}`;
  expect(await call('POST', `${id}/start`, reason)).toMatchObject({
    status: 200,
    body: { state: 'canary', batchSize: 100, canarySize: 5, share: 0.5, progress: { total: 3, waiting: 3 } },
  });
  expect(await call('POST', `${id}/start`, reason)).toMatchObject({ status: 409 });
  expect((await call('POST', `${id}/pause`, reason)).body).toMatchObject({ state: 'paused' });
  expect((await call('POST', `${id}/resume`, reason)).body).toMatchObject({ state: 'canary' });
  expect((await call('POST', `${id}/cancel`, reason)).body).toMatchObject({ state: 'cancelled' });
  expect((await call('GET', id)).body).toMatchObject({ campaign: { state: 'cancelled', createdBy: 'olga' } });
  const report = await call('GET', `${id}/report?limit=2`);
  expect(report.body).toMatchObject({
    planned: [{ part: 're-arm', state: 'rejected', reason: 'http-422', orders: 3 }],
    unfinished: [{ orderId: 501, state: 'rejected' }, { orderId: 502 }],
    moreUnfinished: true,
  });
  expect((await call('GET', '?limit=1')).body).toMatchObject([{ state: 'cancelled' }]);
  const audit = await api.relay.ledger.pool.query<{ actor: string; action: string }>(
    `select actor, action from audit where action like 'resend%' order by id`,
  );
  expect(audit.rows.map(({ actor, action }) => `${actor}: ${action}`)).toEqual([
    ...['olga: resend plan', 'olga: resend start', 'olga: resend pause', 'olga: resend resume', 'olga: resend cancel'],
  ]);
});

it.each<[string, string, unknown, number, RegExp]>([
  ['nothing that says which orders', '', {}, 409, /nothing says which orders/],
  ['an unknown state', '', { states: ['rejcted'] }, 409, /there is no state/],
  ['a window in the future', '', { from: '2099-01-01' }, 409, /lies in the future/],
  ['a formula', '', { csv: '=1' }, 409, /holds a formula/],
  ['numbers that nobody has', '', { orders: ['4711'] }, 409, /no order has the number 4711/],
  ['a misspelt field', '', { state: ['rejected'] }, 400, /body/],
  ['a share of everything', '/1/start', { ...reason, sharePercent: 100 }, 400, /sharePercent/],
  ['no reason', '/1/start', {}, 400, /reason/],
  ['a campaign that is none', '/4711/start', reason, 404, /there is no campaign 4711/],
  ['a campaign that is no number', '/x/cancel', reason, 400, /campaign/],
])('%s is answered with what is wrong, and nothing else happens', async (_what, path, body, status, text) => {
  const answer = await call('POST', path, body);
  expect(answer.status).toBe(status);
  expect(JSON.stringify(answer.body)).toMatch(text);
});
