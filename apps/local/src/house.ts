import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import {
  findRedisServer,
  howToInstallRedis,
  installRedisServer,
  startPostgres,
  startRedis,
  type LocalServer,
} from '@relay/local-servers';
import { projectFile, startProgram, type ChildProgram } from './child-program.js';
import type { Say } from './say.js';
import { Stopped, unlessStopped } from './unless-stopped.js';

/** Something that cannot be started, in one sentence. */
export class CannotStart extends Error {
  override readonly name = 'CannotStart';
}

/**
 * What was started, to be stopped in the reverse order. A folder of its own: kept for a real shop (the ledger is the
 * record of truth), a temporary one for the sandbox, whose shop lives in memory. After a stop nothing more is started,
 * and nothing is waited for but by `close`.
 */
export class House {
  readonly folder: string;
  readonly #say: Say;
  readonly #stop: AbortSignal;
  readonly #isTemporary: boolean;
  readonly #stops: (() => Promise<void>)[] = [];
  readonly #endings: Promise<string>[] = [];
  #closing: Promise<void> | null = null;

  constructor(say: Say, folder: string | null, stop: AbortSignal) {
    this.#say = say;
    this.#stop = stop;
    this.#isTemporary = folder === null;
    this.folder = folder ?? mkdtempSync(join(tmpdir(), 'hft71-relay-'));
    mkdirSync(join(this.folder, 'logs'), { recursive: true });
    // PostgreSQL drops to an unprivileged user when this is root: it must be able to pass through.
    if (this.#isTemporary) chmodSync(this.folder, 0o755);
  }

  /** Durable: live mode sends, and a forgotten commit is an order sent twice. */
  async startPostgres(): Promise<string> {
    this.#say.step('PostgreSQL …');
    return this.#startServer(() => startPostgres({ durable: true, dataDir: join(this.folder, 'postgres') }));
  }

  async startRedis(): Promise<string> {
    this.#say.step('Redis …');
    if (findRedisServer() === null) {
      if (process.getuid?.() === 0) this.#say.step('Redis is not installed: installing it …');
      const installed = await unlessStopped(this.#stop, () => installRedisServer().catch(() => null));
      if (installed === null) throw new CannotStart(howToInstallRedis());
    }
    return this.#startServer(() => startRedis({ dir: join(this.folder, 'redis') }));
  }

  /** One that is still starting when the house closes is stopped as soon as it has started. */
  async #startServer(start: () => Promise<LocalServer>): Promise<string> {
    try {
      return await unlessStopped(this.#stop, async () => {
        const starting = start();
        this.#stops.push(async () => (await starting.catch(() => null))?.stop());
        return (await starting).url;
      });
    } catch (error) {
      throw error instanceof Stopped ? error : new CannotStart(whyNot(error));
    }
  }

  /** In a process group of its own, and waited for by `close`: broken off, a migration must be mended by hand. */
  async migrate(databaseUrl: string): Promise<void> {
    this.#say.step('Migrations …');
    await unlessStopped(this.#stop, async () => {
      const migrating = applyMigrations(databaseUrl);
      this.#stops.push(() => migrating.catch(() => undefined));
      await migrating;
    });
  }

  /** @returns what `isReady` waited for. */
  async startProgram<T>(
    plan: { name: string; script: string; args?: readonly string[]; env: Readonly<Record<string, string>> },
    isReady: (program: ChildProgram) => Promise<T>,
  ): Promise<T> {
    this.#say.step(`${plan.name} …`);
    try {
      return await unlessStopped(this.#stop, () => {
        const program = startProgram({ ...plan, logFile: join(this.folder, 'logs', `${plan.name}.log`) });
        this.#keep(program);
        return isReady(program);
      });
    } catch (error) {
      throw error instanceof Stopped ? error : new CannotStart(messageOf(error));
    }
  }

  /** Done when the house closes, before the programs that were started earlier are stopped. */
  onClose(act: () => Promise<void>): void {
    this.#stops.push(act);
  }

  #keep(program: ChildProgram): void {
    this.#stops.push(() => program.stop());
    this.#endings.push(program.endedByItself);
  }

  /** @throws Stopped at the stop; CannotStart with a sentence when a program ends without having been asked to. */
  async whileAllRun<T>(work: () => Promise<T>): Promise<T> {
    const ended = Promise.race(this.#endings).then((how) => {
      throw new CannotStart(how);
    });
    return unlessStopped(this.#stop, () => Promise.race([work(), ended]));
  }

  untilStopped(): Promise<never> {
    return this.whileAllRun(() => new Promise(() => undefined));
  }

  /** Stops everything, last started first. Safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      for (const stop of this.#stops.reverse())
        await stop().catch((error: unknown) => this.#say.problem(String(error)));
      if (this.#isTemporary) rmSync(this.folder, { recursive: true, force: true });
    })();
    return this.#closing;
  }
}

async function applyMigrations(databaseUrl: string): Promise<void> {
  const prisma = projectFile('node_modules/prisma/build/index.js');
  const child = spawn(process.execPath, [prisma, 'migrate', 'deploy', '--config', projectFile('prisma.config.ts')], {
    cwd: projectFile('.'),
    env: { ...process.env, DATABASE_URL: databaseUrl, CHECKPOINT_DISABLE: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0) throw new CannotStart(`The migrations could not be applied:\n${said.trim()}`);
}

const IN_USE = /is in use by the|lock file "postmaster\.pid" already exists/;

/** The data folder is one start's alone; who holds it is told by the servers' own refusal. */
function whyNot(error: unknown): string {
  const why = messageOf(error);
  return IN_USE.test(why)
    ? '`npm start` runs already in this folder: use the one that runs, or stop it with Ctrl-C and start again.'
    : why;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
