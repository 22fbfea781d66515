import { filterDateMs } from './clock.js';
import { listOf, textOf, type QueryTree } from './php-query.js';
import { invalidParam, notInEnum } from './shop-error.js';

export const ORDERBY = ['date', 'id', 'include', 'title', 'slug', 'modified'] as const;

export interface ListParams {
  page: number;
  perPage: number;
  offset: number | null;
  order: string;
  orderby: string;
  include: number[] | null;
  exclude: ReadonlySet<number>;
  afterMs: number | null;
  beforeMs: number | null;
  modifiedAfterMs: number | null;
  modifiedBeforeMs: number | null;
}

/** What all lists share, checked as the REST schema checks it. What it does not know, it ignores silently. */
export function readListParams(query: QueryTree, orderbys: readonly string[], offsetMinutes: number): ListParams {
  const datesAreGmt = ['true', '1'].includes(textOf(query, 'dates_are_gmt') ?? '');
  const date = (name: string): number | null => {
    const text = textOf(query, name);
    if (text === undefined) return null;
    const ms = filterDateMs(text, datesAreGmt, offsetMinutes);
    if (ms === undefined) throw invalidParam(name, 'Invalid date.', 'rest_invalid_date');
    return ms;
  };
  const perPage = wholeParam(query, 'per_page') ?? 10;
  if (perPage < 1 || perPage > 100)
    throw invalidParam('per_page', 'per_page must be between 1 (inclusive) and 100 (inclusive)', 'rest_out_of_bounds');
  const page = wholeParam(query, 'page') ?? 1;
  if (page < 1) throw invalidParam('page', 'page must be greater than or equal to 1', 'rest_out_of_bounds');
  return {
    page,
    perPage,
    offset: wholeParam(query, 'offset') ?? null,
    order: enumParam(query, 'order', ['asc', 'desc']) ?? 'desc',
    orderby: enumParam(query, 'orderby', orderbys) ?? 'date',
    include: query.has('include') ? idList(query, 'include') : null,
    exclude: new Set(idList(query, 'exclude')),
    afterMs: date('after'),
    beforeMs: date('before'),
    modifiedAfterMs: date('modified_after'),
    modifiedBeforeMs: date('modified_before'),
  };
}

export function wholeParam(query: QueryTree, name: string): number | undefined {
  const text = textOf(query, name);
  if (text === undefined) return undefined;
  if (!/^-?\d+$/.test(text)) throw invalidParam(name, `${name} is not of type integer.`, 'rest_invalid_type');
  return Number(text);
}

export function enumParam(query: QueryTree, name: string, allowed: readonly string[]): string | undefined {
  const text = textOf(query, name);
  if (text !== undefined && !allowed.includes(text)) throw notInEnum(name, name, allowed);
  return text;
}

export function idList(query: QueryTree, name: string): number[] {
  return (listOf(query, name) ?? []).map((part, index) => {
    if (!/^\d+$/.test(part)) throw invalidParam(name, `${name}[${index}] is not of type integer.`, 'rest_invalid_type');
    return Number(part);
  });
}

interface Dated {
  id: number;
  createdMs: number;
  modifiedMs: number;
}

/** Both ends are exclusive, at the grain of a second. */
export function withinDates(row: Dated, params: ListParams): boolean {
  const { afterMs, beforeMs, modifiedAfterMs, modifiedBeforeMs, include, exclude } = params;
  return (
    (afterMs === null || row.createdMs > afterMs) &&
    (beforeMs === null || row.createdMs < beforeMs) &&
    (modifiedAfterMs === null || row.modifiedMs > modifiedAfterMs) &&
    (modifiedBeforeMs === null || row.modifiedMs < modifiedBeforeMs) &&
    (include === null || include.length === 0 || include.includes(row.id)) &&
    !exclude.has(row.id)
  );
}

/**
 * Rows of one second come in no stable order: each request draws its own. Only `orderby=date` has the id as a second
 * key (WooCommerce turns it into `date ID`).
 */
export function sortRows<T extends Dated>(rows: T[], params: ListParams, draw: () => number): T[] {
  const sign = params.order === 'asc' ? 1 : -1;
  const { orderby, include } = params;
  const hasTies = orderby !== 'id' && orderby !== 'date';
  const keyed = rows.map((row) => ({ row, tie: hasTies ? draw() : 0 }));
  const rank = ({ row }: { row: T }): number => {
    if (orderby === 'id') return row.id;
    if (orderby === 'modified') return row.modifiedMs;
    if (orderby === 'include') return (include?.indexOf(row.id) ?? 0) * sign;
    return row.createdMs;
  };
  keyed.sort(
    (a, b) => sign * (rank(a) - rank(b)) || (orderby === 'date' ? sign * (a.row.id - b.row.id) : a.tie - b.tie),
  );
  return keyed.map(({ row }) => row);
}

export function pageOf<T>(rows: T[], params: ListParams): T[] {
  const start = params.offset ?? (params.page - 1) * params.perPage;
  return rows.slice(start, start + params.perPage);
}
