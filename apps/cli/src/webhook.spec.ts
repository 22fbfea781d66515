import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { keepShopWebhooks } from '@relay/intake';
import { intakeContext } from '@relay/operations';
import { assertNoProcessLeft, projectFile, startProcess, waitFor, type StartedProcess } from '@relay/testing';
import { EXIT } from './exit-codes.js';
import { connect, run, startWorld, type Json, type World } from './test-support.js';

const SHOP_SECRET = 'a-secret-for-tests';
const HFT71_SECRET = 'the secret of HFT71’s webhook';

let world: World;
let api: StartedProcess;
let publicUrl: string;

beforeAll(async () => {
  const port = await freePort();
  publicUrl = `http://127.0.0.1:${port}`;
  world = await startWorld({ RELAY_PUBLIC_URL: publicUrl, HFT71_WEBHOOK_SECRET: HFT71_SECRET, PORT: String(port) });
  await connect(world);
  api = startProcess({ script: projectFile('apps/api/dist/main.js'), env: world.env as Record<string, string> });
  await api.waitForLine('api listening');
  await keepShopWebhooks(intakeContext(world.relay), world.shop);
});
afterAll(async () => {
  await api.kill();
  await world.stop();
  await assertNoProcessLeft();
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const rows = async (sql: string) => (await world.relay.ledger.pool.query<Record<string, unknown>>(sql)).rows;

/** As the shop delivers. @returns the status. */
async function deliver(secret: string): Promise<number> {
  const body = '{"id":7}';
  const homeUrl = (await rows('select home_url from shop'))[0]?.['home_url'];
  const answer = await fetch(`${publicUrl}/webhooks/woocommerce/main`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'x-wc-webhook-source': String(homeUrl),
      'x-wc-webhook-topic': 'order.deleted',
      'x-wc-webhook-signature': createHmac('sha256', secret).update(body).digest('base64'),
    },
  });
  return answer.status;
}

/** As HFT71 calls, for an order that nobody has: 404 where the secret is taken. */
async function callAsHft71(secret: string): Promise<number> {
  const answer = await fetch(`${publicUrl}/wp-json/hft71/v1/order-status`, {
    method: 'POST',
    body: JSON.stringify({ external_id: '4711', status: 'Closed' }),
    headers: { 'content-type': 'application/json', 'x-hft71-webhook-secret': Buffer.from(secret).toString('latin1') },
  });
  return answer.status;
}

const hooks = async () =>
  (await (await fetch(`${world.sandbox.control}/webhooks`)).json()) as { webhooks: { id: number; status: string }[] };

describe('relay webhook test', () => {
  it('delivers as both do, and leaves nothing behind', async () => {
    const said = await world.say('webhook', 'test', '--json');
    expect(said.json()).toMatchObject({
      ok: true,
      tests: [
        { whose: 'hft71', status: 404, ok: true },
        { whose: 'shop', status: 200, ok: true },
      ],
    });
    expect(said.code).toBe(EXIT.ok);
    expect(await rows('select 1 from delivery union all select 1 from unknown_order')).toEqual([]);
    expect(await rows('select webhook_heard_at from account')).toEqual([{ webhook_heard_at: null }]);
    // This secret has a letter beyond latin1: it goes as UTF-8.
    expect(await callAsHft71(HFT71_SECRET)).toBe(404);
  });

  it('says why not: another secret, nobody there, something else there', async () => {
    const test = (settings: Record<string, string>) =>
      run(['webhook', 'test', '--json'], { ...world.env, ...settings });
    const wrong = await test({ HFT71_WEBHOOK_SECRET: 'another secret', WC_WEBHOOK_SECRET: 'another secret' });
    expect(wrong.code).toBe(EXIT.failed);
    expect(wrong.json()['tests']).toMatchObject([
      { whose: 'hft71', status: 401, ok: false },
      { whose: 'shop', status: 401, ok: false },
    ]);
    expect((await test({ RELAY_PUBLIC_URL: `http://127.0.0.1:${await freePort()}` })).out).toContain(
      'nobody answers (ECONNREFUSED)',
    );
    expect((await test({ RELAY_PUBLIC_URL: world.sandbox.shop })).out).toContain('something else than the relay');
    expect((await test({ HFT71_WEBHOOK_SECRET: '' })).out).toContain('HFT71_WEBHOOK_SECRET is not set');
    expect((await world.say('webhook', 'test', '--order', '4711')).code).toBe(EXIT.failed);
    // Nothing of it counts as a wrong secret of the shop's or HFT71's.
    expect(await rows(`select result from delivery_count where result <> 'ping'`)).toEqual([]);
  });
});

describe('relay webhook check', () => {
  it('shows the shop’s webhooks and HFT71’s, and what is wrong with them', async () => {
    const well = await world.say('webhook', 'check', '--json');
    expect([well.code, (well.json()['shopWebhooks'] as readonly Json[]).length]).toEqual([EXIT.ok, 4]);
    expect((await world.say('webhook', 'check')).out).toContain('Nothing is wrong.');
    const [hook] = (await hooks()).webhooks;
    await world.control(`/webhooks/${hook?.id}`, { status: 'disabled' }, 'PATCH');
    const said = await world.say('webhook', 'check');
    expect(said.code).toBe(EXIT.failed);
    expect(said.out).toContain('The shop has switched off 1 of 4 webhooks');
    await world.control(`/webhooks/${hook?.id}`, { status: 'active' }, 'PATCH');
  });
});

describe('calls with a wrong secret', () => {
  const findings = async () => (await world.say('webhook', 'check', '--json')).json()['findings'] as readonly Json[];
  afterEach(() => world.relay.ledger.pool.query('delete from delivery_count'));

  it('one may be anybody’s: a warning; several are HFT71’s', async () => {
    expect(await callAsHft71('tries a door')).toBe(401);
    expect(await findings()).toMatchObject([{ cause: 'hft71-webhook-secret', state: 'warning' }]);
    expect([await callAsHft71('another secret'), await callAsHft71('another secret')]).toEqual([401, 401]);
    expect(await findings()).toMatchObject([{ cause: 'hft71-webhook-secret', state: 'failed' }]);
  });

  it('the shop’s are told of too', async () => {
    expect(await deliver('another secret')).toBe(401);
    expect(await findings()).toMatchObject([{ cause: 'shop-webhook-secret' }]);
  });
});

describe('relay webhook rotate', () => {
  const rotate = (...argv: string[]) => world.say('webhook', 'rotate', '--yes', '--json', ...argv);

  it('has to be told whose, and to be told yes', async () => {
    expect((await rotate()).code).toBe(EXIT.usage);
    expect((await rotate('--shop-side', '--hft71-side')).code).toBe(EXIT.usage);
    expect((await rotate('--shop-side', '--keep', '1y')).code).toBe(EXIT.usage);
    expect((await world.say('webhook', 'rotate', '--shop-side')).err).toContain('--yes');
    expect(await rows('select 1 from webhook_secret')).toEqual([]);
  });

  it('broken off by a shop that is away: both are taken, and done again it goes on with the same', async () => {
    const fault = { target: 'shop', kind: 'status', status: 500, match: { method: 'PUT', pathPattern: '/webhooks/3' } };
    const { id } = await world.control('/faults', fault);
    expect((await rotate('--shop-side')).code).not.toBe(EXIT.ok);
    const before = await rows('select closed from webhook_secret');
    expect(await deliver(SHOP_SECRET)).toBe(200);
    await world.control(`/faults/${String(id)}`, {}, 'DELETE');
    expect((await world.say('webhook', 'check')).out).toContain('was broken off');
    expect((await rotate('--shop-side', '--reason', 'somebody left')).json()).toMatchObject({
      ...{ side: 'shop', webhooks: 4, secret: null },
    });
    expect(await rows('select closed from webhook_secret')).toEqual(before);
  });

  it('the shop’s deliveries go on without a restart; the secret before is taken for its time, and then refused', async () => {
    await world.relay.ledger.pool.query('delete from delivery');
    await world.control('/orders', { count: 1 });
    await waitFor(async () => (await rows(`select 1 from delivery where result = 'order'`)).length > 0, {
      what: 'a delivery signed with the new secret',
    });
    expect(await deliver(SHOP_SECRET)).toBe(200);
    await rotate('--shop-side', '--keep', '0');
    await world.relay.ledger.pool.query('delete from delivery');
    await world.control('/orders', { count: 1 }); // the api learns of it by what does not fit
    await waitFor(async () => (await rows(`select 1 from delivery where result = 'order'`)).length > 0, {
      what: 'a delivery signed with the newest secret',
    });
    expect(await deliver(SHOP_SECRET)).toBe(401);
  });

  it('HFT71’s is shown once, and both are taken; dropped at once, only the new one', async () => {
    const first = (await rotate('--hft71-side')).json();
    const secret = String(first['secret']);
    expect(secret).toMatch(/^[\w-]{43}$/);
    await waitFor(async () => (await callAsHft71(secret)) === 404, { what: 'the new secret to be taken' });
    expect(await callAsHft71(HFT71_SECRET)).toBe(404);
    const second = String((await rotate('--hft71-side', '--keep', '0')).json()['secret']);
    await waitFor(async () => (await callAsHft71(second)) === 404, { what: 'the newest secret to be taken' });
    expect([await callAsHft71(secret), await callAsHft71(HFT71_SECRET)]).toEqual([401, 401]);
    expect((await world.say('webhook', 'test', '--json')).json()).toMatchObject({ ok: true });
    // Neither in the ledger nor in the audit in the clear.
    const kept = JSON.stringify([await rows('select * from webhook_secret'), await rows('select * from audit')]);
    expect(kept).not.toContain(secret);
    expect(kept).not.toContain(second);
    expect(await rows(`select reason from audit where action = 'webhook rotate' order by id limit 1`)).toEqual([
      { reason: 'somebody left' },
    ]);
  });

  it('a rotation does not prolong what the one before it has left to end', async () => {
    const secretOf = async (...argv: string[]) => String((await rotate('--hft71-side', ...argv)).json()['secret']);
    const oldest = await secretOf();
    const older = await secretOf('--keep', '3s');
    const newest = await secretOf('--keep', '1d');
    await waitFor(async () => (await callAsHft71(newest)) === 404, { what: 'the newest secret to be taken' });
    await waitFor(async () => (await callAsHft71(oldest)) === 401, { what: 'the oldest to end', timeoutMs: 20_000 });
    expect(await callAsHft71(older)).toBe(404);
  });

  it('another setting counts again', async () => {
    const said = await run(['webhook', 'test', '--json'], { ...world.env, HFT71_WEBHOOK_SECRET: 'a newer setting' });
    expect(said.json()).toMatchObject({
      tests: [
        { whose: 'hft71', status: 401 },
        { whose: 'shop', ok: true },
      ],
    });
  });
});
