/**
 * Makes a fresh checkout ready: the right Node, the dependencies of the lockfile, the build. Plain Node, since nothing
 * is installed yet. `npm start` and `npm test` begin with it; when everything is in place it takes a second.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './bootstrap-lock.mjs';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

const LEAST_NODE = [20, 19];
const LOCKFILE = join(ROOT, 'package-lock.json');
const MODULES = join(ROOT, 'node_modules');
/** The hash of the lockfile that was installed. `npm ci` removes it with the folder. */
const INSTALLED_HASH = join(MODULES, '.relay-lock-hash');

const NO_TELEMETRY = { TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', CHECKPOINT_DISABLE: '1' };

/** A sentence for a person; no stack belongs to it. */
export class BootstrapError extends Error {
  name = 'BootstrapError';
}

/** @throws BootstrapError */
export async function bootstrap() {
  assertNodeVersion();
  await withLock(join(ROOT, '.relay', 'bootstrap.lock'), say, async () => {
    await installDependencies();
    await build();
  });
}

export function assertNodeVersion(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  const isEnough = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
  if (!isEnough) throw new BootstrapError(`This needs Node ${LEAST_NODE.join('.')} or newer, and this is ${version}.`);
}

export async function installDependencies() {
  const hash = createHash('sha256').update(readFileSync(LOCKFILE)).digest('hex');
  if (dependenciesAreInstalled(hash)) return;
  say('Installing dependencies …');
  await run('npm', ['ci', '--no-audit', '--no-fund'], 'The dependencies could not be installed');
  writeFileSync(INSTALLED_HASH, hash);
}

export async function build() {
  say('Building …');
  const turbo = join(MODULES, 'turbo', 'bin', 'turbo');
  await run(
    process.execPath,
    [turbo, 'run', 'build', '--concurrency=100%', '--output-logs=errors-only'],
    'The build failed',
  );
}

/** Where someone has installed by hand, npm's own record must be as new as the lockfile. */
function dependenciesAreInstalled(hash) {
  if (existsSync(INSTALLED_HASH)) return readFileSync(INSTALLED_HASH, 'utf8').trim() === hash;
  const npmRecord = join(MODULES, '.package-lock.json');
  if (!existsSync(npmRecord) || statSync(npmRecord).mtimeMs < statSync(LOCKFILE).mtimeMs) return false;
  writeFileSync(INSTALLED_HASH, hash);
  return true;
}

/** Quiet: the output is shown only when it failed. */
function run(program, args, failure) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: ROOT,
      env: { ...process.env, ...NO_TELEMETRY },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.once('error', (error) => reject(new BootstrapError(`${failure}: ${error.message}`)));
    child.once('close', (code) => {
      if (code === 0) return resolve();
      process.stderr.write(output.map(String).join(''));
      reject(new BootstrapError(`${failure}: ${program} ended with exit code ${code}.`));
    });
  });
}

/** Progress goes to stderr: stdout is for what a program was asked for. */
function say(line) {
  process.stderr.write(`${line}\n`);
}
