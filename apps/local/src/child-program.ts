import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { once } from 'node:events';
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
  stop(): Promise<void>;
}

const STOP_PATIENCE_MS = 35_000;

/**
 * One of the project's programs as a process of its own. In a process group of its own, so that Ctrl-C reaches only this
 * program, which then stops the others in order; the IPC channel tells them when this program dies without a word.
 */
export function startProgram(plan: {
  name: string;
  script: string;
  args?: readonly string[];
  env: Readonly<Record<string, string>>;
  logFile: string;
}): { program: ChildProgram; child: ChildProcess } {
  const log = openSync(plan.logFile, 'a');
  const child = spawn(process.execPath, [projectFile(plan.script), ...(plan.args ?? [])], {
    cwd: projectFile('.'),
    env: { PATH: process.env['PATH'], ...plan.env },
    stdio: ['ignore', 'pipe', log, 'ipc'],
    detached: true,
  });
  closeSync(log);
  const logStdout = openSync(plan.logFile, 'a');
  let stopping = false;
  child.stdout?.on('data', (chunk: Buffer) => {
    writeSync(logStdout, chunk);
  });
  const ended = once(child, 'exit').then(([code, signal]) => {
    closeSync(logStdout);
    return `${plan.name} ended (${String(signal ?? code)})`;
  });
  return {
    child,
    program: {
      name: plan.name,
      endedByItself: new Promise((resolve) => {
        void ended.then((how) => {
          if (!stopping) resolve(`${how}: ${lastLine(plan.logFile)}`);
        });
      }),
      stop: async () => {
        stopping = true;
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill('SIGTERM');
        const timer = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
        await ended;
        clearTimeout(timer);
      },
    },
  };
}

function lastLine(logFile: string): string {
  return readFileSync(logFile, 'utf8').trim().split('\n').at(-1)?.slice(0, 500) ?? '';
}
