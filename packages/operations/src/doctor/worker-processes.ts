import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { WorkerBeat } from '@relay/ledger';

/** What this machine knows of a worker that fell silent. */
export type ProcessState = 'stopped' | 'alive' | 'gone' | 'elsewhere';

/** Looks at the process itself where it runs on this machine, and at nothing else. */
export function processState({ host, pid }: WorkerBeat): ProcessState {
  if (host !== hostname()) return 'elsewhere';
  const stat = readIfThere(`/proc/${pid}/stat`);
  // The name may hold blanks and brackets; the state stands behind its last bracket.
  if (stat !== null) return /^ [Tt] /.test(stat.slice(stat.lastIndexOf(')') + 1)) ? 'stopped' : 'alive';
  return isAlive(pid) ? 'alive' : 'gone';
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null; // it has ended, or this system has no /proc
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
