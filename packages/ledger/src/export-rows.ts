import { rows, type Ledger } from './connect.js';

/** What can be taken out of the ledger, as rows: ids, SKUs, statuses, states and times. No customer data rests in it. */
export const EXPORT_KINDS = ['orders', 'intents', 'attempts', 'calls'] as const;
export type ExportKind = (typeof EXPORT_KINDS)[number];

export type ExportRow = Readonly<Record<string, string | number | boolean | null>>;

interface ExportQuery {
  readonly columns: readonly string[];
  readonly from: string;
  readonly time: string;
  readonly id: string;
  readonly shop: string;
}

const EXPORTS: Readonly<Record<ExportKind, ExportQuery>> = {
  orders: {
    columns: [
      'o.shop_id',
      'o.order_id',
      'o.number',
      'o.status',
      'o.created_gmt',
      'o.modified_gmt',
      'o.shop_hft71_id',
      'o.before_live',
      'o.first_seen_by',
      'o.last_seen_by',
      'o.identity_changed_at',
      `(select string_agg((line ->> 'sku') || ' x ' || (line ->> 'quantity'), ', ') from jsonb_array_elements(o.lines) line) as lines`,
      'i.state',
      'i.reason',
      'i.reference',
      'i.hft71_order_id',
      'p.status as hft71_status',
    ],
    from: `shop_order o left join intent i on i.shop_id = o.shop_id and i.order_id = o.order_id and i.kind = 'send_order'
           left join progress p on p.intent_id = i.id`,
    ...{ time: 'o.modified_gmt', id: `o.shop_id || '/' || o.order_id`, shop: 'o.shop_id' },
  },
  intents: {
    columns: [
      'i.id',
      'i.kind',
      'i.shop_id',
      'i.order_id',
      'i.copy',
      'i.state',
      'i.reason',
      'i.reason_detail',
      'i.reference',
      'i.hft71_order_id',
      'i.doubt_since',
      'i.settle_until',
      'i.cancel_requested',
      'i.not_before',
      'i.dispatch_no',
      'i.failures',
      'i.last_failure',
      'i.created_at',
      'i.state_since',
    ],
    ...{ from: 'intent i', time: 'i.state_since', id: 'i.id::text', shop: 'i.shop_id' },
  },
  attempts: {
    columns: [
      'a.token',
      'a.intent_id',
      'i.shop_id',
      'i.order_id',
      'i.copy',
      'i.reference',
      'a.worker',
      'a.prepared_at',
      'a.claimed_at',
      'a.left_at',
      'a.ended_at',
      'a.outcome',
      'a.cause',
      'a.http_status',
      'a.error_code',
      'a.hft71_order_id',
    ],
    from: 'attempt a join intent i on i.id = a.intent_id',
    ...{ time: 'a.prepared_at', id: 'a.token::text', shop: 'i.shop_id' },
  },
  calls: {
    columns: [
      'c.id',
      'c.at',
      'c.shop_id',
      'c.target',
      'c.action',
      'c.method',
      'c.path',
      'c.status',
      'c.code',
      'c.duration_ms',
      'c.order_id',
      'c.request_id',
    ],
    ...{ from: 'api_call c', time: 'c.at', id: `lpad(c.id::text, 20, '0')`, shop: 'c.shop_id' },
  },
};

const PAGE = 1_000;

/**
 * All rows of a window, by their time: an order's change in the shop, the begin of an intent's state, of an attempt, of a
 * call. Page by page and by key, so that neither memory nor a transaction lasts as long as whoever reads it.
 */
export async function* exportRows(
  ledger: Ledger,
  kind: ExportKind,
  { shopId, from, to }: { shopId?: string | undefined; from: Date; to: Date },
): AsyncGenerator<readonly ExportRow[], void, undefined> {
  const query = EXPORTS[kind];
  for (let after: [Date, string] = [from, '']; ;) {
    const page = await rows<Record<string, unknown>>(
      ledger.pool,
      `select ${query.columns.join(', ')}, ${query.time} as "keyTime", ${query.id} as "keyId" from ${query.from}
       where ${query.time} >= $1 and ${query.time} < $2 and ($3::text is null or ${query.shop} = $3)
         and (${query.time}, (${query.id}) collate "C") > ($4, $5::text collate "C")
       order by ${query.time}, (${query.id}) collate "C" limit ${PAGE}`,
      [from, to, shopId ?? null, ...after],
    );
    const last = page.at(-1);
    if (last === undefined) return;
    after = [last['keyTime'] as Date, last['keyId'] as string];
    yield page.map((row) => plainRow(row));
    if (page.length < PAGE) return;
  }
}

/** Names of the columns, for the head of a table that may have no row. */
export function exportColumns(kind: ExportKind): string[] {
  return EXPORTS[kind].columns.map((column) => /(?:as |\.)(\w+)$/.exec(column)?.[1] ?? column);
}

/** bigint comes as text already; times as ISO 8601 in UTC. */
function plainRow(row: Record<string, unknown>): ExportRow {
  return Object.fromEntries(
    Object.entries(row)
      .filter(([name]) => name !== 'keyTime' && name !== 'keyId')
      .map(([name, value]) => [name, value instanceof Date ? value.toISOString() : (value as ExportRow[string])]),
  );
}
