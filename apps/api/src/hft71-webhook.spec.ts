import { request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { ENVIRONMENT_SHOP_ID } from '@relay/operations';
import { startTestApi, type TestApi } from './test-support.js';

const PATH = '/wp-json/hft71/v1/order-status';
const SECRET = 'the-secret-of-today';
const BEFORE = 'the-secret-of-yesterday';
const UNAUTHORIZED = { status: 401, body: { success: false, message: 'Unauthorized.' } };
const DONE = { status: 200, body: { success: true, message: 'Status zaktualizowany.' } };
const UNKNOWN = { status: 404, body: { success: false, message: 'No order has this external_id.' } };

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi({ HFT71_WEBHOOK_SECRET: SECRET, HFT71_WEBHOOK_SECRET_PREVIOUS: BEFORE });
  await rows(
    `insert into shop_order (shop_id, order_id, number, order_key_hash, status, created_gmt, modified_gmt, content_hash, lines, first_seen_by)
     values ('main', 7, '7', 'k', 'processing', now(), now(), 'c', '[]', 'webhook')`,
  );
  await rows(
    `insert into intent (id, kind, shop_id, order_id, account_id, state, reference, hft71_order_id)
     select gen_random_uuid(), 'send_order', 'main', 7, id, 'written_back', '7', '88001' from account`,
  );
});
beforeEach(async () => {
  await rows('truncate delivery, delivery_count, unknown_order');
});
afterAll(async () => {
  await api?.close(); // there is none where the start failed
});

async function rows(sql: string): Promise<Record<string, unknown>[]> {
  return (await api.relay.ledger.pool.query<Record<string, unknown>>(sql)).rows;
}
const deliveries = () => rows('select shop_id, topic, result, order_id from delivery order by id');
const kept = () => rows('select hft71_order_id as id from unknown_order order by 1');
const counts = () => rows('select result, count from delivery_count');

type Headers = Record<string, string | string[]>;

/** As any client may send it: `fetch` would refuse some of these headers. */
async function deliver(body: string, headers: Headers, to: Pick<TestApi, 'url'> = api) {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = httpRequest(to.url + PATH, { method: 'POST', headers }, resolve).on('error', reject);
    sent.end(Buffer.from(body)); // of a text, Node would send the headers as UTF-8 as well
  });
  return { status: answer.statusCode, body: JSON.parse(await text(answer)) as unknown };
}
const json = (body: unknown, headers: Headers = {}) =>
  deliver(JSON.stringify(body), { 'content-type': 'application/json', ...headers });
const signed = (body: unknown, secret = SECRET) => json(body, { 'x-hft71-webhook-secret': secret });
const form = (fields: Record<string, string>, headers: Headers = {}) =>
  deliver(new URLSearchParams(fields).toString(), { 'content-type': 'application/x-www-form-urlencoded', ...headers });

describe('with the right secret', () => {
  it('an order that is known is answered as the plugin does, and recorded without its body', async () => {
    expect(await signed({ external_id: '88001', status: 'Closed' })).toEqual(DONE);
    expect(await deliveries()).toEqual([
      { shop_id: 'main', topic: 'hft71.order-status', result: 'known', order_id: '7' },
    ]);
    expect(await kept()).toEqual([]);
  });

  const hint = async () =>
    (await rows(`select hint, poll_at <= now() as due, hint_reads from progress where hft71_order_id = '88001'`))[0];
  /** As a reading leaves it. */
  const known = (status: string, seen: string[]) =>
    rows(
      `update progress set statuses = '[{"sku":"A","status":"${status}"}]', seen = '${JSON.stringify(seen)}', hint = null,
         hint_reads = 0, poll_at = now() + interval '1 hour'`,
    );

  it('what it tells is a hint: no reading has confirmed it, so the order is read next', async () => {
    await known('In Production', ['In Production']);
    await signed({ external_id: '88001', status: 'Closed' });
    expect(await hint()).toEqual({ hint: 'Closed', due: true, hint_reads: 0 });
    await rows(`update progress set hint_reads = 2, poll_at = now() + interval '1 hour'`);
    await signed({ external_id: '88001', status: 'Closed' }); // the same again, while it is looked for
    expect(await hint()).toEqual({ hint: 'Closed', due: false, hint_reads: 2 });
  });

  it.each(['Item Finished', ' item finished', 'In Production'])(
    'told again, or old after new (%s): nothing is read for it',
    async (status) => {
      await known('Item Finished', ['In Production', 'Item Finished']);
      expect(await signed({ external_id: '88001', status })).toEqual(DONE);
      expect(await hint()).toEqual({ hint: null, due: false, hint_reads: 0 });
    },
  );

  it('is heard of: while it is, orders are polled less often', async () => {
    await rows('update account set webhook_heard_at = null');
    await signed({ external_id: '88001', status: 'Closed' });
    expect(await rows('select webhook_heard_at is not null as heard from account')).toEqual([{ heard: true }]);
    expect(
      await rows(`select action, status, order_id from api_call where action = 'webhook' order by id desc limit 1`),
    ).toEqual([{ action: 'webhook', status: 200, order_id: '7' }]);
  });

  it('one that is not is kept: it may be that of an order in doubt', async () => {
    expect(await signed({ external_id: '99001', status: 'In Production' })).toEqual(UNKNOWN);
    expect(await signed({ external_id: '99001', status: 'Closed' })).toEqual(UNKNOWN);
    expect(await kept()).toEqual([{ id: '99001' }]);
    expect(await deliveries()).toMatchObject([
      { result: 'unknown', order_id: null },
      { result: 'unknown', order_id: null },
    ]);
  });

  it('the id may be a number, the body a form, and the secret in it', async () => {
    expect(await signed({ external_id: 88001, status: 'Closed' })).toEqual(DONE);
    expect(await json({ external_id: '88001', status: 'Closed', webhook_secret: SECRET })).toEqual(DONE);
    expect(await form({ external_id: '88001', status: 'Item Finished', webhook_secret: SECRET })).toEqual(DONE);
    expect(await form({ external_id: '88001', status: 'Closed' }, { 'x-hft71-webhook-secret': SECRET })).toEqual(DONE);
  });

  it('the one before is good as well while a rotation lasts', async () => {
    expect(await signed({ external_id: '88001', status: 'Closed' }, BEFORE)).toEqual(DONE);
    expect(await form({ external_id: '88001', status: 'Closed', webhook_secret: BEFORE })).toEqual(DONE);
  });

  it.each([
    ['no body', ''],
    ['cut JSON', '{"external_id":"88001"'],
    ['HTML', '<html></html>'],
    ['null', 'null'],
    ['a list', '[{"external_id":"88001","status":"Closed"}]'],
    ['no id', '{"status":"Closed"}'],
    ['an empty id', '{"external_id":" ","status":"Closed"}'],
    ['an id of several', '{"external_id":["88001"],"status":"Closed"}'],
    ['an id that no database takes', '{"external_id":"88\\u0000001","status":"Closed"}'],
    ['half a character', '{"external_id":"\\ud800","status":"Closed"}'],
    ['an id without end', JSON.stringify({ external_id: '8'.repeat(65), status: 'Closed' })],
    ['a broken number', '{"external_id":1.5,"status":"Closed"}'],
    ['no status', '{"external_id":"88001"}'],
  ])('%s is answered 400', async (_what, body) => {
    const headers = { 'content-type': 'application/json', 'x-hft71-webhook-secret': SECRET };
    expect(await deliver(body, headers)).toMatchObject({ status: 400, body: { success: false } });
    expect(await deliveries()).toMatchObject([{ result: 'unreadable', order_id: null }]);
    expect(await kept()).toEqual([]);
  });
});

describe('without it, nothing is told', () => {
  const known = { external_id: '88001', status: 'Closed' };
  it.each<[string, () => ReturnType<typeof deliver>]>([
    ['no secret', () => json(known)],
    ['another one', () => signed(known, 'the-secret-of-others')],
    ['one of another length', () => signed(known, SECRET.slice(0, -1))],
    ['one that goes on', () => signed(known, `${SECRET}x`)],
    ['an empty header', () => signed(known, '')],
    ['an empty field', () => json({ ...known, webhook_secret: '' })],
    ['two headers', () => json(known, { 'x-hft71-webhook-secret': [SECRET, 'x'] })],
    ['the same header twice', () => json(known, { 'x-hft71-webhook-secret': [SECRET, SECRET] })],
    ['a field of several', () => json({ ...known, webhook_secret: [SECRET] })],
    ['a field that is no text', () => json({ ...known, webhook_secret: true })],
    ['letters of another alphabet', () => signed(known, Buffer.from('sécret-Żółć-秘密').toString('latin1'))],
    [
      'a wrong header and a right field',
      () => json({ ...known, webhook_secret: SECRET }, { 'x-hft71-webhook-secret': 'x' }),
    ],
    ['a body that cannot be read', () => deliver('{', { 'content-type': 'application/json' })],
    ['an order that nobody knows', () => json({ external_id: '99001', status: 'Closed' })],
  ])('%s', async (_what, send) => {
    expect(await send()).toEqual(UNAUTHORIZED);
    expect(await deliveries()).toEqual([]);
    expect(await kept()).toEqual([]);
    expect(await counts()).toEqual([{ result: 'hft71-refused', count: 1 }]);
  });

  it('the secret in the address counts for nothing', async () => {
    const url = `${api.url}${PATH}?webhook_secret=${SECRET}`;
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify(known) });
    expect(answer.status).toBe(401);
  });
});

it('a secret beyond ASCII is compared by its bytes', async () => {
  const secret = 'zażółć gęślą jaźń';
  const other = await startTestApi({ HFT71_WEBHOOK_SECRET: secret });
  try {
    const headers = { 'x-hft71-webhook-secret': Buffer.from(secret).toString('latin1') };
    const body = JSON.stringify({ external_id: '1', status: 'Closed' });
    expect(await deliver(body, headers, other)).toEqual(UNKNOWN);
  } finally {
    await other.close();
  }
});

it('without a secret in the settings every call is refused', async () => {
  const other = await startTestApi();
  try {
    const body = '{"external_id":"88001","status":"Closed"}';
    expect(await deliver(body, {}, other)).toEqual(UNAUTHORIZED);
    for (const secret of ['', 'undefined'])
      expect(await deliver(body, { 'x-hft71-webhook-secret': secret }, other)).toEqual(UNAUTHORIZED);
  } finally {
    await other.close();
  }
});

describe('while PostgreSQL is away', () => {
  it('HFT71 is told to come again, and nobody else is told anything', async () => {
    await api.toPostgres.cut();
    try {
      expect(await signed({ external_id: '88001', status: 'Closed' })).toEqual({
        status: 503,
        body: { success: false },
      });
      expect(await signed({ external_id: '88001', status: 'Closed' }, 'wrong')).toEqual(UNAUTHORIZED);
    } finally {
      await api.toPostgres.mend();
    }
    expect(await signed({ external_id: '88001', status: 'Closed' })).toEqual(DONE);
  });
});

it('more than an id and a status is answered 413', async () => {
  const large = await signed({ external_id: '88001', status: 'x'.repeat(20_000) });
  expect(large.status).toBe(413);
});

/** Last: it uses up what this address may send without a secret. */
it('an address that guesses is answered 429, while HFT71 passes', async () => {
  const statuses: (number | undefined)[] = [];
  for (let round = 0; round < 12; round++) {
    const sent = Array.from({ length: 12 }, () => signed({ external_id: '88001', status: 'Closed' }, 'a guess'));
    statuses.push(...(await Promise.all(sent)).map(({ status }) => status));
  }
  expect(new Set(statuses)).toEqual(new Set([401, 429]));
  expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(120);
  expect(await signed({ external_id: '88001', status: 'Closed' })).toEqual(DONE);
  const metrics = await (await fetch(`${api.url}/metrics`)).text();
  expect(metrics).toContain('relay_webhook_deliveries_total{result="hft71-known"}');
  expect((await deliveries()).at(0)).toMatchObject({ shop_id: ENVIRONMENT_SHOP_ID });
});
