import { loadSettings } from '@relay/config';
import { createLogger } from '@relay/observability';
import { openRelay, type Relay } from '@relay/operations';
import type { Cli } from './cli.js';

/**
 * Opens the relay for one command. Its log goes to stderr, so that stdout holds the answer alone.
 * Production follows the settings of its workers and apis, and not those of a command.
 */
export async function withRelay<T>(cli: Cli, work: (relay: Relay) => Promise<T>): Promise<T> {
  const settings = loadSettings(cli.env);
  const log = createLogger({ level: 'warn', service: 'cli', stream: cli.stderr });
  const relay = await openRelay(settings, log, { changesNothing: true });
  try {
    return await work(relay);
  } finally {
    await relay.close();
  }
}
