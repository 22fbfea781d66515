import { EXIT_CODES, loadSettings, readEnvironment } from '@relay/config';
import { createLogger } from '@relay/observability';
import { assertMaySend, isMisconfiguration, openPatiently } from '@relay/operations';
import { startWorker } from './worker.js';

/** Settings → relay → worker, until SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const settings = loadSettings(readEnvironment());
  const log = createLogger({ level: settings.logLevel, service: 'worker' });
  settings.warnings.forEach((warning) => log.warn(warning));

  const stopping = new AbortController();
  const stopped = new Promise<void>((resolve) => {
    const stop = () => {
      stopping.abort();
      resolve();
    };
    // disconnect: started by another program of the project (npm start) that died without a word.
    process.once('SIGTERM', stop).once('SIGINT', stop).once('disconnect', stop);
  });

  const relay = await openPatiently(settings, log, stopping.signal);
  if (relay === null) return;
  await assertMaySend(relay);
  const worker = await startWorker(relay);
  if (process.connected) process.send?.('ready'); // to npm start; the log may be set to leave its lines out
  await stopped;
  await worker.stop();
  await relay.close();
  log.info('worker stopped');
}

main().then(
  () => process.exit(EXIT_CODES.ok),
  (error: unknown) => {
    process.stderr.write(`${isMisconfiguration(error) ? error.message : String((error as Error).stack ?? error)}\n`);
    process.exit(isMisconfiguration(error) ? EXIT_CODES.config : EXIT_CODES.failed);
  },
);
