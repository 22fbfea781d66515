import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { EXIT_CODES, loadSettings, type RawEnvironment } from '@relay/config';
import { connectLedger, countIntents, loadShop, type Ledger } from '@relay/ledger';
import { ENVIRONMENT_SHOP_ID } from '@relay/operations';
import { projectFile } from './child-program.js';
import type { CommandLine } from './command-line.js';
import { CannotStart, freePort, type House } from './house.js';
import { definedOnly, printAddresses, startPrograms } from './programs.js';
import type { Say } from './say.js';

/** HFT71's orders beside one order that is not HFT71's. */
const KINDS = ['simple', 'variation', 'mixed', 'summed', 'billing-only', 'company'];
const RATE = '100/10s';
const GIVE_UP_MS = 180_000;
/** A sandbox has a merchant who wants to see something happen. */
const MAPPING = '{"In Production":"leave","Item Finished":"leave","Closed":"completed"}';
const STATUS_WEBHOOK = '/wp-json/hft71/v1/order-status';

const sandboxReady = z.object({
  shop: z.url(),
  hft71: z.url(),
  control: z.url(),
  consumerKey: z.string(),
  consumerSecret: z.string(),
  hft71Username: z.string(),
  hft71Password: z.string(),
  hft71WebhookSecret: z.string(),
});

const counted = z.object({
  orders: z.number(),
  sent: z.number(),
  writtenBack: z.number(),
  duplicates: z.number(),
  lost: z.number(),
  notHft71sButSent: z.number(),
});

/** HFT71 tells the relay of every change, as an account is set up to. */
async function tellStatuses(control: string, webhook: { url: string; secret: string }): Promise<void> {
  const answer = await fetch(`${control}/hft71`, { method: 'PUT', body: JSON.stringify({ webhook }) });
  if (!answer.ok) throw new CannotStart(`The sandbox did not take HFT71’s webhook: HTTP ${answer.status}`);
}

/** Everything simulated but the relay: real PostgreSQL, Redis and HTTP; the shop's orders go live through them. */
export async function runSandbox(
  house: House,
  say: Say,
  environment: RawEnvironment,
  command: CommandLine,
): Promise<number> {
  const startedAt = performance.now();
  const record = join(house.folder, 'record');
  const plain = plainSettings(environment);
  // Wrong settings are named before anything is started.
  loadSettings({ ...SAMPLE_SERVERS, ...plain });

  const databaseUrl = await house.startPostgres();
  const redisUrl = environment['REDIS_URL'] ?? (await house.startRedis());
  await house.migrate(databaseUrl);
  const ready = await house.startProgram(
    {
      name: 'sandbox',
      script: 'apps/sandbox/dist/main.js',
      args: ['--record', record, '--rate-limit', RATE],
      env: {},
    },
    (program) => program.waitForLine('"ready":true'),
  );
  const sandbox = sandboxReady.parse(JSON.parse(ready));
  const port = plain['PORT'] ?? String(await freePort());
  const admin = {
    user: plain['RELAY_ADMIN_USER'] ?? 'admin',
    password: plain['RELAY_ADMIN_PASSWORD'] ?? randomBytes(9).toString('base64url'),
  };
  const env = {
    ...plain,
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    RELAY_SECRET_KEY: randomBytes(32).toString('hex'),
    RELAY_MODE: 'live',
    RELAY_PUBLIC_URL: `http://127.0.0.1:${port}`,
    RELAY_ADMIN_USER: admin.user,
    RELAY_ADMIN_PASSWORD: admin.password,
    PORT: port,
    WC_BASE_URL: sandbox.shop,
    WC_CONSUMER_KEY: sandbox.consumerKey,
    WC_CONSUMER_SECRET: sandbox.consumerSecret,
    WC_WEBHOOK_SECRET: randomBytes(24).toString('hex'),
    HFT71_BASE_URL: sandbox.hft71,
    HFT71_USERNAME: sandbox.hft71Username,
    HFT71_PASSWORD: sandbox.hft71Password,
    HFT71_WEBHOOK_SECRET: sandbox.hft71WebhookSecret,
    HFT71_LINES: 'feed',
    HFT71_STATUS_MAPPING: plain['HFT71_STATUS_MAPPING'] ?? MAPPING,
    HFT71_SHIPPING_SYNC_ENABLED: plain['HFT71_SHIPPING_SYNC_ENABLED'] ?? 'on',
    HFT71_RATE_LIMIT: RATE,
    WC_RATE_LIMIT: '6000/min',
  };
  await startPrograms(house, say, env);
  await tellStatuses(sandbox.control, {
    url: `${env.RELAY_PUBLIC_URL}${STATUS_WEBHOOK}`,
    secret: sandbox.hft71WebhookSecret,
  });

  const ledger = connectLedger({ databaseUrl, applicationName: 'hft71-relay-local', maxConnections: 2 });
  try {
    const drained = await house.whileAllRun(() => drain(ledger, say, sandbox.control, record, command.orders));
    const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
    const { orders, sent, writtenBack, held, duplicates } = drained;
    const result = { orders, sent, writtenBack, held, duplicates, seconds };
    const good =
      result.sent === result.orders &&
      result.writtenBack === result.orders &&
      result.duplicates === 0 &&
      result.held === 0;
    say.line(
      `${result.sent} of ${result.orders} orders are at HFT71 and ${result.writtenBack} written back; ` +
        `${result.held} held, ${result.duplicates} duplicates (by HFT71’s own record).`,
    );
    if (command.json) process.stdout.write(`${JSON.stringify(result)}\n`);
    if (command.once) return good ? EXIT_CODES.ok : EXIT_CODES.failed;

    printAddresses(say, {
      port,
      admin: { user: admin.user, password: plain['RELAY_ADMIN_PASSWORD'] === undefined ? admin.password : null },
      folder: house.folder,
      ...sandbox,
    });
    return await house.untilStopped();
  } finally {
    await ledger.close();
  }
}

interface Drained {
  readonly orders: number;
  readonly sent: number;
  readonly writtenBack: number;
  readonly held: number;
  readonly duplicates: number;
}

/** Puts the orders through the shop and watches the ledger until all of them have come back. */
async function drain(ledger: Ledger, say: Say, control: string, record: string, orders: number): Promise<Drained> {
  const giveUpAt = Date.now() + GIVE_UP_MS;
  say.step('Connecting the sandbox’s shop: baseline, then live …');
  while ((await loadShop(ledger, ENVIRONMENT_SHOP_ID))?.mode !== 'live') {
    if (Date.now() > giveUpAt) throw new CannotStart('The sandbox’s shop did not go live: see the logs.');
    await sleep(100);
  }
  await order(control, { count: orders, kinds: KINDS, via: 'checkout' });
  await order(control, { count: 1, kinds: ['foreign'], via: 'checkout' });
  say.line(`${orders} orders and one that is not HFT71’s are in the shop.`);
  for (;;) {
    const state = await statesOf(ledger);
    say.progress(
      `sent ${state.sent}/${orders}   written back ${state.writtenBack}/${orders}   held ${state.held}   not HFT71’s ${state.notForHft71}`,
    );
    const isOver = state.writtenBack + state.held >= orders && state.notForHft71 >= 1;
    if (isOver || Date.now() > giveUpAt) return { ...(await countRecord(record)), held: state.held };
    await sleep(150);
  }
}

async function statesOf(ledger: Ledger) {
  const counts = (await countIntents(ledger)).filter(({ kind }) => kind === 'send_order');
  const of = (...states: string[]) =>
    counts.filter(({ state }) => states.includes(state)).reduce((sum, { count }) => sum + count, 0);
  return {
    sent: of('sent', 'written_back'),
    writtenBack: of('written_back'),
    held: of('held', 'in_doubt', 'rejected'),
    notForHft71: of('not_for_hft71'),
  };
}

async function order(control: string, wanted: Record<string, unknown>): Promise<void> {
  const answer = await fetch(`${control}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(wanted),
  });
  if (!answer.ok) throw new CannotStart(`The sandbox made no orders: HTTP ${answer.status} ${await answer.text()}`);
}

/** From what the simulated HFT71 recorded, by a program that knows nothing of the relay. */
async function countRecord(record: string): Promise<Omit<Drained, 'held'>> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    projectFile('apps/sandbox/dist/count.js'),
    '--record',
    record,
    '--json',
  ]);
  const { orders, sent, writtenBack, duplicates } = counted.parse(JSON.parse(stdout));
  return { orders, sent, writtenBack, duplicates };
}

/** What the environment says beside servers, shop and HFT71, which are the sandbox's own. */
function plainSettings(environment: RawEnvironment): Record<string, string> {
  const own = /^(RELAY_(?!SECRET_KEY|MODE|PUBLIC_URL)|LOG_LEVEL$|PORT$)/;
  return definedOnly(Object.fromEntries(Object.entries(environment).filter(([name]) => own.test(name))));
}

const SAMPLE_SERVERS = {
  DATABASE_URL: 'postgresql://relay@127.0.0.1/relay',
  REDIS_URL: 'redis://127.0.0.1',
  RELAY_SECRET_KEY: 'only-to-check-the-other-settings-0000',
};
