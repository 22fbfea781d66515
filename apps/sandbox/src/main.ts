import { parseOptions, UsageError, type SandboxOptions } from './options.js';
import { startSandbox } from './sandbox.js';

async function main(): Promise<void> {
  let options: SandboxOptions;
  try {
    options = parseOptions(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(64);
  }
  const sandbox = await startSandbox(options);
  const end = () => void sandbox.stop().then(() => process.exit(0));
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  process.once('disconnect', end); // whoever started it over IPC died without a word
  process.stdout.write(`${JSON.stringify({ ready: true, ...sandbox })}\n`);
}

await main();
