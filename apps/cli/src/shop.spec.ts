import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RawEnvironment } from '@relay/config';
import { assertNoProcessLeft } from '@relay/testing';
import { EXIT } from './exit-codes.js';
import { connect, run, startWorld, type Json, type Said, type World } from './test-support.js';

let world: World;
let servers: Server[] = [];

beforeAll(async () => {
  world = await startWorld({ HFT71_LINES: '^MUG' });
});
afterEach(async () => {
  servers.forEach((server) => server.close());
  servers = [];
  await world.control('/shop', { plainPermalinks: false }, 'PUT');
});
afterAll(async () => {
  await world.stop();
  await assertNoProcessLeft();
});

const check = (settings: RawEnvironment = {}) => run(['shop', 'check'], { ...world.env, ...settings });

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function failedChecks(said: Said): string[] {
  return said.out
    .split('\n')
    .filter((line) => line.includes('✗'))
    .map((line) => line.trim().split(/ {2,}/)[1] ?? '');
}

it('says what hinders a shop that is not connected yet, and nothing else', async () => {
  const said = await check();
  expect(said.code).toBe(EXIT.failed);
  expect(failedChecks(said)).toEqual(['mode']);
});

it('a command with other settings changes nothing of what the workers go by', async () => {
  const { ledger } = world.relay;
  const inForce = async () => ({
    rate: (await world.shop.budget.state()).configured,
    hostRate: (await world.shop.hostBudget.state()).configured,
    rows: (await ledger.pool.query('select * from account')).rows.concat(
      (await ledger.pool.query('select base_url, host from shop')).rows,
      (await ledger.pool.query('select id, probe_ms from shop_host')).rows,
    ) as unknown[],
  });
  await world.shop.budget.room('send'); // as the first call of a worker announces them
  await world.shop.hostBudget.room('send');
  const before = await inForce();
  await check({
    HFT71_RATE_LIMIT: '600/min',
    WC_RATE_LIMIT: '7/min',
    HFT71_MAX_IN_FLIGHT: '2',
    RELAY_BREAKER_PROBE: '1s',
    WC_BASE_URL: world.sandbox.shop.replace('127.0.0.1', 'localhost'),
  });
  expect(await inForce()).toEqual(before);
});

it('a good shop: every check passes, and each choice of HFT71_LINES is shown with what it would do', async () => {
  await world.control('/orders', { count: 6, kinds: ['simple', 'mixed', 'foreign'] });
  await connect(world);
  const said = await check();
  expect([said.code, failedChecks(said)]).toEqual([EXIT.ok, []]);
  expect(said.out).toContain('last 6 orders');
  expect(said.out).toMatch(/all +6 +0 +\d+ +0/);
  expect(said.out).toMatch(/\^MUG \(set\)/);
  const json = (await run(['shop', 'check', '--json'], world.env)).json();
  expect(json).toMatchObject({ shop: 'main', ok: true, ordersLookedAt: 6, linesSetting: '^MUG' });
  expect((json['lines'] as readonly Json[]).map((line) => line['choice'])).toEqual(['all', 'feed', '^MUG']);
});

it('wrong keys', async () => {
  const said = await check({ WC_CONSUMER_SECRET: 'cs_wrong' });
  expect(said.code).toBe(EXIT.failed);
  expect(failedChecks(said)).toEqual(['keys may read orders']);
  expect(said.out.replace(/\s+/g, ' ')).toContain('check WC_CONSUMER_KEY');
});

it('a key that may only read', async () => {
  const { readOnlyKey, readOnlySecret } = world.sandbox;
  const said = await check({ WC_CONSUMER_KEY: readOnlyKey, WC_CONSUMER_SECRET: readOnlySecret });
  expect(said.code).toBe(EXIT.failed);
  expect(failedChecks(said)).toEqual(['keys may write']);
  expect(said.out.replace(/\s+/g, ' ')).toContain('give it Read/Write');
});

it('a shop that cannot be reached', async () => {
  const said = await check({ WC_BASE_URL: 'http://127.0.0.1:1' });
  expect(said.code).toBe(EXIT.failed);
  expect(failedChecks(said)).toEqual(['shop answers']);
  expect(said.out).toContain('ECONNREFUSED');
  expect(said.out).not.toContain('ORDERS SENT');
});

it('plain permalinks', async () => {
  await world.control('/shop', { plainPermalinks: true }, 'PUT');
  const said = await check();
  expect(failedChecks(said)).toEqual(['shop answers']);
  expect(said.out.replace(/\s+/g, ' ')).toContain('Settings → Permalinks → Post name');
});

it('a shop that sends http on to https', async () => {
  const there = await serve((_request, response) => {
    response.writeHead(301, { location: 'https://shop.example/wp-json/' }).end();
  });
  const said = await check({ WC_BASE_URL: there });
  expect(failedChecks(said)).toEqual(['shop answers']);
  expect(said.out.replace(/\s+/g, ' ')).toContain('set WC_BASE_URL to https://shop.example');
});

it('a shop on plain http beyond this machine: addresses travel unencrypted', async () => {
  const said = await check({ WC_BASE_URL: 'http://shop.invalid' });
  expect(said.out.replace(/\s+/g, ' ')).toContain('! WC_BASE_URL begins with http://');
});

it('a wrong password at HFT71', async () => {
  const said = await check({ HFT71_PASSWORD: 'wrong' });
  expect(said.code).toBe(EXIT.failed);
  expect(failedChecks(said)).toEqual(['HFT71 log-in']);
});

it('a Redis that is away ends with 69', async () => {
  const said = await run(['shop', 'check', '--json'], { ...world.env, REDIS_URL: 'redis://127.0.0.1:1' });
  expect(said.code).toBe(EXIT.unavailable);
  expect(said.json()).toMatchObject({ kind: 'unavailable', advice: [{ what: 'Redis does not answer' }] });
});

it('no shop in the settings ends with 78', async () => {
  const { DATABASE_URL, REDIS_URL, RELAY_SECRET_KEY } = world.env;
  const said = await run(['shop', 'check'], { DATABASE_URL, REDIS_URL, RELAY_SECRET_KEY });
  expect(said.code).toBe(EXIT.config);
  expect(said.err).toContain('WC_BASE_URL');
});

it('another HFT71 account than the ledger’s ends with 78', async () => {
  const said = await check({ HFT71_USERNAME: 'another-user' });
  expect(said.code).toBe(EXIT.config);
  expect(said.err).toContain('What to do: Set them back');
});
