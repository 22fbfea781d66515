import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** @returns the program's path; null when there is none. */
export function findRedisServer(env: NodeJS.ProcessEnv = process.env): string | null {
  const named = env.REDIS_SERVER_BIN;
  if (named !== undefined && named !== '') {
    if (isExecutable(named)) return named;
    throw new Error('REDIS_SERVER_BIN names no program that can be run.');
  }
  return onPath('redis-server', env) ?? onPath('valkey-server', env);
}

/** One sentence with the command for this system. */
export function howToInstallRedis(
  platform: NodeJS.Platform = process.platform,
  has = (name: string) => onPath(name) !== null,
): string {
  const how = () => {
    if (platform === 'darwin') return 'run `brew install redis`';
    if (has('apt-get')) return 'run `sudo apt-get install -y redis-server`';
    if (has('dnf')) return 'run `sudo dnf install -y valkey`';
    if (has('apk')) return 'run `sudo apk add redis`';
    return 'run `docker run -d -p 127.0.0.1:6379:6379 redis:7` and set REDIS_URL=redis://127.0.0.1:6379';
  };
  return `Redis is not installed: ${how()}, then try again.`;
}

/** Installs it where that needs nobody's consent: as root on Debian or Ubuntu. @returns its path; null elsewhere. */
export async function installRedisServer(): Promise<string | null> {
  if (process.getuid?.() !== 0 || onPath('apt-get') === null) return null;
  await withoutStartingServices(async () => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const run = promisify(execFile);
    await run('apt-get', ['update', '-qq'], { env });
    const waitForOthers = ['-o', 'DPkg::Lock::Timeout=300'];
    await run('apt-get', [...waitForOthers, 'install', '-y', '-qq', '--no-install-recommends', 'redis-server'], {
      env,
    });
  });
  return findRedisServer();
}

const SERVICE_POLICY = '/usr/sbin/policy-rc.d';
const ALL_FORBIDDEN = '#!/bin/sh\nexit 101\n';

/** Debian starts a service as it is installed, which would hold Redis's usual port; this file says not to. */
async function withoutStartingServices(act: () => Promise<void>): Promise<void> {
  const theirs = existsSync(SERVICE_POLICY); // the machine has a policy already, and it is not ours to change
  if (!theirs) writeFileSync(SERVICE_POLICY, ALL_FORBIDDEN, { mode: 0o755 });
  try {
    await act();
  } finally {
    if (!theirs) rmSync(SERVICE_POLICY, { force: true });
  }
}

function onPath(name: string, env: NodeJS.ProcessEnv = process.env): string | null {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
