import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EXIT_CODES } from '@relay/config';
import { assertNoProcessLeft, startProcess, type StartedProcess } from '@relay/testing';
import { CannotStart, House } from './house.js';

const SILENT = { step: () => {}, progress: () => {}, line: () => {}, problem: () => {} };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'relay-local-'));
  chmodSync(folder, 0o755); // for PostgreSQL's user, where this is root
});
afterEach(async () => {
  await assertNoProcessLeft();
  rmSync(folder, { recursive: true, force: true });
});

/** `npm start` without its install step, from the build; its temporary folders lie in this test's. */
function start(args: string[], env: Record<string, string> = {}): StartedProcess {
  const build = pathToFileURL(join(__dirname, '../dist/index.js')).href;
  const program = `const { runLocally } = await import(${JSON.stringify(build)});
    process.exitCode = await runLocally(${JSON.stringify(args)});`;
  return startProcess({
    script: '-e',
    args: [program],
    nodeArgs: ['--input-type=module'],
    env: { WC_BASE_URL: '', HFT71_BASE_URL: '', TMPDIR: folder, ...env },
  });
}

it('starts with a log that leaves the programs’ lines out', async () => {
  const local = start(['--once', '--json', '--orders', '1'], { LOG_LEVEL: 'error' });
  expect(await local.ended).toEqual({ code: EXIT_CODES.ok, signal: null });
  expect(JSON.parse(local.stdout())).toMatchObject({ orders: 1, sent: 1, writtenBack: 1, duplicates: 0 });
}, 90_000);

it.each([
  ['PostgreSQL …', [], EXIT_CODES.ok],
  ['Migrations …', ['--once'], EXIT_CODES.failed],
  ['worker …', [], EXIT_CODES.ok],
])(
  'Ctrl-C at "%s" ends it, and what was started so far',
  async (step, args, code) => {
    const local = start(args);
    await local.waitForLine(step, 40_000);
    expect(await local.kill('SIGINT')).toEqual({ code, signal: null });
    expect(local.stderr()).toBe('');
    expect(readdirSync(folder).filter((name) => name.startsWith('hft71-relay-'))).toEqual([]);
  },
  90_000,
);

it('refuses a real shop with a provider on this machine before anything is started', async () => {
  const local = start([], { WC_BASE_URL: 'https://shop.example', HFT71_BASE_URL: 'http://127.0.0.1:8090' });
  expect(await local.ended).toEqual({ code: EXIT_CODES.config, signal: null });
  expect(local.stderr()).toMatch(/^HFT71_BASE_URL is on this machine and WC_BASE_URL is not: .*\n$/);
  expect(local.stdout()).toBe('');
});

it('says in one sentence that a start runs already in the folder, and leaves that one alone', async () => {
  const { signal } = new AbortController();
  const first = new House(SILENT, folder, signal);
  const second = new House(SILENT, folder, signal);
  try {
    await first.startPostgres();
    await first.startRedis();
    await expect(second.startPostgres()).rejects.toThrow(CannotStart);
    await expect(second.startRedis()).rejects.toThrow(/^`npm start` runs already in this folder: [^\n]*$/);
    await second.close();
    expect(await first.startRedis().catch(String)).toContain('runs already'); // so they are up
  } finally {
    await first.close();
  }
});
