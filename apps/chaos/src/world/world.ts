import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createTestDatabase,
  createTestRedis,
  Sandbox,
  sandboxSettings,
  SHORT_TIMES,
  type Environment,
} from '@relay/testing';
import type { Patch } from '../sabotage/sabotage.js';
import { judge, type Judgement } from '../run/judgement.js';
import { keepBreakerLog } from './breaker-log.js';
import { Installation } from './installation.js';
import { backUp } from './ledger-backup.js';
import { startOwnPostgres, startOwnRedis, type OwnServer } from './own-server.js';
import { readRecord, type SandboxRecord } from './record.js';
import type { SharedServers } from './shared-servers.js';

/** What every scenario shortens, beside `SHORT_TIMES`; latency and limits are never scaled. */
export const CHAOS_TIMES: Environment = {
  ...SHORT_TIMES,
  // Each sweep reads the orders of the overlap again: five minutes of them would be most of a scenario's work.
  RELAY_SWEEP_OVERLAP: '10s',
  RELAY_BREAKER_PROBE: '1s',
  RELAY_BREAKER_PROBE_MAX: '2s',
  RELAY_BREAKER_REOPEN: '2s',
  RELAY_BREAKER_REOPEN_MAX: '8s',
  RELAY_WINDOW_STEP: '1s',
  RELAY_LOOKUP_GAP: '2s',
};

/** So much that no scenario but those about limits meets it, and a limit all the same: `overLimit` is judged in each. */
const RATE = '1000/10s';

export interface WorldOptions {
  /** Over `CHAOS_TIMES` and the sandbox's addresses. */
  readonly settings?: Environment;
  readonly sandboxArgs?: readonly string[];
  /** The same limit at HFT71 and in the relay's settings. */
  readonly rate?: string;
  /** Faults of the product itself, played by rewriting its modules. */
  readonly patches?: readonly Patch[];
  readonly ownRedis?: boolean;
  readonly ownPostgres?: boolean;
}

export interface WorldPlan extends WorldOptions {
  readonly servers: SharedServers;
  readonly seed: number;
  /** For Node, in every program of the relay: how a guard is switched off. */
  readonly nodeArgs: readonly string[];
  /** Done to each new ledger before a program opens it. */
  readonly onLedger: (installation: Installation) => Promise<void>;
}

/** A shop and an HFT71, the relay that stands between them, and whatever servers the scenario wants to break. */
export class World {
  readonly #closers: (() => Promise<void>)[] = [];
  readonly installations: Installation[] = [];

  private constructor(
    readonly plan: WorldPlan,
    readonly folder: string,
    readonly sandbox: Sandbox,
  ) {}

  static async open(plan: WorldPlan): Promise<World> {
    const folder = await mkdtemp(join(tmpdir(), 'relay-chaos-'));
    const { rate = RATE, sandboxArgs = [] } = plan;
    await mkdir(join(folder, 'record'));
    const args = ['--seed', String(plan.seed), '--rate-limit', rate, ...sandboxArgs];
    const sandbox = await Sandbox.start(join(folder, 'record'), args);
    const world = new World(plan, folder, sandbox);
    try {
      await world.install();
      return world;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  /** The relay that the scenario is about. */
  get relay(): Installation {
    return this.installations[0] as Installation;
  }

  ownRedis: OwnServer | null = null;
  ownPostgres: OwnServer | null = null;

  /** One more relay on the same shop and the same HFT71, with a ledger and a Redis of its own. */
  async install(settings: Environment = {}): Promise<Installation> {
    const { plan, sandbox, folder } = this;
    const isFirst = this.installations.length === 0;
    const databaseUrl = await this.#database(isFirst && plan.ownPostgres === true);
    const redisUrl = await this.#redis(isFirst && plan.ownRedis === true);
    const all = {
      ...sandboxSettings(sandbox, { databaseUrl, redisUrl }),
      HFT71_RATE_LIMIT: plan.rate ?? RATE,
      ...CHAOS_TIMES,
      ...plan.settings,
      ...settings,
    };
    const installation = Installation.open(all, folder, plan.nodeArgs);
    this.installations.push(installation);
    await keepBreakerLog(installation);
    await plan.onLedger(installation);
    return installation;
  }

  async #database(isOwn: boolean): Promise<string> {
    if (isOwn) {
      const server = await startOwnPostgres();
      this.ownPostgres = server;
      this.#closers.push(() => server.remove());
      return server.url;
    }
    const database = await createTestDatabase(this.plan.servers.postgresUrl);
    this.#closers.push(() => database.drop());
    return database.url;
  }

  async #redis(isOwn: boolean): Promise<string> {
    if (isOwn) {
      const server = await startOwnRedis();
      this.ownRedis = server;
      this.#closers.push(() => server.remove());
      return server.url;
    }
    const redis = await createTestRedis(this.plan.servers.redisUrl);
    this.#closers.push(() => redis.close());
    return redis.url;
  }

  /** A copy of the first relay's ledger, whose processes have ended. @returns what puts it in the ledger's place. */
  async backUpLedger(): Promise<() => Promise<void>> {
    return backUp(this.relay.settings['DATABASE_URL'] ?? '');
  }

  /** For what a scenario opens beside the world. */
  onClose(close: () => Promise<void>): void {
    this.#closers.push(close);
  }

  record(): SandboxRecord {
    return readRecord(this.sandbox.recordFolder);
  }

  async judge(expectsRefusals = false): Promise<Judgement> {
    const lists = await Promise.all(this.installations.map((installation) => installation.listed()));
    const listed = {
      held: new Set(lists.flatMap(({ held }) => [...held])),
      inDoubt: new Set(lists.flatMap(({ inDoubt }) => [...inDoubt])),
    };
    return judge(await this.sandbox.count(), this.record(), listed, expectsRefusals);
  }

  /** Leaves beside the sandbox's record what the processes said and what the ledgers hold. */
  async keepEvidence(): Promise<void> {
    await writeFile(join(this.folder, 'sandbox.log'), this.sandbox.process.stderr());
    for (const [at, installation] of this.installations.entries()) {
      for (const each of installation.processes.started())
        await writeFile(join(this.folder, `relay-${at + 1}-${each.pid}.log`), `${each.stdout()}${each.stderr()}`);
      const dump = await installation.dump().catch((error: unknown) => ({ error: String(error) }));
      await writeFile(join(this.folder, `ledger-${at + 1}.json`), JSON.stringify(dump, null, 1));
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.installations.map(({ processes }) => processes.killAll()));
    await this.sandbox.process.kill('SIGKILL');
    await Promise.all(this.installations.map(({ ledger }) => ledger.end()));
    for (const close of this.#closers) await close();
  }

  async removeFolder(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
