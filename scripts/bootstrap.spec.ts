import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertNodeVersion } from './bootstrap.mjs';
import { withLock } from './bootstrap-lock.mjs';

const quiet = () => undefined;

describe('assertNodeVersion', () => {
  it.each(['20.19.0', '20.20.2', '22.0.0', '24.1.0'])('is content with %s', (version) => {
    expect(() => assertNodeVersion(version)).not.toThrow();
  });

  it.each(['18.20.0', '20.18.3', '20.9.0'])('refuses %s in a sentence', (version) => {
    expect(() => assertNodeVersion(version)).toThrow(`This needs Node 20.19 or newer, and this is ${version}.`);
  });
});

describe('withLock', () => {
  let folder: string;
  let lock: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'relay-lock-'));
    lock = join(folder, 'deep', 'bootstrap.lock');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('lets one process after the other do its work', async () => {
    const journal = join(folder, 'journal');
    const program = `
      import { appendFileSync } from 'node:fs';
      import { setTimeout } from 'node:timers/promises';
      const { withLock } = await import(${JSON.stringify(join(__dirname, 'bootstrap-lock.mjs'))});
      await withLock(${JSON.stringify(lock)}, () => {}, async () => {
        appendFileSync(${JSON.stringify(journal)}, 'begin ' + process.pid + '\\n');
        await setTimeout(20);
        appendFileSync(${JSON.stringify(journal)}, 'end ' + process.pid + '\\n');
      });`;
    const run = () =>
      new Promise<number | null>((resolve) => {
        spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'ignore' }).once('close', resolve);
      });
    expect(await Promise.all([run(), run(), run(), run()])).toEqual([0, 0, 0, 0]);
    const lines = readFileSync(journal, 'utf8').trim().split('\n');
    expect(lines).toHaveLength(8);
    for (let index = 0; index < lines.length; index += 2) {
      expect(lines[index + 1]).toBe(lines[index]?.replace('begin', 'end'));
    }
    expect(readdirSync(join(folder, 'deep'))).toEqual([]);
  });

  it('takes over the lock of a process that has died, also when its id was given out again', async () => {
    await withLock(lock, quiet, async () => undefined); // makes the folder
    writeFileSync(lock, JSON.stringify({ pid: process.pid, startedAt: 'long ago' }));
    expect(await withLock(lock, quiet, async () => 'done')).toBe('done');
    expect(existsSync(lock)).toBe(false);
  });

  it('is released when the work fails', async () => {
    await expect(withLock(lock, quiet, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(existsSync(lock)).toBe(false);
  });
});
