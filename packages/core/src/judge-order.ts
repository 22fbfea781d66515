import { metaText, reprintIdsOf, SHOP_META, type ShopOrder } from './shop-order.js';

/**
 * Step 1 of an attempt: what the order, as the shop shows it now, allows (protocol, "One attempt", "Transitions", "The
 * marker"). Pure: the caller reads the shop and the ledger, and carries the verdict out.
 */
export type OrderVerdict =
  | {
      readonly kind: 'send';
      /** The marker found, which the ledger knows as harmless. */ readonly marker: string | null;
    }
  /** The shop shows an id: to be checked, then adopted. */
  | { readonly kind: 'adopt'; readonly hft71OrderId: string }
  /** An id that the relay did not write, on an order that only the relay may send. */
  | { readonly kind: 'another-sender'; readonly hft71OrderId: string }
  | { readonly kind: 'hold'; readonly reason: 'order-identity-changed' | 'before-go-live' | 'in-doubt' }
  | { readonly kind: 'leave'; readonly state: 'skipped' | 'cancelled'; readonly status: string }
  | {
      readonly kind: 'doubt';
      readonly cause: 'unknown-marker' | 'another-installation' | 'cancelled';
      readonly marker: string | null;
    }
  /** A reprint was sent that the ledger does not know: it may be this one (a ledger that forgot). */
  | {
      readonly kind: 'doubt';
      readonly cause: 'unknown-reprint-id';
      readonly marker: null;
      readonly reprintIds: readonly string[];
    };

export interface JudgedOrder {
  readonly order: ShopOrder;
  readonly sendableStatuses: readonly string[];
  /** A person wants it made once more: its id is there already, and its status may be any but a cancelled one. */
  readonly isReprint: boolean;
  readonly sameIdentity: boolean;
  /** An earlier attempt's outcome was never proven. */
  readonly hasDoubt: boolean;
  /** Of the baseline, or of the list read when going live: whatever cleared its doubt, it never goes by itself. */
  readonly beforeLive: boolean;
  /** Created before the shop went live, or before a declared restore: an id there may be the earlier sender's. */
  readonly mayHaveForeignId: boolean;
  readonly installationId: string;
  /** A marker that a settlement named. */
  readonly settledMarker: string | null;
  /** Outcome of the attempt with this token; null when the ledger does not know it or it has not ended. */
  readonly outcomeOf: (token: string) => string | null;
  /** HFT71's ids of this order's reprints, as far as the ledger knows them. */
  readonly knownReprintIds: readonly string[];
}

/** Statuses of an order that will not come back by itself. `deleted` is the relay's word for an order that is gone. */
export const CANCELLED_STATUSES: readonly string[] = ['cancelled', 'trash', 'deleted'];

export function judgeOrder(input: JudgedOrder): OrderVerdict {
  const { order, hasDoubt } = input;
  if (!input.sameIdentity) return { kind: 'hold', reason: hasDoubt ? 'in-doubt' : 'order-identity-changed' };

  const hft71OrderId = metaText(order, SHOP_META.hft71OrderId);
  if (hft71OrderId !== null && !input.isReprint)
    return hasDoubt || input.mayHaveForeignId
      ? { kind: 'adopt', hft71OrderId }
      : { kind: 'another-sender', hft71OrderId };

  // What `_hft71_order_id` is to the order: from the write-back on it says what the marker said before.
  if (input.isReprint) {
    const reprintIds = unknownReprintIds(order, input.knownReprintIds);
    if (reprintIds.length > 0) return { kind: 'doubt', cause: 'unknown-reprint-id', marker: null, reprintIds };
  }

  const marker = metaText(order, SHOP_META.marker);
  if (CANCELLED_STATUSES.includes(order.status))
    return hasDoubt
      ? { kind: 'doubt', cause: 'cancelled', marker }
      : { kind: 'leave', state: 'cancelled', status: order.status };
  if (!input.isReprint && !input.sendableStatuses.includes(order.status))
    return hasDoubt ? { kind: 'hold', reason: 'in-doubt' } : { kind: 'leave', state: 'skipped', status: order.status };

  if (marker === null || marker === input.settledMarker) return go(input, marker);
  const parsed = parseMarker(marker);
  if (parsed !== null && parsed.installationId !== input.installationId)
    return { kind: 'doubt', cause: 'another-installation', marker };
  const outcome = parsed === null ? null : input.outcomeOf(parsed.token);
  // `abandoned` is no proof: the worker may have died right after its bytes left under a ledger that forgot the claim.
  if (outcome === 'not_processed' || outcome === 'rejected') return go(input, marker);
  return { kind: 'doubt', cause: 'unknown-marker', marker };
}

/**
 * A look-up that finds nothing under our reference, and a refusal of ours, say nothing of the sender before the relay,
 * which may have had references of its own: only a person lets such an order go. A reprint is a person's word already.
 */
function go({ beforeLive, isReprint, hasDoubt }: JudgedOrder, marker: string | null): OrderVerdict {
  if (beforeLive && !isReprint) return { kind: 'hold', reason: hasDoubt ? 'in-doubt' : 'before-go-live' };
  return { kind: 'send', marker };
}

/** Ids of reprints that the shop's order shows, and that the ledger does not know. */
export function unknownReprintIds(
  order: Pick<ShopOrder, 'meta'>,
  known: readonly (string | null)[],
): readonly string[] {
  return reprintIdsOf(order).filter((id) => !known.includes(id));
}

/** What a person needs to see of such a doubt. */
export function unknownReprintText(ids: readonly string[]): string {
  return `the shop shows ${ids.join(', ')} as made once more, of which the ledger knows nothing: it may be this very reprint`;
}

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const MARKER = new RegExp(`^(${UUID})-(${UUID})$`);

/** `<installation>-<token>`: the shop's second record of an attempt. */
export function makeMarker(installationId: string, token: string): string {
  return `${installationId}-${token}`;
}

export function parseMarker(marker: string): { installationId: string; token: string } | null {
  const match = MARKER.exec(marker);
  return match === null ? null : { installationId: match[1] as string, token: match[2] as string };
}
