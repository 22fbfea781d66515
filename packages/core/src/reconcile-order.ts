import type { HandOffState } from './hand-off-state.js';

/** How shop, ledger and HFT71 can disagree about one order, and what settles each. */
export const DISAGREEMENTS = {
  'not-in-ledger': {
    what: 'sendable in the shop, and not in the ledger',
    toDo: 'It has been received now. If there are many: relay shop check says why webhooks and sweeps missed them.',
  },
  'sent-elsewhere': {
    what: 'the shop shows an HFT71 id of an order that the relay never handed over',
    toDo: 'An earlier sender’s: relay import takes them over, so that their statuses are followed.',
  },
  'id-not-in-ledger': {
    what: 'not sent by the ledger, and the shop shows an HFT71 id',
    toDo: 'Look who sent it: relay orders show N. relay import adopts it if the id is this order’s.',
  },
  'not-sent': {
    what: 'sendable in the shop, and held or refused: HFT71 does not have it',
    toDo: 'relay orders held says what each waits for. Once the cause of many is mended: relay resend plan --state held,rejected shows which of them a campaign sends, and what becomes of the others.',
  },
  'other-id': {
    what: 'the shop shows another HFT71 id than the ledger',
    toDo: 'Two HFT71 orders may exist: look both ids up at HFT71, and cancel one there. If the ledger’s stays, set _hft71_order_id in the shop to it. If the shop’s stays: relay orders write-back N --reason … (it is held as a conflict), then relay orders resolve N --exists with the shop’s id.',
  },
  'id-not-in-shop': {
    what: 'sent by the ledger, and the shop shows no HFT71 id',
    toDo: 'relay orders write-back N --reason … writes it once more; after a restore of the shop, --from-reconcile instead of numbers takes all.',
  },
  'reprint-not-in-shop': {
    what: 'a reprint sent by the ledger, and the shop does not show its HFT71 id',
    toDo: 'relay orders write-back N-R2 --reason … adds it once more, --from-reconcile instead of numbers all.',
  },
  'reprint-not-in-ledger': {
    what: 'the shop shows a reprint’s HFT71 id of which the ledger knows nothing',
    toDo: 'Look it up at HFT71. If a reprint of the order is held and it is that one: relay orders resolve N-R2 --exists with it. If it is none of this order’s, remove it from _hft71_reprint_ids in the shop; while it stays there, the order is not reprinted.',
  },
  'id-twice': {
    what: 'one HFT71 id at several orders',
    toDo: 'A copied order carries it: find the order that it belongs to at HFT71, and remove _hft71_order_id from the others in the shop.',
  },
  'unknown-at-hft71': {
    what: 'HFT71 does not know the id',
    toDo: 'Ask HFT71 for it with the reference in relay orders show N. If HFT71 never had the order: relay orders reprint N.',
  },
  'status-behind': {
    what: 'HFT71 tells another status than the ledger knows, and no poll reads it by itself',
    toDo: 'relay poll N reads it now; relay statuses says what keeps it back.',
  },
  'shop-status-behind': {
    what: 'the shop shows another HFT71 status than the ledger knows',
    toDo: 'relay orders write-back N --reason … writes it once more, --from-reconcile instead of numbers all; relay statuses says what keeps it back.',
  },
  'gone-from-shop': {
    what: 'an order that is or may be at HFT71, and the shop does not have it any more',
    toDo: 'If it was deleted by mistake, restore it in the shop. To stop it at HFT71, cancel it there by hand.',
  },
} as const satisfies Record<string, { what: string; toDo: string }>;
export type Disagreement = keyof typeof DISAGREEMENTS;

/** What a write-back settles, and nothing else is to be looked at first: another id in the shop is not among them. */
export const SETTLED_BY_WRITE_BACK: readonly Disagreement[] = [
  'id-not-in-shop',
  'reprint-not-in-shop',
  'shop-status-behind',
];

export interface ShopSide {
  readonly status: string;
  /** `_hft71_order_id` */
  readonly hft71OrderId: string | null;
  /** `_hft71_last_status` */
  readonly lastStatus: string | null;
  /** `_hft71_reprint_ids` */
  readonly reprintIds: readonly string[];
}

export interface LedgerSide {
  /** null: no hand-off of it was ever begun. */
  readonly state: HandOffState | null;
  readonly reason: string | null;
  readonly hft71OrderId: string | null;
  /** HFT71's, of the least advanced line, as it was read last. */
  readonly status: string | null;
  /** What is to be shown in the shop is on its way there. */
  readonly writesBack: boolean;
  /** It has an id there, or may have one: a doubt, a refusal that names it, or it is on its way. */
  readonly mayBeAtHft71: boolean;
  /** Those that have an id. `isShown`: the shop has shown it, or should by now. */
  readonly reprints: readonly { readonly copy: number; readonly hft71OrderId: string; readonly isShown: boolean }[];
}

export interface Disagrees {
  readonly kind: Disagreement;
  /** Of a reprint: 2, 3, … */
  readonly copy?: number;
  readonly detail: string;
}

/**
 * What disagrees between what a shop shows and what the ledger says of one order. Both sides must be of one moment.
 * @param known null: the ledger has no row of it.
 * @param shadow the shop is in shadow mode: the sender before the relay sends, so its ids are as they should be.
 */
export function shopAgainstLedger(order: ShopSide, known: LedgerSide | null, shadow: boolean): Disagrees[] {
  const ofReprints = known === null || known.state === null ? [] : reprintsAgainstLedger(order, known, shadow);
  return [...orderAgainstLedger(order, known, shadow), ...ofReprints];
}

function orderAgainstLedger(order: ShopSide, known: LedgerSide | null, shadow: boolean): Disagrees[] {
  const shown = order.hft71OrderId;
  if (known === null || known.state === null)
    return shown === null || shadow
      ? []
      : [{ kind: 'sent-elsewhere', detail: `the shop shows ${shown}, and is ${order.status}` }];
  const own = known.hft71OrderId;
  if (own === null) {
    // One that is on its way this very moment is no news.
    if (shown === null || shadow || known.state === 'sending') return [];
    const why = known.reason === null ? '' : ` (${known.reason})`;
    return [{ kind: 'id-not-in-ledger', detail: `the shop shows ${shown}, the ledger says ${known.state}${why}` }];
  }
  if (shown === null)
    return known.writesBack || isGone(order.status)
      ? []
      : [{ kind: 'id-not-in-shop', detail: `the ledger has ${own}, ${known.state}` }];
  if (shown !== own) return [{ kind: 'other-id', detail: `the shop shows ${shown}, the ledger has ${own}` }];
  if (known.status === null || known.writesBack || order.lastStatus === known.status) return [];
  const told = order.lastStatus === null ? 'no status' : `“${order.lastStatus}”`;
  return [{ kind: 'shop-status-behind', detail: `the shop shows ${told}, the ledger has “${known.status}”` }];
}

function reprintsAgainstLedger(order: ShopSide, { reprints }: LedgerSide, shadow: boolean): Disagrees[] {
  const lost = reprints.filter(({ hft71OrderId, isShown }) => isShown && !order.reprintIds.includes(hft71OrderId));
  const strange = order.reprintIds.filter((id) => !reprints.some(({ hft71OrderId }) => hft71OrderId === id));
  return [
    ...(isGone(order.status) ? [] : lost).map(({ copy, hft71OrderId }) => ({
      ...({ kind: 'reprint-not-in-shop', copy } as const),
      detail: `the ledger has ${hft71OrderId}`,
    })),
    ...(shadow ? [] : strange).map((id) => ({
      kind: 'reprint-not-in-ledger' as const,
      detail: `the shop shows ${id}`,
    })),
  ];
}

/** The shop wants it sent, and it waits for a person although HFT71 certainly does not have it. */
export function notSent(order: ShopSide, known: LedgerSide | null, sendableStatuses: readonly string[]): Disagrees[] {
  const waits = known?.state === 'held' || known?.state === 'rejected';
  if (!waits || known.mayBeAtHft71 || order.hft71OrderId !== null || !sendableStatuses.includes(order.status))
    return [];
  return [{ kind: 'not-sent', detail: `${order.status} in the shop; ${known.state}: ${known.reason ?? '?'}` }];
}

/** In the bin: the shop says nothing of it any more. */
export function isGone(status: string): boolean {
  return status === 'trash' || status === 'deleted';
}

/** @param statuses HFT71's, one for each SKU; null: it does not know the id. */
export function hft71AgainstLedger(
  statuses: readonly { readonly sku: string; readonly status: string }[] | null,
  known: {
    readonly hft71OrderId: string;
    readonly statuses: readonly { readonly sku: string; readonly status: string }[] | null;
  },
): Disagrees[] {
  if (statuses === null) return [{ kind: 'unknown-at-hft71', detail: `id ${known.hft71OrderId}` }];
  // Before the first reading there is nothing that could disagree.
  if (known.statuses === null) return [];
  const there = tell(statuses);
  const here = tell(known.statuses);
  return there === here ? [] : [{ kind: 'status-behind', detail: `HFT71 tells ${there}, the ledger has ${here}` }];
}

/** In one order, so that HFT71 may list them in any. */
function tell(rows: readonly { readonly sku: string; readonly status: string }[]): string {
  return rows
    .map(({ sku, status }) => `${sku} “${status}”`)
    .toSorted()
    .join(', ');
}
