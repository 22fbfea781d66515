import { loadShopSettings, type RawEnvironment, type Settings, type ShopSettings } from '@relay/config';
import { SecretBox } from '@relay/core';
import { storedShopSettings, storeShopSettings, writeAudit, WrongSecretKey, type Ledger } from '@relay/ledger';
import { refused, type Refusal } from './held-orders.js';
import { ENVIRONMENT_SHOP_ID, type Relay } from './relay.js';

const boxOf = ({ secretKeys }: Settings) => new SecretBox(secretKeys, 'shop-settings');

/**
 * The shop of the environment, and those whose settings live in the ledger. @throws WrongSecretKey; SettingsError where a
 * stored shop's settings are not good for this version any more.
 */
export async function allShopSettings(ledger: Ledger, settings: Settings): Promise<Map<string, ShopSettings>> {
  const all = new Map<string, ShopSettings>();
  if (settings.shop !== null) all.set(ENVIRONMENT_SHOP_ID, settings.shop);
  for (const { shopId, closed } of await storedShopSettings(ledger)) {
    const opened = boxOf(settings).open(closed);
    if (opened === null) throw new WrongSecretKey();
    all.set(shopId, loadShopSettings(JSON.parse(opened) as RawEnvironment));
  }
  return all;
}

const SHOP_ID = /^[a-z][a-z0-9-]{0,31}$/;

/**
 * `relay shop add`: another shop beside that of the environment. Running workers and apis take it in at their next start.
 * @param raw its WC_* and HFT71_*. @param replace whether those of a known one may be. @throws SettingsError
 */
export async function addShop(
  relay: Relay,
  shop: { id: string; raw: RawEnvironment; actor: string; replace?: boolean },
): Promise<{ kind: 'added' | 'replaced' } | Refusal> {
  const { ledger, settings } = relay;
  if (!SHOP_ID.test(shop.id))
    return refused(`${shop.id} cannot be a shop's id`, 'use small letters, digits and -, beginning with a letter');
  if (shop.id === ENVIRONMENT_SHOP_ID && settings.shop !== null)
    return refused(`the shop ${shop.id} comes from the environment`, 'change it there, or choose another id');
  const isKnown = relay.shops.has(shop.id);
  if (isKnown && shop.replace !== true)
    return refused(
      `the shop ${shop.id} is known already: its keys, HFT71_LINES and all other settings would be replaced`,
      'choose another id, or say --replace',
    );
  const wanted = loadShopSettings(shop.raw);
  const clash = clashOf(relay, shop.id, wanted);
  if (clash !== null) return clash;
  await storeShopSettings(ledger, { shopId: shop.id, closed: boxOf(settings).close(JSON.stringify(shop.raw)) });
  await writeAudit(ledger, { actor: shop.actor, action: 'shop add', subject: shop.id, details: { replaced: isKnown } });
  return { kind: isKnown ? 'replaced' : 'added' };
}

/** Two shops of one account with one prefix would make two orders one at HFT71; two ids of one shop would send it twice. */
function clashOf({ shops }: Relay, id: string, wanted: ShopSettings): Refusal | null {
  for (const other of shops.values()) {
    if (other.id === id) continue;
    const { woocommerce, hft71 } = other.settings;
    if (woocommerce.baseUrl === wanted.woocommerce.baseUrl)
      return refused(`${wanted.woocommerce.baseUrl} is the shop ${other.id} already`, 'a shop has one id');
    const sameAccount = hft71.baseUrl === wanted.hft71.baseUrl && hft71.username === wanted.hft71.username;
    if (sameAccount && hft71.referencePrefix === wanted.hft71.referencePrefix)
      return refused(
        `the shop ${other.id} uses the same HFT71 account with the same references`,
        'give one of them an HFT71_REFERENCE_PREFIX of its own, e.g. HFT71_REFERENCE_PREFIX=B-',
      );
  }
  return null;
}
