import { execFile } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { mayEnter, type User } from './unprivileged-user.js';

const HOME_OF_MOVED_DATA = '/var/lib/hft71-relay';

/** Makes the folder if need be, gives it to the user, and says where it really lies. */
export function prepareDataFolder(dataDir: string, user: User | undefined): string {
  mkdirSync(dirname(dataDir), { recursive: true });
  const isNew = lstatSync(dataDir, { throwIfNoEntry: false }) === undefined;
  if (isNew && user !== undefined && !mayEnter(dirname(dataDir), user)) moveAside(dataDir);
  mkdirSync(dataDir, { recursive: true });
  const folder = realpathSync(dataDir);
  chmodSync(folder, 0o700); // PostgreSQL refuses anything more open
  if (user !== undefined) {
    chownSync(folder, user.uid, user.gid);
    if (!mayEnter(folder, user)) {
      throw new Error(`${folder} lies below a folder that PostgreSQL's user may not enter: name one elsewhere.`);
    }
  }
  return folder;
}

export function temporaryDataFolder(user: User | undefined): string {
  return prepareDataFolder(mkdtempSync(join(tmpdir(), 'relay-postgres-data-')), user);
}

/** Below a closed folder, as root's home is, a link stands for the data, which lie where their user can reach them. */
function moveAside(dataDir: string): void {
  mkdirSync(HOME_OF_MOVED_DATA, { recursive: true, mode: 0o755 });
  symlinkSync(mkdtempSync(join(HOME_OF_MOVED_DATA, 'postgres-')), dataDir);
}

export function hasCluster(folder: string): boolean {
  return existsSync(join(folder, 'PG_VERSION'));
}

export async function createCluster(plan: {
  readonly initdb: string;
  readonly folder: string;
  readonly user: User | undefined;
  readonly superuser: string;
  readonly password: string;
  readonly durable: boolean;
}): Promise<void> {
  const secrets = mkdtempSync(join(tmpdir(), 'relay-postgres-'));
  const passwordFile = join(secrets, 'password');
  try {
    writeFileSync(passwordFile, `${plan.password}\n`, { mode: 0o600 });
    if (plan.user !== undefined) {
      chownSync(passwordFile, plan.user.uid, plan.user.gid);
      chownSync(secrets, plan.user.uid, plan.user.gid);
    }
    const args = ['-D', plan.folder, '-U', plan.superuser, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
    args.push('--encoding=UTF8', '--locale=C', ...(plan.durable ? [] : ['--no-sync']));
    await promisify(execFile)(plan.initdb, args, {
      ...plan.user,
      cwd: '/',
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
    });
  } catch (error) {
    const said = (error as { stderr?: string }).stderr;
    throw new Error(`PostgreSQL could not make its data folder: ${said ?? String(error)}`, { cause: error });
  } finally {
    rmSync(secrets, { recursive: true, force: true });
  }
}

/**
 * `postmaster.pid` outlives a server that was killed. PostgreSQL looks whether its process id is alive, but not what
 * process that is by now: after a restart of the machine it may be any.
 */
export function removeStaleLock(folder: string): void {
  const lock = join(folder, 'postmaster.pid');
  if (!existsSync(lock)) return;
  const pid = Number(readFileSync(lock, 'utf8').split('\n')[0]);
  if (process.platform !== 'linux' || !Number.isInteger(pid)) return; // PostgreSQL's own check has to do
  if (!isPostgres(pid)) rmSync(lock, { force: true });
}

function isPostgres(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('postgres');
  } catch {
    return false;
  }
}
