import { EXIT_CODES, loadSettings, readEnvironment, SettingsError } from '@relay/config';
import { createLogger } from '@relay/observability';
import { AccountChanged, assertMaySend, NotMigrated, openRelay, UnsafeToSend } from '@relay/operations';
import { WrongSecretKey } from '@relay/ledger';
import { startWorker } from './worker.js';

/** Settings → relay → worker, until SIGTERM or SIGINT. */
try {
  const settings = loadSettings(readEnvironment(process.cwd()));
  const log = createLogger({ level: settings.logLevel, service: 'worker' });
  settings.warnings.forEach((warning) => log.warn(warning));
  const relay = await openRelay(settings, log);
  await assertMaySend(relay);
  const worker = await startWorker(relay);

  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    await worker.stop();
    await relay.close();
    log.info('worker stopped');
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
  // Started by another program of the project (npm start) that died without a word.
  process.on('disconnect', () => void stop());
} catch (error) {
  if (!(
    error instanceof SettingsError ||
    error instanceof NotMigrated ||
    error instanceof WrongSecretKey ||
    error instanceof AccountChanged ||
    error instanceof UnsafeToSend
  ))
    throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(EXIT_CODES.config);
}
