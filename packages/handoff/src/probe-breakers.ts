import { CallFailure } from '@relay/core';
import { halfOpen, takeProbe, type BreakerOf } from '@relay/ledger';
import type { HandOffContext, ShopRuntime } from './context.js';

/**
 * Breakers that opened by themselves are probed until something answers, and never with an order: HFT71 by a log-in and
 * the first line of its stock, a shop's host by one order's id. After a good probe one order at a time finds out the rest.
 */
export async function probeBreakers(
  ctx: Pick<HandOffContext, 'ledger' | 'log' | 'onProgress'>,
  shops: Iterable<ShopRuntime>,
): Promise<void> {
  const probed = new Set<string>();
  for (const shop of shops) {
    const account: BreakerOf = { kind: 'account', id: shop.accountId };
    const host: BreakerOf = { kind: 'host', id: shop.host };
    const probes: [BreakerOf, () => Promise<unknown>][] = [
      [account, () => shop.hft71.reading('probe').stockPage(1, 1)],
      [host, () => shop.woocommerce.listOrders({ perPage: 1 })],
    ];
    for (const [of, probe] of probes) {
      if (probed.has(of.id)) continue;
      probed.add(of.id);
      await probeOne(ctx, of, probe);
    }
  }
}

async function probeOne(
  ctx: Pick<HandOffContext, 'ledger' | 'log' | 'onProgress'>,
  of: BreakerOf,
  probe: () => Promise<unknown>,
): Promise<void> {
  const taken = await takeProbe(ctx.ledger, of);
  if (taken === null) return;
  try {
    await probe();
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error;
    ctx.log.info('a probe failed: the breaker stays open', { breaker: of.kind, id: of.id, error });
    return;
  }
  if (!(await halfOpen(ctx.ledger, of, taken.openSince))) return;
  ctx.log.warn('a probe was answered: the breaker is half-open', { breaker: of.kind, id: of.id });
  ctx.onProgress();
}
