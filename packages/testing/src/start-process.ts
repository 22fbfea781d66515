import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { waitFor } from './wait-for.js';

export interface ProcessOptions {
  /** Node program, compiled. */
  readonly script: string;
  readonly args?: readonly string[];
  /** The whole environment beside PATH: what this process knows of real shops must not reach the one under test. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** For Node itself: `['--import', 'tsx']` runs a source. */
  readonly nodeArgs?: readonly string[];
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface StartedProcess {
  readonly pid: number;
  readonly ended: Promise<ProcessEnd>;
  stdout(): string;
  stderr(): string;
  /** The first line of stdout or stderr that matches, also one that is there already. Fails at once if the process ends. */
  waitForLine(pattern: RegExp | string, timeoutMs?: number): Promise<string>;
  /** Sends the signal and waits for the end. */
  kill(signal?: NodeJS.Signals): Promise<ProcessEnd>;
}

const alive = new Map<ChildProcess, string>();

export function startProcess({ script, args = [], env = {}, cwd, nodeArgs = [] }: ProcessOptions): StartedProcess {
  const child = spawn(process.execPath, [...nodeArgs, script, ...args], {
    ...(cwd === undefined ? {} : { cwd }),
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  alive.set(child, [script, ...args].join(' '));
  child.once('exit', () => alive.delete(child));
  // `close` comes after `exit`, when both outputs are read to their end.
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });

  return {
    pid: child.pid ?? -1,
    ended,
    stdout: () => output.stdout,
    stderr: () => output.stderr,

    async waitForLine(pattern, timeoutMs = 15_000) {
      const matches = (line: string) => (typeof pattern === 'string' ? line.includes(pattern) : pattern.test(line));
      const find = () => `${output.stdout}\n${output.stderr}`.split('\n').find(matches);
      const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
      const what = `a line with ${String(pattern)} from ${script}`;
      await waitFor(() => find() !== undefined || hasEnded(), { what, timeoutMs }).catch((error: Error) => {
        throw new Error(`${error.message}. It said:\n${output.stdout}${output.stderr}`);
      });
      if (hasEnded()) await ended;
      const line = find();
      if (line === undefined) throw new Error(`No ${what} before its end. It said:\n${output.stdout}${output.stderr}`);
      return line;
    },

    async kill(signal = 'SIGTERM') {
      if (alive.has(child)) child.kill(signal);
      return ended;
    },
  };
}

/** For `afterEach`: fails a test that left a process behind, and ends the process. */
export async function assertNoProcessLeft(): Promise<void> {
  const left = [...alive];
  for (const [child] of left) {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
  if (left.length > 0) throw new Error(`Left running by the test: ${left.map(([, command]) => command).join('; ')}`);
}
