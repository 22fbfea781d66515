import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isAlive, type ProcessIdentity } from './process-identity.js';

/**
 * Which server runs on a data folder and which program started it, as a file in the folder. A server normally ends with
 * its program (`server-process.ts`); if everything around it was killed at once it may be left over, and the next start
 * on the folder ends it.
 */
interface OwnerRecord {
  readonly server: ProcessIdentity;
  readonly owner: ProcessIdentity;
}

const FILE = 'relay-server.json';
const PATIENCE_MS = 10_000;

export function writeOwnerRecord(folder: string, serverPid: number): void {
  const server = identify(serverPid);
  const owner = identify(process.pid);
  if (server === null || owner === null) return; // it has ended already, which its starter sees too
  writeFileSync(join(folder, FILE), JSON.stringify({ server, owner } satisfies OwnerRecord));
}

export function removeOwnerRecord(folder: string): void {
  rmSync(join(folder, FILE), { force: true });
}

/** Ends a server that was left over on this folder. @throws when the program that started it is still alive. */
export async function endLeftover(folder: string, what: string): Promise<void> {
  const record = readOwnerRecord(folder);
  if (record === null || !isAlive(record.server)) return;
  const { server, owner } = record;
  if (isAlive(owner)) {
    throw new Error(
      `${folder} is in use by the ${what} with process id ${server.pid}, started by process ${owner.pid}.`,
    );
  }
  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    process.kill(server.pid, signal);
    const deadline = Date.now() + PATIENCE_MS;
    while (isAlive(server) && Date.now() < deadline) await sleep(20);
    if (!isAlive(server)) return;
  }
  throw new Error(`The ${what} with process id ${server.pid}, left over on ${folder}, cannot be ended.`);
}

function readOwnerRecord(folder: string): OwnerRecord | null {
  try {
    return JSON.parse(readFileSync(join(folder, FILE), 'utf8')) as OwnerRecord; // written by us alone
  } catch {
    return null; // never started here, or cut short: then there is nothing to end
  }
}
