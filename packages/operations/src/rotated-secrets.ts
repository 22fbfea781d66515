import { keyedHash, SecretBox } from '@relay/core';
import type { WebhookSecrets } from '@relay/intake';
import {
  storedWebhookSecrets,
  type Installation,
  type Ledger,
  type StoredWebhookSecret,
  type WebhookSide,
} from '@relay/ledger';
import type { Logger } from '@relay/observability';

interface Of {
  readonly ledger: Ledger;
  readonly installation: Installation;
  readonly secretKeys: readonly string[];
  readonly log: Logger;
}

interface Opened {
  readonly insteadOf: string;
  readonly current: string;
  readonly previous: readonly string[];
  /** On the monotonic clock. */
  readonly previousEndsAt: number;
}

/** A delivery that fits no secret makes the ledger be asked, and not more often than this. */
const ASK_AGAIN_MS = 1_000;
/** So old they are read anew beside the work: a secret that was dropped is refused soon, not only once another came. */
const STALE_MS = 15_000;

/** Within this every process takes a secret that was stored. Wait so long before the other side is told. */
export const SECRETS_TAKEN_WITHIN_MS = ASK_AGAIN_MS + 500;

/**
 * The webhooks' secrets that `relay webhook rotate` has made, over those of the settings: no process has to be restarted.
 * They count as long as the setting is the one that they were made instead of. While PostgreSQL is away those last read count.
 */
export class RotatedSecrets {
  readonly #of: Of;
  readonly #box: SecretBox;
  #opened = new Map<string, Opened>();
  #readAt = -Infinity;
  #reading: Promise<boolean> | null = null;
  #text = '';

  constructor(of: Of) {
    this.#of = of;
    this.#box = webhookSecretBox(of.secretKeys);
  }

  /** @returns whether anything is other than before. */
  load(): Promise<boolean> {
    this.#reading ??= this.#load().finally(() => (this.#reading = null));
    return this.#reading;
  }

  of(shopId: string, side: WebhookSide, setting: readonly string[]): WebhookSecrets {
    const insteadOf = settingHash(this.#of.installation, setting);
    return {
      accepted: () => {
        const nowMs = performance.now();
        if (nowMs - this.#readAt > STALE_MS) void this.#refresh();
        const rotated = this.#opened.get(keyOf({ shopId, side }));
        if (rotated?.insteadOf !== insteadOf) return setting;
        return [rotated.current, ...(nowMs < rotated.previousEndsAt ? rotated.previous : [])];
      },
      refresh: () => this.#refresh(),
    };
  }

  async #refresh(): Promise<boolean> {
    if (this.#reading === null && performance.now() - this.#readAt < ASK_AGAIN_MS) return false;
    try {
      return await this.load();
    } catch (error) {
      this.#of.log.warn('the webhooks’ secrets could not be read: those known go on counting', { error });
      return false;
    }
  }

  async #load(): Promise<boolean> {
    this.#readAt = performance.now(); // also of one that fails: it is not tried at each delivery
    const stored = await storedWebhookSecrets(this.#of.ledger);
    this.#opened = new Map(stored.flatMap((row) => this.#open(row)));
    const text = JSON.stringify(stored.map(({ closed, previousClosed }) => [closed, previousClosed]));
    const changed = text !== this.#text;
    this.#text = text;
    return changed;
  }

  /** Closed under another RELAY_SECRET_KEY: as if there were none. */
  #open(row: StoredWebhookSecret): [string, Opened][] {
    const current = this.#box.open(row.closed);
    if (current === null) return [];
    const previous = openPrevious(this.#box, row);
    const previousEndsAt = row.previousForMs === null ? Infinity : performance.now() + row.previousForMs;
    return [[keyOf(row), { insteadOf: row.insteadOf, current, previous, previousEndsAt }]];
  }
}

export function webhookSecretBox(secretKeys: readonly string[]): SecretBox {
  return new SecretBox(secretKeys, 'webhook-secret');
}

export function settingHash({ hashKey }: Installation, setting: readonly string[]): string {
  return keyedHash(hashKey, setting[0] ?? '');
}

export function openPrevious(box: SecretBox, { previousClosed }: StoredWebhookSecret): readonly string[] {
  const opened = previousClosed === null ? null : box.open(previousClosed);
  return opened === null ? [] : (JSON.parse(opened) as string[]);
}

function keyOf({ shopId, side }: Pick<StoredWebhookSecret, 'shopId' | 'side'>): string {
  return `${shopId} ${side}`;
}
