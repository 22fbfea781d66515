import { wantSweep, type Ledger } from '@relay/ledger';
import type { Logger } from '@relay/observability';

/**
 * Deliveries that were answered 200 while PostgreSQL was away. Kept in memory, bounded: the sweep that is forced
 * afterwards finds the orders by their dates; a process that dies in between leaves it to the next sweep's overlap.
 */
export class DeliveryGap {
  readonly #ledger: Ledger;
  readonly #log: Logger;
  readonly #orderIdsByShop = new Map<string, Set<number>>();
  #timer: NodeJS.Timeout | null = null;

  constructor(ledger: Ledger, log: Logger) {
    this.#ledger = ledger;
    this.#log = log;
  }

  remember(shopId: string, orderId: number | null): void {
    const ids = this.#orderIdsByShop.get(shopId) ?? new Set();
    this.#orderIdsByShop.set(shopId, ids);
    if (orderId !== null && ids.size < MAX_IDS) ids.add(orderId);
    this.#timer ??= setInterval(() => void this.#close(), RETRY_MS);
  }

  /** How many orders wait to be read again. */
  get size(): number {
    return [...this.#orderIdsByShop.values()].reduce((sum, ids) => sum + ids.size, 0);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  async #close(): Promise<void> {
    for (const [shopId, ids] of this.#orderIdsByShop) {
      try {
        await wantSweep(this.#ledger, shopId, [...ids]);
      } catch {
        return; // still away: the next tick tries again
      }
      this.#orderIdsByShop.delete(shopId);
      this.#log.info('a sweep over the gap is forced', { shop: shopId, deliveries: ids.size });
    }
    this.stop();
  }
}

const MAX_IDS = 10_000;
const RETRY_MS = 1_000;
