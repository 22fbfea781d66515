import { listShops } from '@relay/ledger';
import type { ConnectedShop, Relay } from '@relay/operations';
import { Refused } from './answer.js';
import { EXIT } from './exit-codes.js';

/** The shop that `--shop` names; the only one where it is left out. */
export function chosenShop(relay: Relay, shopId: string | undefined): ConnectedShop {
  const known = [...relay.shops.keys()].join(', ');
  const [first, ...others] = relay.shops.values();
  if (first === undefined)
    throw new Refused(
      {
        what: 'no shop is in the settings',
        toDo: 'set WC_BASE_URL and what belongs to it; .env.example explains each',
      },
      EXIT.config,
    );
  if (shopId === undefined && others.length > 0)
    throw new Refused({ what: 'there are several shops', toDo: `name one with --shop: ${known}` });
  const shop = shopId === undefined ? first : relay.shops.get(shopId);
  if (shop === undefined)
    throw new Refused({
      what: `no shop ${shopId} is in the settings`,
      toDo: `name one of these with --shop: ${known}`,
    });
  return shop;
}

/** The shop of the ledger that `--shop` names, also one without settings here; the only one where it is left out. */
export async function oneShopId(relay: Relay, shopId: string | undefined): Promise<string> {
  const known = await listShops(relay.ledger);
  const [only, ...others] = known;
  if (shopId === undefined && others.length > 0)
    throw new Refused({
      what: 'there are several shops',
      toDo: `name one with --shop: ${known.map(({ id }) => id).join(', ')}`,
    });
  return (await knownShopId(relay, shopId ?? only?.id)) ?? chosenShop(relay, undefined).id;
}

/** A filter on a shop that nobody knows would show an empty list, which reads as "all is well". */
export async function knownShopId(relay: Relay, shopId: string | undefined): Promise<string | undefined> {
  const shops = await listShops(relay.ledger);
  if (shopId === undefined || shops.some(({ id }) => id === shopId)) return shopId;
  throw new Refused({
    what: `no shop ${shopId} is known`,
    toDo: `name one of these with --shop: ${shops.map(({ id }) => id).join(', ') || '(none yet: start a worker)'}`,
  });
}
