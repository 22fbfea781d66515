import { join } from 'node:path';
import { sweep } from '@relay/intake';
import { intakeContext } from '@relay/operations';
import { assertNoProcessLeft, startProcess, waitFor, type StartedProcess } from '@relay/testing';
import { EXIT } from './exit-codes.js';
import { connect, ordersInShop, run, startWorld, type Json, type World } from './test-support.js';

const SECRET = 'what-hft71-was-told';
let world: World;
let api: StartedProcess;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  world = await startWorld({ HFT71_RATE_LIMIT: '6000/min', HFT71_WEBHOOK_SECRET: SECRET });
  const password = 'a password for tests';
  const settings = { ...world.env, PORT: '0', RELAY_ADMIN_USER: 'boss', RELAY_ADMIN_PASSWORD: password };
  api = startProcess({ script: join(process.cwd(), 'apps/api/dist/main.js'), env: defined(settings) });
  const line = await api.waitForLine(/"url":"http/);
  env = defined({ ...world.env, RELAY_PUBLIC_URL: /"url":"([^"]+)"/.exec(line)?.[1] });
});
afterAll(async () => {
  await api?.kill();
  await world.stop();
  await assertNoProcessLeft();
});

const defined = (settings: Readonly<Record<string, string | undefined>>) =>
  Object.fromEntries(Object.entries(settings).filter((entry): entry is [string, string] => entry[1] !== undefined));
const sql = async (text: string, params: unknown[] = []) =>
  (await world.relay.ledger.pool.query<Record<string, unknown>>(text, params)).rows;
const spoken = (text: string) => text.replace(/\s+/g, ' ');
const smoke = (argv: string[] = [], over: Readonly<Record<string, string>> = {}) =>
  run(['smoke', ...argv], { ...env, ...over });
const failed = (json: Json) =>
  (json['steps'] as unknown as { name: string; ok: boolean; found: string; toDo: string | null }[]).filter(
    ({ ok }) => !ok,
  );
const sentSoFar = async () => (await world.control('/summary', undefined, 'GET'))['accepted'];

it('goes through order, stock and webhook without harm', async () => {
  await connect(world);
  const empty = await smoke(['--json']);
  expect(failed(empty.json())).toEqual([
    expect.objectContaining({
      found: 'the shop has no order that could be mapped',
      toDo: 'place a test order in the shop',
    }),
  ]);
  const [orderId = 0] = await ordersInShop(world, 1);
  const said = await smoke();
  expect([said.code, said.out.match(/✓/g)]).toEqual([EXIT.ok, Array(5).fill('✓')]);
  expect(spoken(said.out)).toMatch(new RegExp(`order ${orderId} \\(processing\\): reference ${orderId}, \\d+ pieces`));
  expect(spoken(said.out)).toContain('answers 404, as it should for nobody’s id');
  expect(said.out).not.toMatch(/customer\.example|Eve/);
  expect(await sentSoFar()).toBe(0);
  expect(await sql('select 1 from unknown_order union all select 1 from delivery')).toEqual([]);
  // An outage of the webhook is not over because somebody looks whether it is.
  expect(await sql('select webhook_heard_at from account')).toEqual([{ webhook_heard_at: null }]);
  expect(await sql('select state from intent')).toEqual([]);
});

it.each<[string, Readonly<Record<string, string>>, string, RegExp]>([
  [
    'another webhook secret',
    { HFT71_WEBHOOK_SECRET: 'another-one-than-hft71-was-told' },
    'webhook',
    /answers 401 instead of 404.*restart it/,
  ],
  ['an api that is away', { RELAY_PUBLIC_URL: 'http://127.0.0.1:2' }, 'webhook', /ECONNREFUSED.*start the api/],
  ['a wrong password', { HFT71_PASSWORD: 'wrong' }, 'HFT71: log in', /unauthorized.*relay shop check/],
  ['no choice of lines', { HFT71_LINES: '' }, 'order', /HFT71_LINES is not set/],
])('%s: names the step and what to do', async (_what, over, name, text) => {
  const said = await smoke(['--json'], over);
  expect(said.code).toBe(EXIT.failed);
  const [first] = failed(said.json());
  expect(first?.name).toMatch(name);
  expect(`${first?.found ?? ''} ${first?.toDo ?? ''}`).toMatch(text);
});

it('takes the secret that is accepted now, a rotated one too, and passes without any', async () => {
  const rotated = await run(['webhook', 'rotate', '--hft71-side', '--keep', '0', '--yes', '--json'], env);
  expect([rotated.code, typeof rotated.json()['secret']]).toEqual([EXIT.ok, 'string']);
  const webhookStep = (said: { json: () => Json }) =>
    (said.json()['steps'] as unknown as { found: string }[]).at(-1)?.found;
  // The api looks for a new secret when a call fits none, once a second at most.
  await waitFor(async () => (await smoke(['--json'])).code === EXIT.ok, { what: 'the new secret to be taken' });
  const polling = await smoke(['--json'], { HFT71_WEBHOOK_SECRET: '' });
  expect([polling.code, webhookStep(polling)]).toEqual([EXIT.ok, expect.stringContaining('skipped')]);
});

it('--send hands over one real order by the ordinary way, after a yes', async () => {
  await sweep(intakeContext(world.relay), world.shop);
  const [order] = await sql(`select order_id from shop_order`);
  const wanted = String(order?.['order_id']);
  expect((await smoke(['--send', wanted, '--yes'])).err).toContain('relay mode live first');
  expect((await smoke(['--send', '99999', '--yes'])).err).toContain('no order 99999 is known');
  expect((await run(['mode', 'live', '--yes'], env)).code).toBe(EXIT.ok);
  const [testOrder = 0] = await ordersInShop(world, 1);
  await sql(`update shop set live_at = live_at - interval '1 minute'`);
  await sweep(intakeContext(world.relay), world.shop);
  expect(spoken((await smoke(['--send', wanted, '--yes'])).err)).toContain('before-go-live');
  await run(['orders', 'hold', String(testOrder), '--reason', 'for the smoke test'], env);
  expect((await smoke(['--send', String(testOrder)])).err).toContain('--yes');
  await run(['shop', 'pause', '--reason', 'not now'], env);
  expect((await smoke(['--send', String(testOrder), '--yes'])).err).toContain('is paused: not now');
  await run(['shop', 'resume', '--reason', 'now', '--yes'], env);
  expect(await sentSoFar()).toBe(0);

  const worker = startProcess({ script: join(process.cwd(), 'apps/worker/dist/main.js'), env });
  const said = await smoke(['--send', String(testOrder), '--yes', '--as', 'Eve', '--json']).finally(() =>
    worker.kill(),
  );
  expect(failed(said.json())).toEqual([]);
  expect(said.code).toBe(EXIT.ok);
  expect(await sentSoFar()).toBe(1);
  expect(await sql(`select actor, reason from audit where action = 'orders release'`)).toEqual([
    { actor: 'Eve', reason: 'smoke test' },
  ]);
  expect((await smoke(['--send', String(testOrder), '--yes'])).err).toContain('is at HFT71 already');
});
