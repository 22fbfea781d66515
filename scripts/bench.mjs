/** `npm run bench -- --only polling --json`: builds, and measures (apps/bench), whose options follow `--`. */
import { bootstrap, BootstrapError, ROOT } from './bootstrap.mjs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

try {
  await bootstrap();
  const program = join(ROOT, 'apps', 'bench', 'dist', 'main.js');
  process.exitCode = spawnSync(process.execPath, [program, ...process.argv.slice(2)], { stdio: 'inherit' }).status ?? 1;
} catch (error) {
  if (!(error instanceof BootstrapError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
