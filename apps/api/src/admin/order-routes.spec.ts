import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { receiveOrder } from '@relay/ledger';
import { ENVIRONMENT_SHOP_ID } from '@relay/operations';
import { assertNoProcessLeft, startProcess } from '@relay/testing';
import { basic, startTestApi, type TestApi } from '../test-support.js';

type Sandbox = Record<'shop' | 'hft71' | 'control' | 'consumerKey' | 'consumerSecret' | 'hft71Username', string> & {
  readonly hft71Password: string;
};

let sandbox: Sandbox;
let process_: ReturnType<typeof startProcess>;
let api: TestApi;
let operator: Record<string, string>;

/** The simulated shop and HFT71 as a process: what is verified there is verified as at real ones. */
beforeAll(async () => {
  process_ = startProcess({ script: join(process.cwd(), 'apps/sandbox/dist/main.js') });
  sandbox = JSON.parse(await process_.waitForLine('"ready"')) as Sandbox;
  api = await startTestApi({
    WC_BASE_URL: sandbox.shop,
    WC_CONSUMER_KEY: sandbox.consumerKey,
    WC_CONSUMER_SECRET: sandbox.consumerSecret,
    HFT71_BASE_URL: sandbox.hft71,
    HFT71_USERNAME: sandbox.hft71Username,
    HFT71_PASSWORD: sandbox.hft71Password,
  });
  operator = basic(await api.addUser('olga', 'operator'));
});
afterAll(async () => {
  await api?.close(); // there is none where the start failed
  await process_.kill();
  await assertNoProcessLeft();
});

async function call(method: string, path: string, body?: unknown) {
  const response = await fetch(`${api.url}/api/v1${path}`, {
    method,
    headers: { ...operator, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const act = (id: number | string, what: string, body: Record<string, unknown> = {}) =>
  call('POST', `/orders/${id}/${what}`, { reason: 'the customer calls', ...body });

async function sql(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  return (await api.relay.ledger.pool.query<Record<string, unknown>>(text, values)).rows;
}
const stateOf = async (id: number, copy = 1) =>
  (await sql(`select state from intent where order_id = $1 and copy = $2 and kind <> 'write_back'`, [id, copy]))[0]?.[
    'state'
  ];
const auditOf = (id: number) =>
  sql('select actor, action, reason from audit where subject = $1 order by id', [`main/${id}`]);

async function readyOrder(): Promise<number> {
  const made = await fetch(`${sandbox.control}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"count":1}',
  });
  const [id = 0] = ((await made.json()) as { ids: number[] }).ids;
  const seen = {
    shopId: ENVIRONMENT_SHOP_ID,
    orderId: id,
    number: String(id),
    orderKeyHash: 'key',
    status: 'processing',
    createdGmt: '2026-11-23T11:54:07',
    modifiedGmt: '2026-11-23T11:54:07',
    contentHash: 'content',
    addressHash: 'address',
    lines: [{ id: 1, sku: 'MUG-001', quantity: 1 }],
    hft71OrderId: null,
    reference: String(id),
  };
  await receiveOrder(api.relay.ledger, seen, { seenBy: 'webhook', sendableStatuses: ['processing'], sendDelayMs: 0 });
  return id;
}

/** Sent once without an answer, and held for it; settle is over, or not. */
async function heldInDoubt(settle: string): Promise<{ id: number; token: string }> {
  const id = await readyOrder();
  const token = randomUUID();
  await sql(
    `with tried as (
       insert into attempt (token, intent_id, dispatch_no, worker, claimed_at, ended_at, outcome, cause)
       select $2::uuid, id, 1, 'host/1', now(), now(), 'in_doubt', 'http-504' from intent where order_id = $1
     )
     update intent set state = 'held', reason = 'in-doubt', doubt_since = now(), token = $2::uuid, settle_until = now() + $3::interval
     where order_id = $1`,
    [id, token, settle],
  );
  return { id, token };
}

async function orderAtHft71(referenceId: string): Promise<string> {
  const hft71 = api.relay.shops.get(ENVIRONMENT_SHOP_ID)?.hft71;
  const sku = (await hft71?.stockPage(1, 1))?.rows[0]?.sku;
  const person = { customerName: 'Eve Sample', email: 'eve@customer.example', mobile: '' };
  const address = {
    address1: 'Way 1',
    address2: '',
    city: 'Sampletown',
    zip: '12345',
    state: '',
    country: 'DE',
    ...person,
  };
  const answer = await fetch(`${sandbox.hft71}/order`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await hft71?.logInToken()}` },
    body: JSON.stringify({ referenceId, orderDate: '2026-11-23', items: [{ sku, quantity: 1 }], address }),
  });
  return String(((await answer.json()) as { orderId: number }).orderId);
}

describe('GET /orders/held', () => {
  it('lists what waits for a person and what is in doubt, each with what helps', async () => {
    const { id, token } = await heldInDoubt('1 hour');
    const doubt = await heldInDoubt('1 hour');
    await sql(`update intent set state = 'in_doubt', reason = null where order_id = $1`, [doubt.id]);
    const { status, body } = await call('GET', '/orders/held');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      held: [
        {
          orderId: id,
          reason: 'in-doubt',
          token,
          copy: 1,
          resolvedBy: expect.stringContaining('Look it up') as string,
        },
      ],
      more: false,
      inDoubt: [{ orderId: doubt.id, settleUntil: expect.stringMatching(/^\d{4}-.*Z$/) as string }],
      moreInDoubt: false,
    });
    expect((await call('GET', '/orders/held?shop=other')).status).toBe(404);
    expect((await call('GET', '/orders/held?shop=main&limit=1')).body).toMatchObject({ more: false });
  });
});

describe('GET /orders/{order}', () => {
  it('has the attempts, and nothing of the ledger’s inside', async () => {
    const { id, token } = await heldInDoubt('1 hour');
    const { status, body } = await call('GET', `/orders/${encodeURIComponent(`#${id}`)}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      orderId: id,
      state: 'held',
      token,
      attempts: [{ token, outcome: 'in_doubt', cause: 'http-504' }],
      calls: [],
      lookUps: [],
      audit: [],
      reprints: [],
      resolvedBy: expect.stringContaining('Look it up') as string,
    });
    expect(Object.keys(body)).not.toContain('intentId');
  });

  it('of an order that nobody knows is answered 404', async () => {
    expect(await call('GET', '/orders/999999')).toEqual({
      status: 404,
      body: { what: 'no order 999999 is known', toDo: expect.any(String) as string },
    });
    expect((await act('999999', 'hold')).status).toBe(404);
  });
});

describe('POST /orders/{order}/resolve', () => {
  it('exists: takes the id over once HFT71 has confirmed it', async () => {
    const { id, token } = await heldInDoubt('1 hour');
    const hft71OrderId = await orderAtHft71(String(id));
    const unknown = await act(id, 'resolve', { resolution: 'exists', hft71OrderId: '777777', attempt: token });
    expect([unknown.status, unknown.body['what']]).toEqual([409, 'HFT71 does not know an order 777777']);
    const done = await act(id, 'resolve', { resolution: 'exists', hft71OrderId, attempt: token.toUpperCase() });
    expect(done).toEqual({ status: 200, body: { order: String(id), state: 'sent' } });
    expect(await auditOf(id)).toEqual([
      { actor: 'olga', action: 'orders resolve --exists', reason: 'the customer calls' },
    ]);
  });

  it('send: only once settle is over, and only for the attempt that was looked at', async () => {
    const early = await heldInDoubt('1 hour');
    const refused = await act(early.id, 'resolve', { resolution: 'send', attempt: early.token });
    expect([refused.status, refused.body['what']]).toEqual([409, expect.stringContaining('HFT71_SETTLE is not over')]);

    const { id, token } = await heldInDoubt('-1 second');
    const another = await act(id, 'resolve', { resolution: 'send', attempt: null });
    expect([another.status, another.body['what']]).toEqual([
      409,
      expect.stringContaining('not the one that you looked at'),
    ]);
    expect(await act(id, 'resolve', { resolution: 'send', attempt: token })).toMatchObject({
      status: 200,
      body: { state: 'ready' },
    });
    expect(await auditOf(id)).toMatchObject([{ actor: 'olga', action: 'orders resolve --send' }]);
  });
});

describe('POST /orders/{order}/hold, /release and /reprint', () => {
  it('hold an order and let it go', async () => {
    const id = await readyOrder();
    expect(await act(id, 'hold')).toEqual({
      status: 200,
      body: { order: String(id), state: 'held', leftCampaigns: [] },
    });
    expect(await stateOf(id)).toBe('held');
    expect((await act(id, 'hold')).status).toBe(409);
    expect(await act(id, 'release')).toEqual({ status: 200, body: { order: String(id), state: 'ready' } });
    expect(await auditOf(id)).toEqual([
      { actor: 'olga', action: 'orders hold', reason: 'the customer calls' },
      { actor: 'olga', action: 'orders release', reason: 'the customer calls' },
    ]);
  });

  it('have it made once more, one at a time, and steer the reprint by its name', async () => {
    const id = await readyOrder();
    expect(await act(id, 'reprint')).toMatchObject({
      status: 409,
      body: { what: expect.stringContaining('is ready') as string },
    });
    await sql(`update intent set state = 'written_back', hft71_order_id = $2 where order_id = $1`, [id, `9${id}`]);
    expect(await act(id, 'reprint')).toEqual({ status: 200, body: { order: String(id), reference: `${id}-R2` } });
    expect((await act(id, 'reprint')).status).toBe(409);
    expect(await act(`${id}-R2`, 'hold')).toMatchObject({ status: 200, body: { state: 'held' } });
    expect([await stateOf(id), await stateOf(id, 2)]).toEqual(['written_back', 'held']);
    expect((await call('GET', `/orders/${id}`)).body).toMatchObject({
      copy: 1,
      reprints: [{ copy: 2, reference: `${id}-R2`, state: 'held', reason: 'person' }],
    });
    const dropped = { status: 200, body: { order: String(id), reference: `${id}-R2` } };
    expect(await act(id, 'reprint/drop')).toEqual(dropped);
    expect((await act(id, 'reprint/drop')).status).toBe(409);
    expect([await stateOf(id), await stateOf(id, 2)]).toEqual(['written_back', 'cancelled']);
  });
});

describe('POST /orders/{order}/status-conflict', () => {
  it('keeps the shop’s status or has HFT71’s written, under the name that is logged in', async () => {
    const id = await readyOrder();
    expect(await act(id, 'status-conflict', { how: 'accept' })).toMatchObject({
      status: 409,
      body: { what: `no status of order ${id} is set otherwise by hand` },
    });
    await sql(`update intent set state = 'written_back', hft71_order_id = $2 where order_id = $1`, [id, `9${id}`]);
    const conflict = 'refunded instead of completed';
    const setByHand = () =>
      sql(`update progress set conflict = $2, conflict_shown = 'refunded', status = 'Closed' where order_id = $1`, [
        id,
        conflict,
      ]);
    await setByHand();
    const { body } = await call('GET', '/statuses');
    expect(body['conflicts']).toEqual([
      { orderId: id, number: String(id), hft71OrderId: `9${id}`, status: 'Closed', conflict },
    ]);
    expect(await act(id, 'status-conflict', { how: 'accept' })).toEqual({
      status: 200,
      body: { order: String(id), conflict },
    });
    await setByHand();
    expect((await act(id, 'status-conflict', { how: 'overwrite' })).status).toBe(200);
    expect((await act(id, 'status-conflict', { how: 'neither' })).status).toBe(400);
    expect((await auditOf(id)).map(({ actor, action }) => `${String(actor)}: ${String(action)}`)).toEqual([
      'olga: statuses accept',
      'olga: statuses overwrite',
    ]);
  });
});
