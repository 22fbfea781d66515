import type { Budget } from '@relay/budget';
import type { Installation, Ledger } from '@relay/ledger';
import type { Logger, Metrics } from '@relay/observability';
import type { Settings, ShopSettings } from '@relay/config';
import type { ShopRuntime } from '@relay/handoff';
import type { IntakeContext, IntakeShop, PollingShop } from '@relay/intake';
import type { Redis } from 'ioredis';

/** The id of the shop that comes from the environment. */
export const ENVIRONMENT_SHOP_ID = 'main';

/** Everything that an app needs, put together once from the settings. */
export interface Relay {
  readonly settings: Settings;
  readonly ledger: Ledger;
  readonly redis: Redis;
  readonly installation: Installation;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly shops: ReadonlyMap<string, ConnectedShop>;
  /** Named in the evidence and in the logs: host and pid. */
  readonly processName: string;
  close(): Promise<void>;
}

/** One shop with its clients: what the hand-off needs and what the ways in need, in one. */
export type ConnectedShop = ShopRuntime &
  IntakeShop &
  PollingShop & {
    readonly settings: ShopSettings;
    /** Of the shop's host (`WC_RATE_LIMIT`), shared by all shops on it. */
    readonly hostBudget: Budget;
  };

export function intakeContext(relay: Relay, onReceived?: () => void): IntakeContext {
  return {
    ledger: relay.ledger,
    installation: relay.installation,
    log: relay.log,
    ...(onReceived === undefined ? {} : { onReceived }),
  };
}

/** ioredis repeats the same fault several times a second while Redis is away: one line for each outage. */
export function quietly(log: Logger, what: string): (error: Error) => void {
  let lastAt = 0;
  return (error) => {
    if (Date.now() - lastAt > 30_000) log.error(`${what} does not answer`, { error });
    lastAt = Date.now();
  };
}

/** The guarantee is per account: its orders may not move to another one by a change of settings. */
export class AccountChanged extends Error {
  override readonly name = 'AccountChanged';
  constructor(now: string) {
    super(
      `HFT71_BASE_URL or HFT71_USERNAME changed (now ${now}), and this ledger's orders are at the account before. ` +
        'Set them back, or start with a new DATABASE_URL.',
    );
  }
}
