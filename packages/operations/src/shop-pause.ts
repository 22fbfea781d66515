import { countWaiting, listShops, pauseShop, resumeShop, type ShopPause } from '@relay/ledger';
import { refused, type Refusal } from './held-orders.js';
import type { Relay } from './relay.js';

export interface ShopAct {
  readonly shopId: string;
  readonly actor: string;
  readonly reason: string;
}

/** `relay shop pause`: nothing of it is sent until a person resumes it; everything else goes on. */
export async function pauseShopByPerson(
  relay: Relay,
  act: ShopAct,
): Promise<{ readonly kind: 'paused'; readonly waiting: number } | Refusal> {
  return (await pauseShop(relay.ledger, act.shopId, act))
    ? { kind: 'paused', waiting: await countWaiting(relay.ledger, act.shopId) }
    : refused(
        `shop ${act.shopId} is paused already, and its reason stays`,
        `relay shop list says since when and why; ${await resumeCommand(relay, act.shopId)} ends it`,
      );
}

/** The line that ends a pause, as it can be typed. */
export async function resumeCommand({ ledger }: Pick<Relay, 'ledger'>, shopId: string): Promise<string> {
  return resumeLine(shopId, (await listShops(ledger)).length > 1);
}

/** @param isNamed whether it has to say which shop: there are several. */
export function resumeLine(shopId: string, isNamed: boolean): string {
  return `relay shop resume${isNamed ? ` --shop ${shopId}` : ''} --reason "WHY"`;
}

/** `relay shop resume`: its orders go again, if it is live. */
export async function resumeShopByPerson(
  relay: Relay,
  act: ShopAct,
): Promise<{ readonly kind: 'resumed'; readonly was: ShopPause; readonly waiting: number } | Refusal> {
  const was = await resumeShop(relay.ledger, act.shopId, act);
  return was === null
    ? refused(`shop ${act.shopId} is not paused`, 'relay shop list says what keeps its orders, if anything does')
    : { kind: 'resumed', was, waiting: await countWaiting(relay.ledger, act.shopId) };
}
