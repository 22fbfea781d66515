import type { ConnectedShop, Relay } from '@relay/operations';
import { RefusedRequest } from './answers.js';

/** The shop that the request names; the only one where it names none. @throws RefusedRequest */
export function chosenShop({ shops }: Relay, shopId: string | undefined): ConnectedShop {
  const [first, ...others] = shops.values();
  const known = [...shops.keys()].join(', ');
  if (shopId === undefined && others.length > 0)
    throw new RefusedRequest({
      kind: 'refused',
      what: 'there are several shops',
      toDo: `name one with shop=: ${known}`,
    });
  const shop = shopId === undefined ? first : shops.get(shopId);
  if (shop === undefined)
    throw new RefusedRequest({
      kind: 'refused',
      what: shopId === undefined ? 'no shop is in the settings' : `no shop ${shopId} is in the settings`,
      toDo: known === '' ? 'set WC_BASE_URL and what belongs to it' : `name one of these: ${known}`,
      isUnknown: true,
    });
  return shop;
}
