import { randomUUID } from 'node:crypto';
import type { Channel } from '@relay/ledger';
import type { Relay } from '../relay.js';
import type { AlertChannels } from './alert-channels.js';
import { directMessage } from './message-text.js';

/**
 * While PostgreSQL is away nothing can be judged and nothing stored: each process tells so itself, once for each outage,
 * and that it is back. Whatever else keeps the rules from being judged for so long is told in the same way.
 */
export class LedgerAway {
  readonly #relay: Pick<Relay, 'log' | 'settings' | 'processName'>;
  readonly #channels: AlertChannels;
  #failingSince: number | null = null;
  /** Channels that know of this outage. */
  #told = new Set<Channel>();
  #isLogged = false;

  constructor(relay: Pick<Relay, 'log' | 'settings' | 'processName'>, channels: AlertChannels) {
    this.#relay = relay;
    this.#channels = channels;
  }

  /** A channel that fails is tried again with the next failed evaluation. */
  async failed(error: unknown): Promise<void> {
    this.#failingSince ??= performance.now();
    const { log, processName, settings } = this.#relay;
    if (performance.now() - this.#failingSince < settings.alerts.ledgerAwayMs) return;
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    const headline = `[SEV-1] the ledger is away: ${processName} cannot judge any alert (${why})`;
    if (!this.#isLogged) log.error(headline);
    this.#isLogged = true;
    const untold = this.#channels.names.filter((channel) => !this.#told.has(channel));
    for (const channel of await this.#send(headline, untold)) this.#told.add(channel);
  }

  async worked(): Promise<void> {
    this.#failingSince = null;
    if (!this.#isLogged) return;
    const told = [...this.#told];
    this.#told = new Set();
    this.#isLogged = false;
    const headline = `the ledger is back: ${this.#relay.processName} judges alerts again`;
    this.#relay.log.info(headline);
    await this.#send(headline, told);
  }

  /** @returns the channels that took it. */
  async #send(headline: string, channels: readonly Channel[]): Promise<Channel[]> {
    const message = directMessage(headline, this.#relay.settings.alerts.runbook, `ledger-${randomUUID()}`);
    const taken = await Promise.all(
      channels.map(async (channel) => {
        try {
          await this.#channels.send(channel, message);
          return [channel];
        } catch (error) {
          this.#relay.log.warn('an alert could not be delivered', { channel, error });
          return [];
        }
      }),
    );
    return taken.flat();
  }
}
