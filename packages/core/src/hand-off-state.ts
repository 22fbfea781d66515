/** The states of an intent (design, "States of an order's hand-off"). `write_back` uses ready and written_back only. */
export const HAND_OFF_STATES = [
  'waiting',
  'ready',
  'sending',
  'sent',
  'written_back',
  'in_doubt',
  'held',
  'rejected',
  'cancelled',
  'skipped',
  'adopted',
  'shadowed',
  'not_for_hft71',
] as const;
export type HandOffState = (typeof HAND_OFF_STATES)[number];

export type IntentKind = 'send_order' | 'reprint' | 'update_order' | 'update_order_address' | 'write_back';

export type ShopMode = 'connecting' | 'shadow' | 'going_live' | 'live';

/** Why an order is held. `id-belongs-to-order-<N>` names the order that has the id already. */
export type HeldReason =
  | 'before-go-live'
  | 'in-doubt'
  | 'conflict'
  | 'exists'
  | 'reference-taken'
  | 'order-identity-changed'
  | 'mapping'
  | 'person'
  | 'deadline'
  | `id-belongs-to-order-${string}`;

/** What a person is told to do about a held order. One sentence a reason; used by the command and by every list. */
export function whatResolvesHeld(reason: string): string {
  if (reason.startsWith('id-belongs-to-order-'))
    return 'Remove the copied _hft71_order_id in the shop, then: relay orders resolve … --send; or say which HFT71 order is this one: --exists ID.';
  if (/^http-\d+$/.test(reason))
    return 'HFT71 refuses it. Mend the order in the shop: it goes again by itself; or, once HFT71 takes it as it is: relay orders resolve … --send.';
  return (
    HELD_ADVICE[reason] ??
    'Look at the order with `relay orders show`, then say what is true: relay orders resolve … --exists ID or --send.'
  );
}

const HELD_ADVICE: Readonly<Record<string, string>> = {
  'before-go-live':
    'The sender before the relay may have sent it. Look it up at HFT71, then: relay orders resolve … --exists ID, or --send if HFT71 does not have it.',
  'in-doubt':
    'HFT71 may have it. Look it up at HFT71, then: relay orders resolve … --exists ID, or --send if HFT71 does not have it.',
  conflict:
    'Two HFT71 orders may exist for it. Look both up at HFT71, cancel one there, then: relay orders resolve … --exists ID.',
  exists: 'HFT71 says that it exists, but not its id. Look it up at HFT71, then: relay orders resolve … --exists ID.',
  'reference-taken':
    'HFT71 has another order under this reference. Check HFT71_REFERENCE_PREFIX; if the order there is this one: relay orders resolve … --exists ID.',
  'order-identity-changed':
    'The shop uses this order id for another order (a restored database). Compare both orders by hand; send the new one to HFT71 by hand. Where the first one was sent, say then that the new one is settled: relay orders resolve … --exists with the id of the first one.',
  person: 'A person holds it. Let it go with: relay orders release …',
  deadline:
    'It could have gone for a day and did not: the last failure says why. Once that is mended: relay orders release …',
  mapping:
    'Mend the named line or field in the shop: the order goes again by itself; a reprint with: relay orders release …-R2',
};
