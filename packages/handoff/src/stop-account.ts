import { raiseAlert, stopAccount, type IntentView } from '@relay/ledger';
import type { HandOffContext, ShopRuntime } from './context.js';

/**
 * Somebody else sends this shop's orders: the plugin is on, or another installation. Nothing more goes out of this
 * account until a person has looked and closed the breaker.
 */
export async function stopForAnotherSender(
  ctx: HandOffContext,
  shop: ShopRuntime,
  intent: IntentView,
  sign: { hft71OrderId: string } | { marker: string | null },
): Promise<void> {
  const [kind, message] =
    'hft71OrderId' in sign
      ? [
          'another sender',
          `order ${intent.orderId} shows the HFT71 id ${sign.hft71OrderId}, which the relay did not write`,
        ]
      : [
          'another installation is sending',
          `order ${intent.orderId} shows a marker of another relay: ${sign.marker ?? ''}`,
        ];
  await stopAccount(ctx.ledger, shop.accountId, `${kind}: ${message}`);
  const isNew = await raiseAlert(ctx.ledger, { kind, severity: 1, subject: shop.id, message });
  if (isNew)
    ctx.log.error(`SEV-1 ${kind}: the account is stopped`, { orderId: intent.orderId, shop: shop.id, message });
}
