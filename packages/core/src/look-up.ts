/**
 * What a look-up by reference says, and what it proves (protocol, "Surely absent"). The endpoint is assumed: it may
 * ignore its filter, cut its list, lag, or answer for something else. So absence is believed only beside a positive and a
 * negative control by the same look-up.
 */
export type LookUpAnswer =
  /** 200 with a body that could be read. Compare references exactly: the host may search loosely. */
  | { readonly kind: 'orders'; readonly orders: readonly FoundOrder[] }
  /** 404: counts as absence only if a made-up reference gets it too. */
  | { readonly kind: 'not-found' }
  /** 200, but proves nothing: not JSON, another shape, or a list that fills its page and may go on. */
  | { readonly kind: 'unreadable'; readonly reason: string };

export interface FoundOrder {
  readonly orderId: string;
  readonly referenceId: string;
}

export type LookUpReading =
  | { readonly kind: 'found'; readonly hft71OrderId: string }
  | { readonly kind: 'several'; readonly hft71OrderIds: readonly string[] }
  | {
      readonly kind: 'none';
      readonly by404: boolean;
      /** Orders of other references came: the filter is loose, or ignored. */
      readonly others: boolean;
    }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** Exact match, as text. An id that comes twice is one order. */
export function readLookUp(answer: LookUpAnswer, reference: string): LookUpReading {
  if (answer.kind === 'unreadable') return answer;
  if (answer.kind === 'not-found') return { kind: 'none', by404: true, others: false };
  const ids = [
    ...new Set(answer.orders.filter((order) => order.referenceId === reference).map((order) => order.orderId)),
  ];
  const [first] = ids;
  if (first === undefined) return { kind: 'none', by404: false, others: answer.orders.length > 0 };
  return ids.length === 1 ? { kind: 'found', hft71OrderId: first } : { kind: 'several', hft71OrderIds: ids };
}

/** Reads of the same look-up within the same minute. */
export interface LookUpControls {
  /** Of the account's latest reference that was accepted at least settle before; null while there is none. */
  readonly positive: { readonly hft71OrderId: string; readonly reading: LookUpReading } | null;
  /** Of a reference that nobody has. */
  readonly madeUp: LookUpReading;
}

/** @returns null when the absence is sure, else what it lacks. */
export function whyNotSure(own: Extract<LookUpReading, { kind: 'none' }>, controls: LookUpControls): string | null {
  const { positive, madeUp } = controls;
  if (positive === null) return 'no accepted order is old enough to try the look-up with';
  if (positive.reading.kind !== 'found' || positive.reading.hft71OrderId !== positive.hft71OrderId)
    return `the look-up does not find HFT71’s order ${positive.hft71OrderId}, which is there`;
  if (madeUp.kind !== 'none' || madeUp.others) return 'the look-up answers orders for a reference that nobody has';
  if (own.by404 && !madeUp.by404) return 'the look-up answers 404 for this reference, and not for one that nobody has';
  return null;
}
