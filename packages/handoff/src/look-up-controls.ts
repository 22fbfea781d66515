import { randomUUID } from 'node:crypto';
import type { LookUpControls, LookUpReading } from '@relay/core';
import { lookUpControl } from '@relay/ledger';
import type { HandOffContext, ShopRuntime } from './context.js';

type Read = (shop: ShopRuntime, path: string, reference: string) => Promise<LookUpReading>;

/** Both controls count for reads of the same minute; a little less, since the read itself takes time. */
const GOOD_FOR_MS = 45_000;

/**
 * The controls of each look-up, shared by the doubts of one minute: two hundred doubts cost two reads more. Shops of one
 * account may look up by other paths, and what one path finds says nothing of another (protocol: "the same look-up").
 */
export class LookUpControlCache {
  readonly #known = new Map<string, { readonly readAt: number; readonly controls: LookUpControls }>();

  /** @throws CallFailure where HFT71 does not answer now. */
  async read(ctx: HandOffContext, shop: ShopRuntime, path: string, read: Read): Promise<LookUpControls> {
    const lookUp = JSON.stringify([shop.accountId, path, shop.settleMs]);
    const known = this.#known.get(lookUp);
    const readAt = performance.now();
    if (known !== undefined && readAt - known.readAt < GOOD_FOR_MS) return known.controls;
    const control = await lookUpControl(ctx.ledger, shop.accountId, shop.settleMs);
    const controls: LookUpControls = {
      positive:
        control === null
          ? null
          : { hft71OrderId: control.hft71OrderId, reading: await read(shop, path, control.reference) },
      madeUp: await read(shop, path, `made-up-${randomUUID()}`),
    };
    // Without a control yet the next doubt asks the ledger again: an order may have come of age.
    if (control !== null) this.#known.set(lookUp, { readAt, controls });
    return controls;
  }
}
