/**
 * `npm run chaos`: makes the checkout ready, builds, and plays the scenarios (apps/chaos), whose options follow `--`:
 * `npm run chaos -- --only kill-mid-post --seed 7`.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { bootstrap, BootstrapError, ROOT } from './bootstrap.mjs';
import { ensureRedis } from './test-requirements.mjs';

try {
  await bootstrap();
  await ensureRedis();
  process.exitCode = await play();
} catch (error) {
  if (!(error instanceof BootstrapError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

function play() {
  const program = join(ROOT, 'apps', 'chaos', 'dist', 'main.js');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...process.argv.slice(2)], { cwd: ROOT, stdio: 'inherit' });
    // Ctrl-C reaches both; this one waits until the other has put everything away.
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
