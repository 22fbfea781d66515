import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { projectFile } from './project-file.js';
import type { Environment } from './relay-settings.js';
import { startProcess, type ProcessEnd, type StartedProcess } from './start-process.js';
import { waitFor } from './wait-for.js';

export interface WorkerOptions<Step extends string = string> {
  readonly settings?: Environment;
  /** Kills itself, or stops itself, at this step of the first order that gets there. */
  readonly failAt?: { readonly step: Step; readonly signal?: 'SIGKILL' | 'SIGSTOP' };
  /** For Node itself. */
  readonly nodeArgs?: readonly string[];
}

/** The relay's programs as they are built, each a process of its own. */
export class RelayProcesses {
  readonly #started: StartedProcess[] = [];

  constructor(
    readonly settings: Environment,
    /** Where they run: no .env lies there. */
    readonly folder: string,
    /** For Node itself, whatever program it runs. */
    readonly nodeArgs: readonly string[] = [],
  ) {}

  /** A worker as it is built, or the one with a failpoint. */
  async startWorker({ settings = {}, failAt, nodeArgs = [] }: WorkerOptions = {}): Promise<StartedProcess> {
    const common = { env: { ...this.settings, ...settings }, cwd: this.folder };
    const forNode = [...this.nodeArgs, ...nodeArgs];
    const worker =
      failAt === undefined
        ? startProcess({ script: projectFile('apps/worker/dist/main.js'), nodeArgs: forNode, ...common })
        : startProcess({
            script: projectFile('apps/worker/src/testing/failpoint-worker.ts'),
            args: ['--at', failAt.step, '--signal', failAt.signal ?? 'SIGKILL'],
            nodeArgs: ['--import', pathToFileURL(projectFile('node_modules/tsx/dist/esm/index.mjs')).href, ...forNode],
            ...common,
          });
    this.#started.push(worker);
    await worker.waitForLine('worker started', 40_000);
    return worker;
  }

  /** Another program of the house, stopped with the rest. */
  async startProgram(script: string, settings: Environment, readyLine: string | RegExp): Promise<StartedProcess> {
    const program = startProcess({
      script: projectFile(script),
      env: { ...this.settings, ...settings },
      cwd: this.folder,
      nodeArgs: this.nodeArgs,
    });
    this.#started.push(program);
    await program.waitForLine(readyLine, 40_000);
    return program;
  }

  started(): readonly StartedProcess[] {
    return this.#started;
  }

  async killAll(): Promise<void> {
    for (const { pid } of this.#started) wake(pid);
    await Promise.all(this.#started.map((started) => started.kill('SIGKILL')));
  }

  /** The end of what they said, for a test that failed. */
  lastWords(): string {
    return this.#started
      .map((each) => `--- ${each.pid}\n${`${each.stdout()}${each.stderr()}`.split('\n').slice(-30).join('\n')}`)
      .join('\n');
  }
}

/** Waits until a process has stopped itself (SIGSTOP). */
export async function waitUntilStopped({ pid }: StartedProcess, timeoutMs = 20_000): Promise<void> {
  await waitFor(async () => / T /.test((await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/\(.*\)/, '')), {
    what: `process ${pid} to stop itself`,
    timeoutMs,
  });
}

/** Waits for the end of a process that ends itself. */
export async function waitForEnd(started: StartedProcess, timeoutMs = 20_000): Promise<ProcessEnd> {
  const late = new AbortController();
  const overdue = sleep(timeoutMs, undefined, { signal: late.signal }).then(() => {
    throw new Error(`Waited ${timeoutMs} ms in vain for the end of process ${started.pid}`);
  });
  try {
    return await Promise.race([started.ended, overdue]);
  } finally {
    late.abort();
    overdue.catch(() => undefined);
  }
}

/** A stopped process takes no SIGTERM; the killed one is gone already. */
export function wake(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // It has ended.
  }
}
