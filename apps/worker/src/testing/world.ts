import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '@relay/config';
import type { HandOffStep } from '@relay/handoff';
import { closeBreaker, connectLedger, heldOrders, listAccounts, type Ledger } from '@relay/ledger';
import { createSilentLogger } from '@relay/observability';
import { openRelay, switchLive, switchShadow, type Relay, type WentLive, type WentShadow } from '@relay/operations';
import {
  createTestDatabase,
  createTestRedis,
  LedgerProbe,
  RelayProcesses,
  Sandbox,
  sandboxSettings,
  SHORT_TIMES,
  waitForEnd,
  waitUntilStopped,
  type Counted,
  type Environment,
  type ProcessEnd,
  type StartedProcess,
  type TestRedis,
  type WorkerOptions,
} from '@relay/testing';

export interface WorldOptions {
  /** Over `SHORT_TIMES` and the sandbox's addresses. */
  readonly settings?: Environment;
  readonly sandboxArgs?: readonly string[];
  /** A PostgreSQL of the test's own, migrated. Left out: a database on the run's one. */
  readonly databaseUrl?: string;
}

/** A shop, an HFT71, a ledger, a Redis, and as many workers as the test starts. */
export class World extends LedgerProbe {
  readonly ledger: Ledger;
  readonly #processes: RelayProcesses;
  readonly #relays: Relay[] = [];

  constructor(
    readonly sandbox: Sandbox,
    readonly redis: TestRedis,
    readonly settings: Environment,
    folder: string,
  ) {
    const ledger = connectLedger({
      databaseUrl: settings['DATABASE_URL'] ?? '',
      applicationName: 'the test',
      maxConnections: 2,
      onIdleError: () => undefined,
    });
    super(ledger.pool);
    this.ledger = ledger;
    this.#processes = new RelayProcesses(settings, folder);
  }

  /** A worker as it is built, or the one with a failpoint. */
  async startWorker(options: WorkerOptions<HandOffStep> = {}): Promise<StartedProcess> {
    return this.#processes.startWorker(options);
  }

  /** Another program of the house, stopped with the world. */
  async startProgram(script: string, settings: Environment, readyLine: string | RegExp): Promise<StartedProcess> {
    return this.#processes.startProgram(script, settings, readyLine);
  }

  /** Waits until a worker has stopped itself (SIGSTOP). */
  async waitUntilStopped(worker: StartedProcess): Promise<void> {
    await waitUntilStopped(worker);
  }

  /** Waits for the end of a worker that ends itself. */
  async waitForEnd(worker: StartedProcess, timeoutMs?: number): Promise<ProcessEnd> {
    return waitForEnd(worker, timeoutMs);
  }

  /** Starts a worker and waits until the shop is live. */
  async startLive(options: WorkerOptions<HandOffStep> = {}): Promise<StartedProcess> {
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

  async heldOrders(): Promise<{ orderId: number; reason: string }[]> {
    return (await heldOrders(this.ledger)).map(({ orderId, reason }) => ({ orderId, reason }));
  }

  /** An order that is written back, and HFT71's id of it. */
  async sentOrder(wanted: Record<string, unknown> = {}): Promise<{ orderId: number; hft71OrderId: number }> {
    const orderId = await this.sandbox.oneOrder(wanted);
    await this.waitForState(orderId, 'written_back');
    const [accepted] = await this.sandbox.acceptedOf(orderId);
    return { orderId, hft71OrderId: accepted?.hft71OrderId ?? 0 };
  }

  /** What a person does who has looked (`relay breaker close`). */
  async closeBreaker(): Promise<void> {
    for (const { id } of await listAccounts(this.ledger)) await closeBreaker(this.ledger, { kind: 'account', id });
  }

  /** What `relay mode` does. */
  async switchMode(mode: 'live' | 'shadow', settings: Environment = {}): Promise<WentLive | WentShadow> {
    const relay = await this.operations(settings);
    const [shop] = relay.shops.values();
    if (shop === undefined) throw new Error('no shop is in the settings');
    return mode === 'live'
      ? switchLive(relay, shop, { pluginSendingIsOff: false, actor: 'test' })
      : switchShadow(relay, shop, { actor: 'test' });
  }

  /**
   * The guarantee: by the sandbox's own record no order is there twice, and what is not there is on the held list.
   * @returns the counter's figures, for what else a test wants to know.
   */
  async expectGuarantee(): Promise<Counted> {
    const counted = await this.sandbox.count();
    const sentIds = new Set((await this.sandbox.acceptedOrders()).map(({ referenceId }) => referenceId));
    const held = await this.rows(
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
    await Promise.all([this.#processes.killAll(), this.sandbox.process.kill('SIGKILL')]);
    await Promise.all(this.#relays.map((relay) => relay.close()));
    await this.ledger.close();
  }

  /** The end of what the workers said, for a test that failed. */
  lastWords(): string {
    return this.#processes.lastWords();
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
  const world = new World(
    sandbox,
    redis,
    {
      ...sandboxSettings(sandbox, { databaseUrl: database.url, redisUrl: redis.url }),
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
