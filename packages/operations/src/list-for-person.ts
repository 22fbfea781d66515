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

/** What a person does about a held order. Where the shop uses its id for another one, both are to be settled. */
export function whatResolves({ reason, identityChanged }: Pick<HeldOrder, 'reason' | 'identityChanged'>): string {
  return identityChanged && reason !== IDENTITY
    ? `${whatResolvesHeld(reason)} ${whatResolvesHeld(IDENTITY)}`
    : whatResolvesHeld(reason);
}

const IDENTITY = 'order-identity-changed';
