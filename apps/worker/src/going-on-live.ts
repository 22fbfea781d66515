import { goOnGoingLive, type ConnectedShop, type Relay } from '@relay/operations';

/**
 * Looks whether a shop was left in the middle of going live (`relay mode live` was killed, or its machine), and goes on
 * with it: until then its orders wait, and neither sweeps nor alerts look at it.
 * @throws where something stands against it: told once, and tried again.
 */
export async function goOnLive(
  relay: Relay,
  verified: ReadonlyMap<string, ConnectedShop>,
  onReceived: () => void,
): Promise<void> {
  const against: string[] = [];
  for (const shop of verified.values()) {
    const went = await goOnGoingLive(relay, shop, onReceived);
    if (went?.kind === 'live') relay.log.warn('going live had been broken off: it was gone on with', { shop: shop.id });
    if (went?.kind === 'refused')
      against.push(...went.refusals.map(({ what, toDo }) => `${shop.id}: ${what}: ${toDo}`));
  }
  if (against.length > 0) throw new Error(against.join('; '));
}
