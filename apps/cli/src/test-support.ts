import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { loadSettings, type RawEnvironment } from '@relay/config';
import { connectShop } from '@relay/intake';
import {
  claimAttempt,
  closeBreaker,
  findOrders,
  holdDoubts,
  prepareAttempt,
  receiveOrder,
  recordInDoubt,
} from '@relay/ledger';
import { createSilentLogger } from '@relay/observability';
import { ENVIRONMENT_SHOP_ID, intakeContext, openRelay, type ConnectedShop, type Relay } from '@relay/operations';
import { createTestDatabase, createTestRedis, startProcess, waitFor } from '@relay/testing';
import type { Command } from 'commander';
import type { Cli } from './cli.js';
import { createProgram } from './program.js';
import { runRelay, type RunOptions } from './run-relay.js';

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** What stdout holds, as JSON. */
  json(): Json;
}
/** What a test looks into, field by field. */
export type Json = { readonly [key: string]: Json } & readonly Json[];

export interface SandboxInfo {
  readonly shop: string;
  readonly hft71: string;
  readonly control: string;
  readonly consumerKey: string;
  readonly consumerSecret: string;
  readonly readOnlyKey: string;
  readonly readOnlySecret: string;
  readonly hft71Username: string;
  readonly hft71Password: string;
}

/** The program in this process. Without a terminal, unless the test says otherwise. */
export async function run(argv: readonly string[], env: RawEnvironment, how: Partial<RunOptions> = {}): Promise<Said> {
  const out = collect();
  const err = collect();
  const code = await runRelay(argv, {
    env,
    stdout: out.stream,
    stderr: err.stream,
    isTerminal: false,
    confirm: () => Promise.reject(new Error('asked without a terminal')),
    ...how,
  });
  return { code, out: out.text(), err: err.text(), json: () => JSON.parse(out.text()) as Json };
}

/** The commands and options that the program has. Nothing can be carried out by it. */
export function commandTree(): Command {
  const stream = collect().stream;
  return createProgram({ width: 80 } as Cli, { stdout: stream, stderr: stream });
}

function collect() {
  let text = '';
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString();
      done();
    },
  });
  return { stream, text: () => text };
}

export interface World {
  readonly env: RawEnvironment;
  readonly sandbox: SandboxInfo;
  readonly relay: Relay;
  readonly shop: ConnectedShop;
  /** `world.say('orders', 'held')`, with these settings. */
  say(...argv: string[]): Promise<Said>;
  control(path: string, body: unknown, method?: string): Promise<Json>;
  stop(): Promise<void>;
}

/** A ledger, a Redis, and the simulated shop and HFT71 as a process: the command talks to them as to real ones. */
export async function startWorld(settings: RawEnvironment = {}): Promise<World> {
  const [database, redis] = await Promise.all([createTestDatabase(), createTestRedis()]);
  const process_ = startProcess({ script: join(process.cwd(), 'apps/sandbox/dist/main.js') });
  const sandbox = JSON.parse(await process_.waitForLine('"ready"')) as SandboxInfo;
  const env = { ...settingsFor(database.url, redis.url, sandbox), ...settings };
  const relay = await openRelay(loadSettings(env), createSilentLogger());
  const shop = relay.shops.get(ENVIRONMENT_SHOP_ID);
  if (shop === undefined) throw new Error('the settings have no shop');
  return {
    env,
    sandbox,
    relay,
    shop,
    say: (...argv) => run(argv, env),
    control: async (path, body, method = 'POST') => {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${sandbox.control}${path}`, { method, headers, body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as Json;
    },
    stop: async () => {
      await relay.close();
      await process_.kill();
      await redis.close();
      await database.drop();
    },
  };
}

export function settingsFor(databaseUrl: string, redisUrl: string, sandbox: SandboxInfo): RawEnvironment {
  return {
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    RELAY_SECRET_KEY: 'a-key-for-tests-of-the-command-line',
    WC_BASE_URL: sandbox.shop,
    WC_CONSUMER_KEY: sandbox.consumerKey,
    WC_CONSUMER_SECRET: sandbox.consumerSecret,
    WC_WEBHOOK_SECRET: 'a-secret-for-tests',
    HFT71_BASE_URL: sandbox.hft71,
    HFT71_USERNAME: sandbox.hft71Username,
    HFT71_PASSWORD: sandbox.hft71Password,
    HFT71_LINES: 'all',
  };
}

/** As a worker does first: who is the shop, and which orders stand there. */
export async function connect({ relay, shop }: World): Promise<void> {
  await connectShop(intakeContext(relay), shop);
}

export async function ordersInShop(world: World, count: number): Promise<number[]> {
  const { ids } = await world.control('/orders', { count });
  return (ids as readonly unknown[]).map(Number);
}

export interface KnownOrder {
  readonly id: number;
  readonly number?: string;
  readonly status?: string;
  readonly beforeLive?: boolean;
}

/** An order as a webhook or a sweep brings it, without a shop that has it. */
export async function takeOrder({ relay }: Pick<World, 'relay'>, order: KnownOrder): Promise<void> {
  const seen = {
    shopId: ENVIRONMENT_SHOP_ID,
    orderId: order.id,
    number: order.number ?? String(order.id),
    orderKeyHash: `key-${order.id}`,
    status: order.status ?? 'processing',
    createdGmt: '2026-11-23T11:54:07',
    modifiedGmt: '2026-11-23T11:54:07',
    contentHash: 'content',
    addressHash: 'address',
    lines: [{ id: 1, sku: 'MUG-001', quantity: 1 }],
    hft71OrderId: null,
    reference: String(order.id),
  };
  await receiveOrder(relay.ledger, seen, {
    seenBy: 'webhook',
    sendableStatuses: ['processing'],
    sendDelayMs: 0,
    beforeLive: order.beforeLive ?? false,
  });
}

/** One attempt of a ready order of a live shop that got no answer; a person has to look. @returns its token. */
export async function leaveInDoubt(
  { relay, shop }: World,
  orderId: number | string,
  settleMs: number,
): Promise<string> {
  const { ledger } = relay;
  const [order] = await findOrders(ledger, String(orderId));
  if (order?.intentId == null) throw new Error(`order ${orderId} has no intent`);
  const attempt = { intentId: order.intentId, token: randomUUID(), worker: 'host/1', payloadHash: 'payload' };
  const claim = {
    ...attempt,
    ...{ accountId: shop.accountId, addressHash: 'address', leaseMs: 45_000, maxUnmirrored: 20 },
  };
  if (!(await prepareAttempt(ledger, attempt))) throw new Error('not prepared');
  const claimed = await claimAttempt(ledger, claim);
  if (claimed !== 'claimed') throw new Error(`not claimed: ${claimed}`);
  const seen = { httpStatus: 504, errorCode: null, left: true, cause: 'http-504', settleMs };
  await recordInDoubt(ledger, attempt.token, seen);
  // What this leaves is one doubt, and not the third failure of an outage.
  await closeBreaker(ledger, { kind: 'account', id: shop.accountId });
  await holdDoubts(ledger, shop.accountId, { policy: 'unknown', hasLookUp: false });
  return attempt.token;
}

/** HFT71's own order under this reference. @param lines of any SKU when left out. @returns its id. */
export async function orderAtHft71(
  { sandbox, shop }: World,
  referenceId: string,
  lines?: readonly { readonly sku: string; readonly quantity: number }[],
): Promise<string> {
  const address = { address1: 'Way 1', address2: '', city: 'Sampletown', zip: '12345', state: '', country: 'DE' };
  const person = { customerName: 'Eve Sample', email: 'eve@customer.example', mobile: '' };
  const page = await shop.hft71.stockPage(1, 1);
  const items = lines?.map(({ sku, quantity }) => ({ sku, quantity })) ?? [{ sku: page.rows[0]?.sku, quantity: 1 }];
  const body = {
    referenceId,
    orderDate: '2026-11-23',
    items,
    address: { ...address, ...person },
  };
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${await shop.hft71.logInToken()}` };
  const answer = await fetch(`${sandbox.hft71}/order`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`HFT71 answered ${answer.status} ${await answer.text()}`);
  const { orderId } = (await answer.json()) as { orderId: string | number };
  return String(orderId);
}

/** Waits until the database's clock has passed this order's settle. */
export async function settleOver({ relay }: World, orderId: number | string): Promise<void> {
  await waitFor(
    async () => {
      const [order] = await findOrders(relay.ledger, String(orderId));
      return order?.settleUntil == null || order.settleUntil.getTime() < Date.now();
    },
    { what: 'the end of settle' },
  );
}
