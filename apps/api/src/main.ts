import { EXIT_CODES, loadSettings, readEnvironment } from '@relay/config';
import { createLogger } from '@relay/observability';
import { ensureAdmin, isMisconfiguration, openPatiently } from '@relay/operations';
import { startApi } from './index.js';

/** A stop that takes longer is cut short: everything that matters is in the ledger. */
const STOP_GRACE_MS = 6_000;

async function main(): Promise<void> {
  const settings = loadSettings(readEnvironment());
  const log = createLogger({ level: settings.logLevel, service: 'api' });
  settings.warnings.forEach((warning) => log.warn(warning));

  const stopping = new AbortController();
  const stopped = new Promise<void>((resolve) => {
    const stop = () => {
      stopping.abort();
      setTimeout(() => process.exit(EXIT_CODES.ok), STOP_GRACE_MS).unref();
      resolve();
    };
    // disconnect: started by another program of the project (npm start) that died without a word.
    process.once('SIGTERM', stop).once('SIGINT', stop).once('disconnect', stop);
  });

  const relay = await openPatiently(settings, log, stopping.signal);
  if (relay === null) return;
  await ensureAdmin(relay);
  const api = await startApi(relay);
  log.info('api listening', { url: api.url });
  if (process.connected) process.send?.('ready'); // to npm start; the log may be set to leave its lines out
  await stopped;
  await api.close();
  await relay.close();
  log.info('api stopped');
}

main().then(
  () => process.exit(EXIT_CODES.ok),
  (error: unknown) => {
    const isKnown = isMisconfiguration(error);
    const portTaken = (error as { code?: unknown }).code === 'EADDRINUSE';
    if (portTaken) console.error('The port of PORT is in use: set PORT to a free one.');
    else console.error(isKnown ? error.message : error);
    process.exit(isKnown ? EXIT_CODES.config : EXIT_CODES.failed);
  },
);
