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
} from '@relay/local-servers';
import { projectFile, startProgram, type ChildProgram } from './child-program.js';
import type { Say } from './say.js';

/** Something that cannot be started, in one sentence. */
export class CannotStart extends Error {
  override readonly name = 'CannotStart';
}

/**
 * What was started, to be stopped in the reverse order. A folder of its own: kept for a real shop (the ledger is the
 * record of truth), a temporary one for the sandbox, whose shop lives in memory.
 */
export class House {
  readonly folder: string;
  readonly #say: Say;
  readonly #isTemporary: boolean;
  readonly #stops: (() => Promise<void>)[] = [];
  readonly #endings: Promise<string>[] = [];
  #closing: Promise<void> | null = null;

  constructor(say: Say, folder: string | null) {
    this.#say = say;
    this.#isTemporary = folder === null;
    this.folder = folder ?? mkdtempSync(join(tmpdir(), 'hft71-relay-'));
    mkdirSync(join(this.folder, 'logs'), { recursive: true });
    // PostgreSQL drops to an unprivileged user when this is root: it must be able to pass through.
    if (this.#isTemporary) chmodSync(this.folder, 0o755);
  }

  /** Durable: live mode sends, and a forgotten commit is an order sent twice. */
  async startPostgres(): Promise<string> {
    this.#say.step('PostgreSQL …');
    const server = await startPostgres({ durable: true, dataDir: join(this.folder, 'postgres') });
    this.#stops.push(() => server.stop());
    return server.url;
  }

  async startRedis(): Promise<string> {
    this.#say.step('Redis …');
    if (findRedisServer() === null) {
      this.#say.step('Redis is not installed: installing it …');
      if ((await installRedisServer().catch(() => null)) === null) throw new CannotStart(howToInstallRedis());
    }
    const server = await startRedis({ dir: join(this.folder, 'redis') });
    this.#stops.push(() => server.stop());
    return server.url;
  }

  async migrate(databaseUrl: string): Promise<void> {
    this.#say.step('Migrations …');
    const prisma = projectFile('node_modules/prisma/build/index.js');
    const child = spawn(process.execPath, [prisma, 'migrate', 'deploy', '--config', projectFile('prisma.config.ts')], {
      cwd: projectFile('.'),
      env: { ...process.env, DATABASE_URL: databaseUrl, CHECKPOINT_DISABLE: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    if (code !== 0) throw new CannotStart(`The migrations could not be applied:\n${said.trim()}`);
  }

  /** @param isReady a text on its stdout that says so; resolves with the line. */
  async startProgram(plan: {
    name: string;
    script: string;
    args?: readonly string[];
    env: Readonly<Record<string, string>>;
    isReady: string;
  }): Promise<string> {
    this.#say.step(`${plan.name} …`);
    const program = startProgram({ ...plan, logFile: join(this.folder, 'logs', `${plan.name}.log`) });
    this.#keep(program);
    try {
      return await program.waitForLine(plan.isReady);
    } catch (error) {
      throw new CannotStart(error instanceof Error ? error.message : String(error));
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

  /** Resolves with a sentence when one of the programs ends without having been asked to. */
  get somethingEnded(): Promise<string> {
    return Promise.race(this.#endings);
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
