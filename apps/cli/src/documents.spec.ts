import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ALERT_RULES } from '@relay/core';
import { pauseShop, raiseAlert, resumeShop } from '@relay/ledger';
import { assertNoProcessLeft, startProcess, waitFor, type StartedProcess } from '@relay/testing';
import { EXIT } from './exit-codes.js';
import { ordersInShop, orderAtHft71, run, startWorld, type Said, type World } from './test-support.js';

/** These end with 1 where they have something to tell; the doctor with 10 and the severity. */
const TELLS = /^relay (doctor|reconcile|stock verify|webhook check)\b/;
const SEVERITIES = [11, 12, 13];

const SECRET = 'what-hft71-was-told';
const folder = mkdtempSync(join(tmpdir(), 'relay-documents-'));
let world: World;
let env: Readonly<Record<string, string>>;
const processes: StartedProcess[] = [];

beforeAll(async () => {
  world = await startWorld({
    HFT71_RATE_LIMIT: '6000/min',
    HFT71_WEBHOOK_SECRET: SECRET,
    HFT71_STOCK_SYNC_ENABLED: 'on',
    RELAY_ALERT_EVERY: '1s',
  });
  env = defined({ ...world.env, PORT: '0', RELAY_ADMIN_USER: 'boss', RELAY_ADMIN_PASSWORD: 'a password for tests' });
  const api = start('apps/api/dist/main.js');
  const url = /"url":"([^"]+)"/.exec(await api.waitForLine(/"url":"http/))?.[1];
  env = defined({ ...env, RELAY_PUBLIC_URL: url });
  await ordersInShop(world, 2); // the baseline, without an id
});
afterAll(async () => {
  await Promise.all(processes.map((each) => each.kill()));
  rmSync(folder, { recursive: true });
  await world.stop();
  await assertNoProcessLeft();
});

function start(script: string): StartedProcess {
  const started = startProcess({ script: join(process.cwd(), script), env });
  processes.push(started);
  return started;
}
const defined = (settings: Readonly<Record<string, string | undefined>>) =>
  Object.fromEntries(Object.entries(settings).filter((entry): entry is [string, string] => entry[1] !== undefined));
const sql = async (text: string, params: unknown[] = []) =>
  (await world.relay.ledger.pool.query<Record<string, unknown>>(text, params)).rows;
const stateOf = async (orderId: number) =>
  (await sql(`select state from intent where order_id = $1 and kind = 'send_order'`, [orderId]))[0]?.['state'];

/** What stands in the fenced blocks of a page. */
function commandsOf(page: string): string[] {
  const text = readFileSync(join(process.cwd(), 'docs', page), 'utf8');
  return [...text.matchAll(/```sh\n([^]*?)```/g)]
    .flatMap((block) => (block[1] ?? '').split('\n'))
    .filter((line) => line.startsWith('relay '));
}
const PAGES = { 'cut-over.md': commandsOf('cut-over.md'), 'runbook.md': commandsOf('runbook.md') };

/** `--reason "on it"` is one word. */
const words = (line: string) =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '').slice(1);

/** A person sits there, and says yes. */
function say(line: string, orders: Readonly<Record<string, string>>): Promise<Said> {
  const argv = words(line).map((word) => orders[word] ?? (word.endsWith('.csv') ? join(folder, word) : word));
  return run(argv, env, {
    isTerminal: true,
    confirm: () => Promise.resolve(true),
    askSecret: () => Promise.resolve(world.sandbox.hft71Password),
  });
}

async function expectDone(line: string, orders: Readonly<Record<string, string>>): Promise<void> {
  const said = await say(line, orders);
  const expected = TELLS.test(line) ? [EXIT.ok, EXIT.failed, ...SEVERITIES] : [EXIT.ok];
  if (!expected.includes(said.code)) throw new Error(`${line}: ended with ${said.code}\n${said.out}${said.err}`);
  expect(said.err).not.toMatch(/^(Refused|Failed|Away): /m);
}

/** As the plugin leaves an order that it has sent. */
async function sentByPlugin(orderId: number): Promise<string> {
  const { lines } = await world.shop.woocommerce.getOrder(orderId);
  const id = await orderAtHft71(world, String(orderId), lines);
  await world.shop.woocommerce.putOrderMeta(orderId, { _hft71_order_id: id });
  return id;
}

/** An order that came while the shop was paused, so that it stays where a test puts it. */
async function waitingOrder(): Promise<number> {
  await pauseShop(world.relay.ledger, 'main', { actor: 'test', reason: 'a test order' });
  const [orderId = 0] = await ordersInShop(world, 1);
  await waitFor(async () => (await stateOf(orderId)) === 'ready', { what: `order ${orderId} to be taken in` });
  return orderId;
}
const resume = () => resumeShop(world.relay.ledger, 'main', { actor: 'test', reason: 'made' });

/** An order from before going live, as the list has it. */
async function heldOrder(): Promise<number> {
  const orderId = await waitingOrder();
  await sql(`update shop_order set before_live = true where order_id = $1`, [orderId]);
  await sql(`update intent set state = 'held', reason = 'before-go-live' where order_id = $1`, [orderId]);
  await resume();
  return orderId;
}

async function orderHeldByPerson(): Promise<number> {
  const orderId = await waitingOrder();
  expect((await run(['orders', 'hold', String(orderId), '--reason', 'a test order'], env)).code).toBe(EXIT.ok);
  await resume();
  return orderId;
}

/** What has to be so before a line makes sense; it may say which orders the page's numbers stand for. */
type Before = Readonly<Record<string, () => Promise<Readonly<Record<string, string>> | void>>>;

async function play(page: keyof typeof PAGES, before: Before): Promise<void> {
  let orders: Readonly<Record<string, string>> = {};
  const prepared = new Set<string>();
  for (const line of PAGES[page]) {
    const start = Object.keys(before).find((each) => line.startsWith(each) && !prepared.has(each));
    if (start !== undefined) {
      prepared.add(start);
      orders = { ...orders, ...(await before[start]?.()) };
    }
    await expectDone(line, orders);
  }
  expect([...prepared].toSorted()).toEqual(Object.keys(before).toSorted());
  expect((await world.control('/count', undefined, 'GET'))['duplicates']).toBe(0);
}

it('cut-over.md: every command does what the page says, in its order', async () => {
  start('apps/worker/dist/main.js');
  const [first, second] = await waitFor(
    async () => {
      const [shop] = await sql(`select mode from shop where mode = 'shadow'`);
      return (
        shop !== undefined &&
        (await sql('select order_id::int as id from shop_order order by 1')).map(({ id }) => Number(id))
      );
    },
    { what: 'the baseline' },
  );
  const sent = String(await orderAtHft71(world, String(first)));
  await play('cut-over.md', {
    'relay shadow report': async () => {
      for (const orderId of await ordersInShop(world, 2)) {
        await waitFor(async () => (await stateOf(orderId)) === 'ready', { what: `order ${orderId}` });
        await sentByPlugin(orderId);
      }
    },
    'relay orders show 1001': () => Promise.resolve({ '1001': String(first), '1002': String(second), '500001': sent }),
    'relay orders hold 1003': async () => {
      const [orderId = 0] = await ordersInShop(world, 1);
      await waitFor(async () => (await stateOf(orderId)) === 'ready', { what: 'the test order' });
      return { '1003': String(orderId) };
    },
  });
  expect(await stateOf(first ?? 0)).toMatch(/sent|written_back/);
  expect(await stateOf(second ?? 0)).toMatch(/sent|written_back/);
  expect(await sql(`select mode, pause_reason from shop`)).toEqual([
    { mode: 'shadow', pause_reason: 'back to the plugin' },
  ]);
  expect(readFileSync(join(folder, 'relay-orders.csv'), 'utf8')).toContain('written_back');
}, 90_000);

it('runbook.md: every command does what the page says', async () => {
  await resume();
  await expectDone('relay mode live', {});
  await play('runbook.md', {
    'relay incident list': async () => ({ '12': await openIncident() }),
    'relay resend plan': async () => {
      await refusedOrder();
    },
    'relay resend start': async () => {
      const [campaign] = await sql('select max(id)::text as id from campaign');
      return { '7': String(campaign?.['id']) };
    },
    'relay poll 1001': async () => {
      const [sent] = await sql(`select order_id from intent where state = 'written_back' and kind = 'send_order'`);
      return { '1001': String(sent?.['order_id']) };
    },
    'relay stock drift': async () => {
      await waitFor(async () => (await sql('select 1 from stock_feed where completed_at is not null')).length > 0, {
        what: 'the stock feed',
      });
    },
    'relay orders show 1001': async () => {
      const there = await heldOrder();
      const [absent, held] = [await heldOrder(), await orderHeldByPerson()];
      const id = await orderAtHft71(world, String(there));
      return { '1001': String(there), '500001': id, '1002': String(absent), '1003': String(held) };
    },
    'relay smoke --send 1004': async () => ({ '1004': String(await orderHeldByPerson()) }),
  });
}, 90_000);

/** Something that only a person can settle, as the workers gather it. */
async function openIncident(): Promise<string> {
  const subject = 'main, order 1';
  await raiseAlert(world.relay.ledger, { kind: 'duplicate at HFT71', severity: 1, subject, message: 'for the test' });
  const incident = await waitFor(
    async () => (await sql('select id::text as id from incident order by id limit 1'))[0],
    {
      what: 'the alert to be gathered in an incident',
    },
  );
  return String(incident['id']);
}

/** HFT71 refused it while it was ill. */
async function refusedOrder(): Promise<void> {
  const match = { method: 'POST', pathPattern: '/order$' };
  await world.control('/faults', { target: 'hft71', kind: 'status', status: 422, match, times: 1 });
  const [orderId = 0] = await ordersInShop(world, 1);
  await waitFor(async () => (await stateOf(orderId)) === 'rejected', { what: `order ${orderId} to be refused` });
  await waitFor(
    async () => (await sql('select 1 from api_call where order_id = $1 and status = 422', [orderId])).length > 0,
    {
      what: 'the refusal to stand in the call log',
    },
  );
}

it('the sections that alerts link to are there', () => {
  const text = readFileSync(join(process.cwd(), 'docs', 'runbook.md'), 'utf8');
  const headings = [...text.matchAll(/^## (.*)$/gm)].map((match) =>
    (match[1] ?? '').toLowerCase().replaceAll(' ', '-'),
  );
  const anchors = [...headings, ...[...text.matchAll(/<a id="([^"]+)">/g)].map((match) => match[1])];
  expect(anchors).toEqual(
    expect.arrayContaining([
      ...new Set(ALERT_RULES.map(({ runbook }) => runbook)),
      ...['workers-without-progress', 'postgresql-away'],
    ]),
  );
});
