import { rankOf } from '@relay/core';
import { tellUnknownShopStatus, UNKNOWN_SHOP_STATUS } from '@relay/handoff';
import { UNKNOWN_HFT71_STATUS } from '@relay/intake';
import { followStatusRules, openAlerts, resolveAlerts } from '@relay/ledger';
import type { ConnectedShop, Relay } from './relay.js';

/**
 * Compares `HFT71_STATUS_MAPPING` with the statuses that the shop has; alerts about rows that name another one, and about
 * statuses of HFT71's that are in the table by now, come and go with it.
 * @returns the statuses of the table that the shop does not know. @throws CallFailure when the shop does not answer.
 */
export async function checkStatusMapping(
  { ledger, log }: Pick<Relay, 'ledger' | 'log'>,
  shop: ConnectedShop,
): Promise<string[]> {
  const { rows } = shop.statuses.mapping;
  const named = [...new Set(rows.flatMap(({ shopStatus }) => (shopStatus === null ? [] : [shopStatus])))];
  const unknown = await shop.woocommerce.unknownStatuses(named);
  for (const status of unknown) await tellUnknownShopStatus({ ledger, log }, shop, status);
  for (const { kind, subject } of await openAlerts(ledger)) {
    const [shopId, ...rest] = subject.split('/');
    const status = rest.join('/');
    if (shopId !== shop.id) continue;
    const isMended =
      (kind === UNKNOWN_SHOP_STATUS && !unknown.includes(status)) ||
      (kind === UNKNOWN_HFT71_STATUS && rankOf(shop.statuses.mapping, status) !== null);
    if (isMended) await resolveAlerts(ledger, [kind], subject);
  }
  const orders = await followStatusRules(ledger, shop.id, rulesText(shop));
  if (orders > 0) log.info('the settings of statuses changed: recent orders are shown anew', { shop: shop.id, orders });
  return unknown;
}

/** What decides over the shop's status. */
function rulesText({ statuses: { mapping, mixedOrders, backwards } }: ConnectedShop): string {
  return JSON.stringify([
    mapping.rows.map(({ hft71Status, shopStatus }) => [hft71Status, shopStatus]),
    mixedOrders,
    backwards,
  ]);
}
