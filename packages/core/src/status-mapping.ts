/**
 * HFT71's statuses and what they mean in the shop: the merchant's table (`HFT71_STATUS_MAPPING`), in the order in which an
 * order advances. Pure.
 */
export interface StatusMapping {
  /** From the least to the most advanced. */
  readonly rows: readonly { readonly hft71Status: string; readonly shopStatus: string | null }[];
}

/** In the merchant's table: the shop's status stays as it is. */
export const LEAVE = 'leave';

/** @param table `{"In Production": "processing", "Closed": "completed"}`; its order is the order of advancement. */
export function readStatusMapping(table: Readonly<Record<string, string>>): StatusMapping {
  return {
    rows: Object.entries(table).map(([hft71Status, shopStatus]) => ({
      hft71Status,
      shopStatus: comparable(shopStatus) === LEAVE ? null : shopStatus.trim().replace(/^wc-/, ''),
    })),
  };
}

/** Case and blanks say nothing: `in  production` is `In Production`. */
export function comparable(status: string): string {
  return status.replaceAll(/\s+/g, '').toLowerCase();
}

/** How far a status is in the merchant's table; null for one that is not in it. */
export function rankOf({ rows }: StatusMapping, status: string): number | null {
  const wanted = comparable(status);
  const rank = rows.findIndex(({ hft71Status }) => comparable(hft71Status) === wanted);
  return rank === -1 ? null : rank;
}

export type LeastAdvanced =
  | { readonly kind: 'known'; readonly status: string; readonly rank: number }
  /** One of the lines has a status that the table does not know: what the order has come to cannot be said. */
  | { readonly kind: 'unknown'; readonly statuses: readonly string[] };

/** An order's status is its least advanced line. @param statuses one for each SKU, at least one. */
export function leastAdvanced(mapping: StatusMapping, statuses: readonly string[]): LeastAdvanced {
  const unknown = statuses.filter((status) => rankOf(mapping, status) === null);
  if (unknown.length > 0 || statuses.length === 0) return { kind: 'unknown', statuses: [...new Set(unknown)] };
  const ranked = statuses.map((status) => ({
    kind: 'known' as const,
    status,
    rank: rankOf(mapping, status) as number,
  }));
  return ranked.reduce((least, each) => (each.rank < least.rank ? each : least));
}

/** What people are shown as the order's status; with unknown ones among them all are named. */
export function shownStatus(mapping: StatusMapping, statuses: readonly string[]): string {
  const least = leastAdvanced(mapping, statuses);
  return least.kind === 'known' ? least.status : [...new Set(statuses)].join(', ');
}

/** Whether HFT71 is done with the order: every line has one of these statuses. */
export function isTerminal(terminalStatuses: readonly string[], statuses: readonly string[]): boolean {
  const terminal = new Set(terminalStatuses.map(comparable));
  return statuses.length > 0 && statuses.every((status) => terminal.has(comparable(status)));
}

/** The most advanced of what was and what is; unknown statuses move nothing. */
export function furthestOf(mapping: StatusMapping, before: string | null, statuses: readonly string[]): string | null {
  const least = leastAdvanced(mapping, statuses);
  if (least.kind === 'unknown') return before;
  const rankBefore = before === null ? null : rankOf(mapping, before);
  return rankBefore !== null && rankBefore >= least.rank ? before : least.status;
}

export type ShopStatusVerdict =
  | { readonly kind: 'write'; readonly status: string }
  | { readonly kind: 'nothing'; readonly why: 'is-so' | 'leave' | 'unknown-status' | 'mixed-order' | 'backwards' }
  /** A person has set it by hand: it is not overwritten, and said. */
  | { readonly kind: 'conflict'; readonly wanted: string; readonly shown: string };

/** What a person sets by hand and means: the order is done with, for the shop. `trash` is the bin. */
const LAST_WORD_OF_A_PERSON = ['completed', 'cancelled', 'refunded', 'trash'];

/** What the shop's status of an order is to become. */
export function judgeShopStatus(
  mapping: StatusMapping,
  order: {
    /** HFT71's, one for each SKU. */
    readonly statuses: readonly string[];
    /** In the shop, now. */
    readonly shown: string;
    /** Statuses of the shop's that the relay set, or may have set. */
    readonly own: readonly string[];
    /** The most advanced of HFT71's that the order has had; null before the first. */
    readonly furthest: string | null;
    /** Some of its lines are not HFT71's. */
    readonly isMixed: boolean;
  },
  rules: { readonly mixedOrders: boolean; readonly backwards: boolean },
): ShopStatusVerdict {
  const least = leastAdvanced(mapping, order.statuses);
  if (least.kind === 'unknown') return { kind: 'nothing', why: 'unknown-status' };
  const wanted = mapping.rows[least.rank]?.shopStatus ?? null;
  if (wanted === null) return { kind: 'nothing', why: 'leave' };
  if (order.isMixed && !rules.mixedOrders) return { kind: 'nothing', why: 'mixed-order' };
  if (wanted === order.shown) return { kind: 'nothing', why: 'is-so' };
  const furthestRank = order.furthest === null ? null : rankOf(mapping, order.furthest);
  if (furthestRank !== null && least.rank < furthestRank && !rules.backwards)
    return { kind: 'nothing', why: 'backwards' };
  if (!order.own.includes(order.shown) && LAST_WORD_OF_A_PERSON.includes(order.shown))
    return { kind: 'conflict', wanted, shown: order.shown };
  return { kind: 'write', status: wanted };
}

/**
 * Whether what a webhook told is worth a read. What the relay has seen confirmed already, and what lies before it, is a
 * repeated, late or replayed delivery.
 */
export function isNews(
  mapping: StatusMapping,
  told: string,
  known: { readonly statuses: readonly string[]; readonly seen: readonly string[] },
): boolean {
  if ([...known.statuses, ...known.seen].some((status) => comparable(status) === comparable(told))) {
    // One line of several may have got there before: then the others can follow.
    return new Set(known.statuses.map(comparable)).size > 1;
  }
  const rank = rankOf(mapping, told);
  const least = leastAdvanced(mapping, known.statuses);
  return rank === null || least.kind === 'unknown' || rank > least.rank;
}
