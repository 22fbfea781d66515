/**
 * `npm start`: makes the checkout ready and runs the relay on this machine (apps/local). `--once`, `--json`, `--orders N`
 * are apps/local's.
 */
import { bootstrap, BootstrapError } from './bootstrap.mjs';

try {
  await bootstrap();
  const { runLocally } = await import('../apps/local/dist/index.js');
  process.exitCode = await runLocally(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof BootstrapError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
