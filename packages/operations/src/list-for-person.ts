import { whatResolvesHeld } from '@relay/core';
import { heldOrders, ordersInDoubt, type HeldOrder, type OrderInDoubt } from '@relay/ledger';
import type { Relay } from './relay.js';

/** What is not sent and does not go by itself, and what may have been sent: nothing is lost, it stands here. */
export interface ForPerson {
  /** They wait for a person. */
  readonly held: readonly (HeldOrder & { readonly resolvedBy: string })[];
  readonly more: boolean;
  /** They are being settled: by a look-up, by policy, or, when neither can, on the list above. */
  readonly inDoubt: readonly OrderInDoubt[];
  readonly moreInDoubt: boolean;
}

/** @param limit of each of the two lists. */
export async function listForPerson(
  { ledger }: Pick<Relay, 'ledger'>,
  { shopId, limit }: { shopId?: string | undefined; limit: number },
): Promise<ForPerson> {
  // One more than is shown tells whether there are more.
  const filter = { ...(shopId === undefined ? {} : { shopId }), limit: limit + 1 };
  const [held, inDoubt] = await Promise.all([heldOrders(ledger, filter), ordersInDoubt(ledger, filter)]);
  return {
    held: held.slice(0, limit).map((order) => ({ ...order, resolvedBy: whatResolves(order) })),
    more: held.length > limit,
    inDoubt: inDoubt.slice(0, limit),
    moreInDoubt: inDoubt.length > limit,
  };
}

/** The reason of an order whose id the shop uses for another one. */
export const IDENTITY_CHANGED = 'order-identity-changed';

type HeldFor = Pick<HeldOrder, 'reason' | 'identityChanged'>;

/** The shop uses its id for another order, beside what it is held for. */
export function isAlsoAnothers({ reason, identityChanged }: HeldFor): boolean {
  return identityChanged && reason !== IDENTITY_CHANGED;
}

/** What a person does about a held order. Where the shop uses its id for another one, both are to be settled. */
export function whatResolves(held: HeldFor): string {
  const own = whatResolvesHeld(held.reason);
  return isAlsoAnothers(held) ? `${own} ${whatResolvesHeld(IDENTITY_CHANGED)}` : own;
}
