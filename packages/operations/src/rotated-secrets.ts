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
import { z } from 'zod';

interface Of {
  readonly ledger: Ledger;
  readonly installation: Installation;
  readonly secretKeys: readonly string[];
  readonly log: Logger;
}

interface Opened {
  readonly insteadOf: string;
  readonly current: string;
  /** With their ends on the monotonic clock. */
  readonly previous: readonly { readonly secret: string; readonly endsAt: number }[];
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
        const previous = rotated.previous.filter(({ endsAt }) => nowMs < endsAt);
        return [rotated.current, ...previous.map(({ secret }) => secret)];
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
    const nowMs = performance.now();
    const previous = openPrevious(this.#box, row).map(({ secret, untilMs }) => ({
      secret,
      endsAt: nowMs + Math.min(row.previousForMs ?? Infinity, (untilMs ?? Infinity) - row.readAtMs),
    }));
    return [[keyOf(row), { insteadOf: row.insteadOf, current, previous }]];
  }
}

export function webhookSecretBox(secretKeys: readonly string[]): SecretBox {
  return new SecretBox(secretKeys, 'webhook-secret');
}

export function settingHash({ hashKey }: Installation, setting: readonly string[]): string {
  return keyedHash(hashKey, setting[0] ?? '');
}

/** A secret before the current one. It ends with the rotation that followed it, whatever rotations come after that. */
export interface PreviousSecret {
  readonly secret: string;
  /** By the database's clock, in ms since 1970; null: as long as the row says. */
  readonly untilMs: number | null;
}

/** As they are closed: one before the latest as its text alone. */
const previousList = z.array(z.union([z.string(), z.object({ secret: z.string(), untilMs: z.number().nullable() })]));

export function openPrevious(box: SecretBox, { previousClosed }: StoredWebhookSecret): PreviousSecret[] {
  const opened = previousClosed === null ? null : box.open(previousClosed);
  if (opened === null) return [];
  const list = previousList.parse(JSON.parse(opened));
  return list.map((each) => (typeof each === 'string' ? { secret: each, untilMs: null } : each));
}

function keyOf({ shopId, side }: Pick<StoredWebhookSecret, 'shopId' | 'side'>): string {
  return `${shopId} ${side}`;
}
