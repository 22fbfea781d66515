import { closeBreaker, loadAccount, resolveAlerts, writeAudit } from '@relay/ledger';
import type { ConnectedShop, Relay } from './relay.js';

/**
 * A person closes the breaker of the shop's account, having settled what opened it: a stopped account is never closed by
 * anything else. @returns false when it was closed already.
 */
export async function closeStoppedBreaker(
  relay: Relay,
  shop: ConnectedShop,
  by: { actor: string; reason: string },
): Promise<boolean> {
  const before = await loadAccount(relay.ledger, shop.accountId);
  if (!(await closeBreaker(relay.ledger, shop.accountId))) return false;
  await writeAudit(relay.ledger, {
    ...by,
    action: 'breaker close',
    subject: `${before?.baseUrl ?? ''} as ${before?.username ?? ''}`,
    details: { openedBy: before?.breakerOwner ?? null, openedFor: before?.breakerReason ?? null },
  });
  await resolveAlerts(relay.ledger, ['another sender', 'another installation is sending'], shop.id);
  return true;
}
