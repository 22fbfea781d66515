import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { receiveOrder } from '@relay/ledger';
import { assertNoProcessLeft, waitFor } from '@relay/testing';
import { EXIT } from './exit-codes.js';
import { connect, leaveInDoubt, ordersInShop, run, startWorld, takeOrder, type World } from './test-support.js';

let world: World;
const folder = mkdtempSync(join(tmpdir(), 'relay-export-'));
beforeAll(async () => {
  world = await startWorld();
  await ordersInShop(world, 1);
  await connect(world);
  await sql(`update shop set mode = 'live', live_at = '2026-11-01'`);
  await takeOrder(world, { id: 901 });
  await leaveInDoubt(world, 901, 60_000);
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await world.stop();
  await assertNoProcessLeft();
});

const sql = (text: string, params: unknown[] = []) => world.relay.ledger.pool.query(text, params);
const lines = (text: string) => text.trim().split(/\r?\n/);
const rowsOf = (text: string) => lines(text).map((line) => JSON.parse(line) as Record<string, unknown>);
const all = ['--from', '2020-01-01'];

it('gives orders, intents, attempts and calls as JSON lines, without customer data and secrets', async () => {
  const orders = await world.say('export', 'orders', ...all, '--json');
  expect(rowsOf(orders.out)).toContainEqual(
    expect.objectContaining({
      shop_id: 'main',
      order_id: '901',
      state: 'held',
      lines: 'MUG-001 x 1',
      reference: '901',
    }),
  );
  expect(rowsOf((await world.say('export', 'intents', '--json')).out)).toMatchObject([
    { order_id: '901', reason: 'in-doubt' },
  ]);
  expect(rowsOf((await world.say('export', 'attempts', '--json')).out)).toMatchObject([
    { order_id: '901', outcome: 'in_doubt', cause: 'http-504', http_status: 504, reference: '901' },
  ]);
  const calls = await waitFor(
    async () => {
      const said = await world.say('export', 'calls', '--json');
      return said.out !== '' && said;
    },
    { what: 'a call of the log' },
  );
  expect(rowsOf(calls.out)[0]).toMatchObject({ target: 'shop', shop_id: 'main', order_id: null });
  for (const said of [orders, calls]) expect(said.out).not.toMatch(/customer\.example|consumer_|hash|address/i);
});

it('gives CSV that no spreadsheet takes for a formula', async () => {
  const nasty = ['=HYPERLINK("http://x")', '+1', '-2', '@x', 'a "quoted", thing'];
  for (const [index, sku] of nasty.entries())
    await receiveOrder(
      world.relay.ledger,
      {
        ...{ shopId: 'main', orderId: 2_000 + index, number: sku, orderKeyHash: 'k', status: 'on-hold' },
        ...{ createdGmt: '2021-05-01T00:00:00', modifiedGmt: `2021-05-01T00:00:0${index}`, contentHash: 'c' },
        ...{ addressHash: 'a', lines: [{ id: 1, sku, quantity: 1 }], hft71OrderId: null, reference: `r${index}` },
      },
      { seenBy: 'sweep', sendableStatuses: [], sendDelayMs: 0 },
    );
  const said = await world.say('export', 'orders', '--from', '2021-05-01', '--to', '2021-05-02');
  const [head, ...rows] = lines(said.out);
  expect(head).toBe(
    'shop_id,order_id,number,status,created_gmt,modified_gmt,shop_hft71_id,before_live,first_seen_by,last_seen_by,identity_changed_at,lines,state,reason,reference,hft71_order_id,hft71_status',
  );
  expect(rows.map((row) => row.split(',on-hold')[0])).toEqual([
    `main,2000,"'=HYPERLINK(""http://x"")"`,
    `main,2001,'+1`,
    `main,2002,'-2`,
    `main,2003,'@x`,
    `main,2004,"a ""quoted"", thing"`,
  ]);
  const none = await world.say('export', 'attempts', '--from', '2019-01-01', '--to', '2019-01-02');
  expect([none.code, lines(none.out)]).toEqual([EXIT.ok, [expect.stringMatching(/^token,intent_id,/)]]);
});

it('streams: thousands of rows of one instant come once each, and as fast as whoever reads them', async () => {
  await sql(
    `insert into api_call (at, shop_id, target, action, method, path, status, duration_ms)
     select '2022-01-01T00:00:00Z', 'main', 'hft71', 'get_status', 'GET', '/order/1/status', 200, n from generate_series(1, 2500) n`,
  );
  const window = ['--from', '2022-01-01', '--to', '2022-01-02'];
  const chunks: string[] = [];
  let greatest = 0;
  const slow = Object.assign(
    new Writable({
      highWaterMark: 1_024,
      write(chunk: Buffer, _encoding, done) {
        chunks.push(chunk.toString());
        greatest = Math.max(greatest, this.writableLength);
        setImmediate(done);
      },
    }),
    { columns: 80 },
  );
  const said = await run(['export', 'calls', ...window, '--format', 'jsonl'], world.env, { stdout: slow });
  expect(said.code).toBe(EXIT.ok);
  expect(new Set(rowsOf(chunks.join('')).map(({ duration_ms }) => duration_ms)).size).toBe(2_500);
  expect(greatest).toBeLessThan(10_000); // of some 500,000
});

it('writes into a new file, and never over one', async () => {
  const file = join(folder, 'calls.csv');
  const said = await world.say(
    'export',
    'calls',
    '--from',
    '2022-01-01',
    '--to',
    '2022-01-02',
    '--out',
    file,
    '--json',
  );
  expect(said.json()).toMatchObject({ what: 'calls', format: 'csv', rows: 2_500, file });
  expect(lines(readFileSync(file, 'utf8'))).toHaveLength(2_501);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(await world.say('export', 'calls', '--out', file)).toMatchObject({
    code: EXIT.failed,
    err: expect.stringContaining('is there already') as string,
  });
  expect((await world.say('export', 'calls', '--out', join(folder, 'no', 'x.csv'))).err).toContain('cannot be written');
  expect((await world.say('export', 'calls', '--from', '2099-01-01')).err).toContain('the window is empty');
  expect((await world.say('export', 'calls', '--shop', 'mian')).err).toContain('name one of these with --shop: main');
});
