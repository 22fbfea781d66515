import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadSettings } from '@relay/config';
import type { HandOffStep } from '@relay/handoff';
import { connectLedger, type Ledger } from '@relay/ledger';
import { createSilentLogger } from '@relay/observability';
import { openRelay, type Relay } from '@relay/operations';
import {
  createTestDatabase,
  createTestRedis,
  startProcess,
  waitFor,
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
    const program = startProcess({ script: projectFile(script), env: { ...this.settings, ...settings }, cwd: this.folder });
    this.#workers.push(program);
    await program.waitForLine(readyLine, 40_000);
    return program;
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
      `select order_id::int as id, state, reason from intent where kind = 'send_order' and order_id = any($1::bigint[])`,
      [orderIds],
    );
    return orderIds.map((id) => {
      const row = found.find((each) => each['id'] === id);
      if (row === undefined) return 'unknown';
      return row['reason'] === null ? String(row['state']) : `${String(row['state'])}: ${String(row['reason'])}`;
    });
  }

  /** Waits until every one of these orders is in this state. */
  async waitForState(orderIds: number | readonly number[], state: string, timeoutMs = 30_000): Promise<void> {
    const ids = typeof orderIds === 'number' ? [orderIds] : orderIds;
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const states = await this.states(ids).catch(() => ['no answer']);
      if (states.every((each) => each === state)) return;
      if (performance.now() > deadline)
        throw new Error(`Waited ${timeoutMs} ms in vain for ${state}: ${tally(states)}. ${await this.#evidence(ids)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
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
    expect({ duplicates: counted.duplicates, unmarked: counted.unmarked, notHft71s: counted.notHft71sButSent }).toEqual({
      duplicates: 0,
      unmarked: 0,
      notHft71s: 0,
    });
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

  /** The end of what the workers said, for a test that failed. */
  lastWords(): string {
    return this.#workers
      .map((worker) => `--- ${worker.pid}\n${`${worker.stdout()}${worker.stderr()}`.split('\n').slice(-30).join('\n')}`)
      .join('\n');
  }

  async #evidence(orderIds: readonly number[]): Promise<string> {
    const found = await this.#rows(
      `select kind, order_id::int, state, reason, last_failure, failures, not_before > now() as later, cancel_requested
       from intent where order_id = any($1::bigint[]) and state not in ('written_back') limit 5`,
      [orderIds],
    ).catch(() => []);
    return JSON.stringify(found);
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
    if (error instanceof Error) error.message += `\n\nThe workers' last words:\n${world.lastWords()}`;
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

export async function stopWorld(world: World): Promise<void> {
  const stop = leftovers.get(world);
  leftovers.delete(world);
  await stop?.();
}

/** Runs at most so many at a time: two cores start some six programs well at once. */
export async function allOf<T>(items: readonly T[], atOnce: number, act: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const faults: unknown[] = [];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift())
        await act(item).catch((error: unknown) => faults.push(error));
    }),
  );
  if (faults.length > 0) throw faults[0];
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
