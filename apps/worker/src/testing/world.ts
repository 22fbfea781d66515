import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { loadSettings } from '@relay/config';
import type { HandOffStep } from '@relay/handoff';
import { closeBreaker, connectLedger, heldOrders, listAccounts, type Ledger } from '@relay/ledger';
import { createSilentLogger } from '@relay/observability';
import { openRelay, switchLive, switchShadow, type Relay, type WentLive } from '@relay/operations';
import {
  createTestDatabase,
  createTestRedis,
  startProcess,
  waitFor,
  type ProcessEnd,
  type StartedProcess,
  type TestRedis,
} from '@relay/testing';
import { projectFile } from './project-file.js';
import { Sandbox, type Counted } from './sandbox.js';

type Environment = Readonly<Record<string, string>>;

export interface WorldOptions {
  /** Over `SHORT_TIMES` and the sandbox's addresses. */
  readonly settings?: Environment;
  readonly sandboxArgs?: readonly string[];
  /** A PostgreSQL of the test's own, migrated. Left out: a database on the run's one. */
  readonly databaseUrl?: string;
}

export interface WorkerOptions {
  readonly settings?: Environment;
  /** Kills itself, or stops itself, at this step of the first order that gets there. */
  readonly failAt?: { readonly step: HandOffStep; readonly signal?: 'SIGKILL' | 'SIGSTOP' };
}

/** What may follow each other this fast on a busy machine of two cores; the settings' own cross-checks hold. */
export const SHORT_TIMES: Environment = {
  RELAY_SHOP_TIMEOUT: '3s',
  HFT71_CONNECT_TIMEOUT: '1s',
  HFT71_ANSWER_TIMEOUT: '2s',
  RELAY_SEND_BY: '1s',
  RELAY_LEASE: '5s',
  RELAY_PREPARED_TIMEOUT: '5s',
  RELAY_DISPATCH_LEASE: '5s',
  RELAY_STOP_GRACE: '10s',
  RELAY_SWEEP_INTERVAL: '1s',
  RELAY_LEVEL_SWEEP_INTERVAL: '10s',
  RELAY_MARKER_BACKOFF: '1s',
  HFT71_SETTLE: '1s',
  RELAY_BREAKER_PROBE: '500ms',
  RELAY_BREAKER_PROBE_MAX: '1s',
  RELAY_BREAKER_REOPEN: '500ms',
  RELAY_BREAKER_REOPEN_MAX: '1s',
  RELAY_WINDOW_STEP: '1s',
  RELAY_LOOKUP_GAP: '1s',
};

/** A shop, an HFT71, a ledger, a Redis, and as many workers as the test starts. */
export class World {
  readonly ledger: Ledger;
  readonly #workers: StartedProcess[] = [];
  readonly #relays: Relay[] = [];

  constructor(
    readonly sandbox: Sandbox,
    readonly redis: TestRedis,
    readonly settings: Environment,
    readonly folder: string,
  ) {
    this.ledger = connectLedger({
      databaseUrl: settings['DATABASE_URL'] ?? '',
      applicationName: 'the test',
      maxConnections: 2,
      onIdleError: () => undefined,
    });
  }

  /** A worker as it is built, or the one with a failpoint. */
  async startWorker({ settings = {}, failAt }: WorkerOptions = {}): Promise<StartedProcess> {
    const env = { ...this.settings, ...settings };
    const cwd = this.folder; // no .env lies there
    const worker =
      failAt === undefined
        ? startProcess({ script: projectFile('apps/worker/dist/main.js'), env, cwd })
        : startProcess({
            script: projectFile('apps/worker/src/testing/failpoint-worker.ts'),
            args: ['--at', failAt.step, '--signal', failAt.signal ?? 'SIGKILL'],
            nodeArgs: ['--import', pathToFileURL(projectFile('node_modules/tsx/dist/esm/index.mjs')).href],
            env,
            cwd,
          });
    this.#workers.push(worker);
    await worker.waitForLine('worker started', 40_000);
    return worker;
  }

  /** Another program of the house, stopped with the world. */
  async startProgram(script: string, settings: Environment, readyLine: string | RegExp): Promise<StartedProcess> {
    const program = startProcess({
      script: projectFile(script),
      env: { ...this.settings, ...settings },
      cwd: this.folder,
    });
    this.#workers.push(program);
    await program.waitForLine(readyLine, 40_000);
    return program;
  }

  /** Waits until a worker has stopped itself (SIGSTOP). */
  async waitUntilStopped(worker: StartedProcess): Promise<void> {
    await waitFor(async () => / T /.test((await readFile(`/proc/${worker.pid}/stat`, 'utf8')).replace(/\(.*\)/, '')), {
      what: `worker ${worker.pid} to stop itself`,
      timeoutMs: 20_000,
    });
  }

  /** Waits for the end of a worker that ends itself. */
  async waitForEnd(worker: StartedProcess, timeoutMs = 20_000): Promise<ProcessEnd> {
    const late = new AbortController();
    const overdue = sleep(timeoutMs, undefined, { signal: late.signal }).then(() => {
      throw new Error(`Waited ${timeoutMs} ms in vain for the end of worker ${worker.pid}`);
    });
    try {
      return await Promise.race([worker.ended, overdue]);
    } finally {
      late.abort();
      overdue.catch(() => undefined);
    }
  }

  async waitForMode(mode: string): Promise<void> {
    await waitFor(async () => (await this.#rows('select mode from shop'))[0]?.['mode'] === mode, {
      what: `the shop to be ${mode}`,
      timeoutMs: 30_000,
      intervalMs: 50,
    });
  }

  /** Starts a worker and waits until the shop is live. */
  async startLive(options: WorkerOptions = {}): Promise<StartedProcess> {
    const worker = await this.startWorker(options);
    await this.waitForMode('live');
    return worker;
  }

  /** The relay of this world inside the test, for what operations do by hand. Starts no worker. */
  async operations(settings: Environment = {}): Promise<Relay> {
    const relay = await openRelay(loadSettings({ ...this.settings, ...settings }), createSilentLogger());
    this.#relays.push(relay);
    return relay;
  }

  /** `written_back`, `held: in-doubt`, `skipped: on-hold`; `unknown` before the relay has seen the order. */
  async stateOf(orderId: number): Promise<string> {
    return (await this.states([orderId]))[0] as string;
  }

  async states(orderIds: readonly number[]): Promise<string[]> {
    const found = await this.#rows(
      `select order_id::int as id, state || coalesce(': ' || reason, '') as state
       from intent where kind = 'send_order' and order_id = any($1::bigint[])`,
      [orderIds],
    );
    const byId = new Map(found.map((row) => [row['id'], String(row['state'])]));
    return orderIds.map((id) => byId.get(id) ?? 'unknown');
  }

  /** Waits until every one of these orders is in this state. */
  async waitForState(orderIds: number | readonly number[], state: string, timeoutMs = 30_000): Promise<void> {
    const ids = typeof orderIds === 'number' ? [orderIds] : orderIds;
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const states = await this.states(ids).catch(() => ['no answer']);
      if (states.every((each) => each === state)) return;
      if (performance.now() > deadline)
        throw new Error(`Waited ${timeoutMs} ms in vain for ${state}: ${tally(states)}`);
      await sleep(50);
    }
  }

  /** Waits until each of these has failed at least once. */
  async waitForFailures(orderIds: readonly number[]): Promise<void> {
    await waitFor(
      async () => {
        const sql = 'select 1 from intent where order_id = any($1::bigint[]) and failures > 0';
        return (await this.#rows(sql, [orderIds])).length >= orderIds.length;
      },
      { what: `a failed try of ${orderIds.length} orders`, timeoutMs: 20_000 },
    );
  }

  async heldOrders(): Promise<{ orderId: number; reason: string }[]> {
    return (await heldOrders(this.ledger)).map(({ orderId, reason }) => ({ orderId, reason }));
  }

  /** What a person does who has looked (`relay breaker close`). */
  async closeBreaker(): Promise<void> {
    for (const { id } of await listAccounts(this.ledger)) await closeBreaker(this.ledger, { kind: 'account', id });
  }

  /** What `relay mode` does. */
  async switchMode(mode: 'live' | 'shadow', settings: Environment = {}): Promise<WentLive | boolean> {
    const relay = await this.operations(settings);
    const [shop] = relay.shops.values();
    if (shop === undefined) throw new Error('no shop is in the settings');
    return mode === 'live'
      ? switchLive(relay, shop, { pluginSendingIsOff: false, actor: 'test' })
      : switchShadow(relay, shop, 'test');
  }

  async detailOf(orderId: number): Promise<string | null> {
    const [row] = await this.#rows(`select reason_detail from intent where kind = 'send_order' and order_id = $1`, [
      orderId,
    ]);
    return (row?.['reason_detail'] ?? null) as string | null;
  }

  /** Outcome and cause of each attempt, oldest first. */
  async attemptsOf(orderId: number): Promise<string[]> {
    const found = await this.#rows(
      `select coalesce(a.outcome, 'open') || coalesce(': ' || a.cause, '') as what
       from attempt a join intent i on i.id = a.intent_id where i.order_id = $1 order by a.prepared_at`,
      [orderId],
    );
    return found.map((row) => String(row['what']));
  }

  async alerts(): Promise<string[]> {
    return (await this.#rows('select kind from alert where resolved_at is null order by id')).map((row) =>
      String(row['kind']),
    );
  }

  async breaker(): Promise<{ state: string; reason: string | null }> {
    const [row] = await this.#rows('select breaker_state as state, breaker_reason as reason from account');
    return row as { state: string; reason: string | null };
  }

  /** Once no sweep has anything more to tell: waits until one has begun and ended after now. */
  async sweptOnce(): Promise<void> {
    const sweeps = async () => (await this.#rows('select swept_at from shop'))[0]?.['swept_at'] as Date | null;
    for (let seen = 0, last = await sweeps(); seen < 2; seen += 1)
      last = await waitFor(
        async () => {
          const now = await sweeps();
          return now !== null && now.getTime() !== last?.getTime() ? now : null;
        },
        { what: 'a sweep', timeoutMs: 20_000, intervalMs: 50 },
      );
  }

  /**
   * The guarantee: by the sandbox's own record no order is there twice, and what is not there is on the held list.
   * @returns the counter's figures, for what else a test wants to know.
   */
  async expectGuarantee(): Promise<Counted> {
    const counted = await this.sandbox.count();
    const sentIds = new Set((await this.sandbox.acceptedOrders()).map(({ referenceId }) => referenceId));
    const held = await this.#rows(
      `select order_id::text as id from intent where kind = 'send_order' and state in ('held', 'in_doubt', 'rejected')`,
    );
    const heldUnsent = held.filter((row) => !sentIds.has(String(row['id']))).length;
    expect({ duplicates: counted.duplicates, unmarked: counted.unmarked, notHft71s: counted.notHft71sButSent }).toEqual(
      {
        duplicates: 0,
        unmarked: 0,
        notHft71s: 0,
      },
    );
    expect(Math.max(0, counted.lost - heldUnsent)).toBe(0);
    return counted;
  }

  async stop(): Promise<void> {
    const all = [...this.#workers, this.sandbox.process];
    for (const { pid } of this.#workers) wake(pid);
    await Promise.all(all.map((started) => started.kill('SIGKILL')));
    await Promise.all(this.#relays.map((relay) => relay.close()));
    await this.ledger.close();
  }

  /** What the ledger knows of orders that are not done, for a test that failed. */
  async evidence(): Promise<string> {
    try {
      const intents = await this.#rows(
        `select i.kind, i.order_id::int, i.state, i.reason, i.last_failure, i.failures, i.not_before, i.dispatched_until,
           i.lease_until, i.cancel_requested, o.status, o.modified_gmt, o.before_live, o.first_seen_by,
           (select json_agg(a order by a.prepared_at) from attempt a where a.intent_id = i.id) as attempts
         from intent i join shop_order o on o.shop_id = i.shop_id and o.order_id = i.order_id
         where i.state <> 'written_back' limit 5`,
      );
      const shops = await this.#rows(
        'select mode, live_at, swept_at, level_swept_at, sweep_mark, fault, now() from shop',
      );
      return [...shops, ...intents].map((row) => JSON.stringify(row)).join('\n');
    } catch (error) {
      return `The ledger tells nothing: ${String(error)}`;
    }
  }

  /** The end of what the workers said, for a test that failed. */
  lastWords(): string {
    return this.#workers
      .map((worker) => `--- ${worker.pid}\n${`${worker.stdout()}${worker.stderr()}`.split('\n').slice(-30).join('\n')}`)
      .join('\n');
  }

  async #rows(sql: string, params: unknown[] = []): Promise<Record<string, unknown>[]> {
    return (await this.ledger.pool.query<Record<string, unknown>>(sql, params)).rows;
  }
}

/** Runs the test in a world of its own, and stops everything afterwards, whatever came of it. */
export async function inWorld(options: WorldOptions, test: (world: World) => Promise<void>): Promise<void> {
  const world = await startWorld(options);
  try {
    await test(world);
  } catch (error) {
    if (error instanceof Error)
      error.message += `\n\n${await world.evidence()}\nThe workers' last words:\n${world.lastWords()}`;
    throw error;
  } finally {
    await stopWorld(world);
  }
}

const leftovers = new Map<World, () => Promise<void>>();

/** For a world that several tests of a file share; `stopWorld` ends it. */
export async function startWorld({ settings = {}, sandboxArgs = [], databaseUrl }: WorldOptions = {}): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'relay-world-'));
  const [database, redis, sandbox] = await Promise.all([
    databaseUrl === undefined ? createTestDatabase() : { url: databaseUrl, drop: async () => undefined },
    createTestRedis(),
    Sandbox.start(folder, sandboxArgs),
  ]);
  const { at } = sandbox;
  const world = new World(
    sandbox,
    redis,
    {
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      RELAY_SECRET_KEY: randomBytes(32).toString('hex'),
      RELAY_MODE: 'live',
      WC_BASE_URL: at.shop,
      WC_CONSUMER_KEY: at.consumerKey,
      WC_CONSUMER_SECRET: at.consumerSecret,
      WC_WEBHOOK_SECRET: randomBytes(24).toString('hex'),
      WC_RATE_LIMIT: '100000/min',
      HFT71_BASE_URL: at.hft71,
      HFT71_USERNAME: at.hft71Username,
      HFT71_PASSWORD: at.hft71Password,
      HFT71_LINES: 'feed',
      HFT71_RATE_LIMIT: '100000/min',
      ...SHORT_TIMES,
      ...settings,
    },
    folder,
  );
  leftovers.set(world, async () => {
    await world.stop();
    await database.drop();
    await redis.close();
    await rm(folder, { recursive: true, force: true });
  });
  return world;
}

/** For `afterAll`: what a test that ran out of time left behind. */
export async function stopWorldsLeft(): Promise<void> {
  await Promise.all([...leftovers.keys()].map(stopWorld));
}

export async function stopWorld(world: World): Promise<void> {
  const stop = leftovers.get(world);
  leftovers.delete(world);
  await stop?.();
}

/** A stopped process takes no SIGTERM; the killed one is gone already. */
function wake(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // It has ended.
  }
}

function tally(states: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const state of states) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => `${count} ${state}`).join(', ');
}
