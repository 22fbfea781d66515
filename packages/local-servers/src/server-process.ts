import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.js';
import { removeOwnerRecord, writeOwnerRecord } from './owner-record.js';

export interface LocalServer {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Resolves when the server has ended, also if it had ended before. */
  stop(): Promise<void>;
}

export interface Launch {
  /** `PostgreSQL`, `Redis`: for sentences. */
  readonly what: string;
  readonly program: string;
  readonly args: (port: number) => string[];
  /** Undefined: any free one. */
  readonly port: number | undefined;
  /** Where its data lies; its log goes there too. */
  readonly folder: string;
  readonly logFile: string;
  readonly readyText: string;
  /** The gentle signal first. */
  readonly stopSignals: readonly NodeJS.Signals[];
  /** The folder is nobody's but this server's, and goes with it. */
  readonly removeFolder: boolean;
  readonly user?: { readonly uid: number; readonly gid: number };
}

const TRIES_FOR_A_FREE_PORT = 10;
/** PostgreSQL may have to recover first. */
const START_TIMEOUT_MS = 60_000;
const STOP_PATIENCE_MS = 10_000;

/** Starts a server and waits until it says that it is ready. A free port that someone else was quicker to take is left. */
export async function launch(plan: Launch): Promise<Omit<LocalServer, 'url'>> {
  try {
    return await launchOnSomePort(plan);
  } catch (error) {
    if (plan.removeFolder) rmSync(plan.folder, { recursive: true, force: true });
    throw error;
  }
}

async function launchOnSomePort(plan: Launch): Promise<Omit<LocalServer, 'url'>> {
  for (let tries = 1; ; tries += 1) {
    const port = plan.port ?? (await freePort());
    const child = start(plan, port);
    const failure = await readyOrFailure(child, plan);
    if (failure === null) return running(child, port, plan);
    const portTaken = /address already in use/i.test(failure);
    if (portTaken && plan.port !== undefined) throw new Error(`${plan.what} cannot start: port ${port} is in use.`);
    if (!portTaken || tries === TRIES_FOR_A_FREE_PORT) {
      throw new Error(`${plan.what} did not start:\n${failure.split('\n').slice(-15).join('\n')}`);
    }
  }
}

function start(plan: Launch, port: number): ChildProcess {
  const log = openSync(plan.logFile, 'w');
  const child = spawn(plan.program, plan.args(port), {
    ...plan.user,
    cwd: '/',
    // Its messages are read, so they must be English; and it needs none of our secrets.
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
    // A group of its own: Ctrl-C ends the program, and the program then ends the server when its work is recorded.
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.unref(); // a program that forgets it may end all the same; the guard then ends the server
  return child;
}

/** @returns null when ready, else what the server said before it gave up. */
async function readyOrFailure(child: ChildProcess, plan: Launch): Promise<string | null> {
  let spawnError: Error | null = null;
  child.once('error', (error) => (spawnError = error));
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const log = readFileSync(plan.logFile, 'utf8');
    if (log.includes(plan.readyText)) return null;
    if (spawnError !== null) return String(spawnError);
    if (hasEnded(child))
      return readFileSync(plan.logFile, 'utf8').trimEnd() || `it ended with exit code ${child.exitCode}`;
    await sleep(10);
  }
  child.kill('SIGKILL');
  return `it was not ready within ${START_TIMEOUT_MS / 1000} s`;
}

function running(child: ChildProcess, port: number, plan: Launch): Omit<LocalServer, 'url'> {
  const pid = child.pid as number; // it runs, so it has one
  writeOwnerRecord(plan.folder, pid);
  const guard = startGuard(pid, plan);
  child.once('exit', () => guard.kill('SIGKILL'));
  let stopping: Promise<void> | undefined;
  return { port, pid, stop: () => (stopping ??= stop(child, plan)) };
}

/**
 * A shell that waits for the end of its stdin, which comes with the end of this program whatever killed it, and then
 * ends the server and removes a private folder. Killed itself (a container that goes down, `kill -9` of everything), it
 * leaves the server to the next start on the folder, see `owner-record.ts`.
 */
function startGuard(serverPid: number, { stopSignals, removeFolder, folder }: Launch): ChildProcess {
  const signal = (stopSignals[0] ?? 'SIGTERM').replace('SIG', '');
  const endServer = [
    'while read -r _; do :; done', // no program of its own, which would outlive the shell
    `kill -${signal} "$1"`,
  ];
  // Bounded: where nobody buries the dead, as in many containers, the id of an ended process stays.
  const removeData = [
    'tries=0',
    'while kill -0 "$1" 2> /dev/null && [ "$tries" -lt 50 ]; do tries=$((tries + 1)); sleep 0.1; done',
    'rm -rf "$2"',
  ];
  const script = [...endServer, ...(removeFolder ? removeData : [])].join('\n');
  const guard = spawn('/bin/sh', ['-c', script, 'guard', String(serverPid), folder], {
    cwd: '/',
    env: { PATH: process.env.PATH },
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.on('error', () => undefined); // without a shell the server is left to the next start
  guard.unref();
  if (guard.stdin !== null && 'unref' in guard.stdin) (guard.stdin as unknown as { unref(): void }).unref();
  return guard;
}

async function stop(child: ChildProcess, { stopSignals, removeFolder, folder }: Launch): Promise<void> {
  for (const signal of [...stopSignals, 'SIGKILL'] as const) {
    if (hasEnded(child)) break;
    child.ref();
    const ended = once(child, 'exit');
    child.kill(signal);
    await Promise.race([ended, sleep(STOP_PATIENCE_MS, undefined, { ref: false })]);
  }
  if (removeFolder) rmSync(folder, { recursive: true, force: true });
  else removeOwnerRecord(folder);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
