import { execFileSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { BootstrapError, ROOT } from './bootstrap.mjs';

const CHROMIUM_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const CHROME_ON_MACOS = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

export async function ensureRedis() {
  const servers = await import(join(ROOT, 'packages', 'local-servers', 'dist', 'index.js'));
  if (servers.findRedisServer() !== null) return;
  process.stderr.write('Installing redis-server …\n');
  const installed = await servers.installRedisServer().catch((error) => {
    throw new BootstrapError(`redis-server could not be installed: ${error.message}`);
  });
  if (installed === null) throw new BootstrapError(servers.howToInstallRedis());
}

/** Only where one of these test files drives a browser. They find it in RELAY_TEST_CHROMIUM. */
export async function ensureChromium(testFiles) {
  if (!testFiles.some((file) => readFileSync(file, 'utf8').includes('playwright-core'))) return;
  let browser = findChromium();
  if (browser === null && mayInstall()) {
    process.stderr.write('Installing chromium …\n');
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    execFileSync('apt-get', ['update', '-qq'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    browser = findChromium();
  }
  if (browser === null)
    throw new BootstrapError('The browser tests need Chromium: install it, or name it in RELAY_TEST_CHROMIUM.');
  process.env.RELAY_TEST_CHROMIUM = browser;
}

function findChromium() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const paths = CHROMIUM_NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  const named = process.env.RELAY_TEST_CHROMIUM;
  return [...(named ? [named] : []), ...paths, CHROME_ON_MACOS].find(isExecutable) ?? null;
}

function mayInstall() {
  return process.getuid?.() === 0 && isExecutable('/usr/bin/apt-get');
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
