import { LINE_META, metaText, SHOP_META, type ShopOrder } from './shop-order.js';
import { judgeShopStatus, shownStatus, type ShopStatusVerdict, type StatusMapping } from './status-mapping.js';

/** What HFT71 told of an order, as the latest reading has it. */
export interface ToldProgress {
  /** One entry for each SKU; null before the first reading. */
  readonly statuses: readonly SkuTold[] | null;
  readonly customerStatuses: readonly SkuTold[] | null;
  readonly shipping: {
    readonly carrier: string | null;
    readonly tracking: string | null;
    readonly trackingRet: string | null;
  } | null;
}

interface SkuTold {
  readonly sku: string;
  readonly status: string;
}

/** What one PUT sets in the shop; empty where the shop shows everything already. */
export interface ShopChange {
  readonly status: string | null;
  readonly meta: Readonly<Record<string, string>>;
  readonly lines: readonly { readonly id: number; readonly meta: Readonly<Record<string, string>> }[];
  readonly verdict: ShopStatusVerdict;
}

/**
 * The difference between what the shop shows of an order's progress and what it should. Every PUT costs the shop's people
 * a webhook and a new date of change: what is so already is left out.
 */
export function progressToShow(
  order: ShopOrder,
  told: ToldProgress & { readonly own: readonly string[]; readonly furthest: string | null },
  rules: {
    readonly mapping: StatusMapping;
    readonly mixedOrders: boolean;
    readonly backwards: boolean;
    /** `HFT71_LINE_STATUS_ENABLED` */
    readonly lines: boolean;
  },
): ShopChange {
  const { statuses, customerStatuses, shipping, own, furthest } = told;
  if (statuses === null)
    return { status: null, meta: {}, lines: [], verdict: { kind: 'nothing', why: 'unknown-status' } };
  const skus = new Set(statuses.map(({ sku }) => sku));
  const verdict = judgeShopStatus(
    rules.mapping,
    {
      ...{ own, furthest, shown: order.status },
      statuses: statuses.map(({ status }) => status),
      // Not by today's stock feed: a SKU may leave it while its order is made.
      isMixed: order.lines.some((line) => !skus.has(line.sku)),
    },
    rules,
  );
  const wanted: [string, string | null][] = [
    [SHOP_META.lastStatus, textOf(rules.mapping, statuses)],
    [SHOP_META.customerStatus, customerStatuses === null ? null : textOf(rules.mapping, customerStatuses)],
    [SHOP_META.shippingCarrier, shipping?.carrier ?? null],
    [SHOP_META.shippingTracking, shipping?.tracking ?? null],
    [SHOP_META.shippingTrackingRet, shipping?.trackingRet ?? null],
  ];
  return {
    status: verdict.kind === 'write' ? verdict.status : null,
    meta: Object.fromEntries(
      wanted.filter((row): row is [string, string] => row[1] !== null && metaText(order, row[0]) !== row[1]),
    ),
    lines: rules.lines ? linesToShow(order, statuses) : [],
    verdict,
  };
}

/** assumed: two lines of one SKU cannot be told apart, so both show what HFT71 says of the SKU. */
function linesToShow(order: ShopOrder, statuses: readonly SkuTold[]): ShopChange['lines'] {
  const bySku = new Map(statuses.map(({ sku, status }) => [sku, status]));
  return order.lines.flatMap((line) => {
    const status = bySku.get(line.sku);
    if (status === undefined || metaText(line, LINE_META.itemStatus) === status) return [];
    return [{ id: line.id, meta: { [LINE_META.itemStatus]: status } }];
  });
}

function textOf(mapping: StatusMapping, rows: readonly SkuTold[]): string {
  return shownStatus(
    mapping,
    rows.map(({ status }) => status),
  );
}

/**
 * The note for whoever talks with the customer, without customer data. null before anything is known. Another text than
 * the last note's is a change that they would want to see.
 */
export function progressNote(mapping: StatusMapping, hft71OrderId: string, told: ToldProgress): string | null {
  if (told.statuses === null) return null;
  const { carrier = null, tracking = null } = told.shipping ?? {};
  const parcel = tracking === null ? '' : ` Parcel: ${carrier === null ? '' : `${carrier} `}${tracking}.`;
  return `HFT71 order ${hft71OrderId}: ${textOf(mapping, told.statuses)}.${parcel}`;
}
