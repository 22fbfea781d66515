import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../../../', import.meta.url);

/** Path of a file of the project, from its root. */
export function projectFile(path: string): string {
  return fileURLToPath(new URL(path, ROOT));
}

export interface ChildProgram {
  readonly name: string;
  /** Resolves with a sentence when it ends without having been asked to. */
  readonly endedByItself: Promise<string>;
  /** That it said so over the IPC channel: its log, which is for people, may be set to leave such a line out. */
  waitUntilReady(): Promise<void>;
  /** The first line of its output that holds this text. */
  waitForLine(text: string): Promise<string>;
  stop(): Promise<void>;
}

const STOP_PATIENCE_MS = 35_000;
const LOOK_EVERY_MS = 30;

/**
 * One of the project's programs as a process of its own, writing to a log file. In a process group of its own, so that
 * Ctrl-C reaches only this program, which then stops the others in order; the IPC channel tells them when this program
 * dies without a word.
 */
export function startProgram(plan: {
  name: string;
  script: string;
  args?: readonly string[];
  env: Readonly<Record<string, string>>;
  logFile: string;
}): ChildProgram {
  const log = openSync(plan.logFile, 'w');
  const child = spawn(process.execPath, [projectFile(plan.script), ...(plan.args ?? [])], {
    cwd: projectFile('.'),
    env: { PATH: process.env['PATH'], ...plan.env },
    stdio: ['ignore', log, log, 'ipc'],
    detached: true,
  });
  closeSync(log);
  let stopping = false;
  const lines = () => readFileSync(plan.logFile, 'utf8').split('\n');
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const ended = once(child, 'exit').then(
    ([code, signal]) =>
      `${plan.name} ended (${String(signal ?? code)}): ${lines().findLast((line) => line !== '') ?? ''}`,
  );
  const ready = new Promise<void>((resolve) => {
    child.on('message', (message) => {
      if (message === 'ready') resolve();
    });
  });
  const endedTooSoon = async (): Promise<never> => {
    throw new Error(await ended);
  };
  return {
    name: plan.name,
    endedByItself: new Promise((resolve) => {
      void ended.then((how) => {
        if (!stopping) resolve(how);
      });
    }),
    waitUntilReady: () => Promise.race([ready, endedTooSoon()]),
    waitForLine: async (text) => {
      for (;;) {
        // The last line may be half written.
        const line = lines()
          .slice(0, -1)
          .find((candidate) => candidate.includes(text));
        if (line !== undefined) return line;
        if (hasEnded()) return endedTooSoon();
        await sleep(LOOK_EVERY_MS);
      }
    },
    stop: async () => {
      stopping = true;
      if (hasEnded()) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}
