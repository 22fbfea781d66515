import { gmtText } from './gmt-seconds.js';
import type { OrderQuery } from './shop-client.js';

/**
 * The zone trap: GMT without `Z` and `dates_are_gmt=true` is right; `…Z` with `dates_are_gmt=true` is shifted by the
 * shop's offset and silently answers `[]`.
 */
export function orderQueryParameters(query: OrderQuery): Record<string, string> {
  const dates = {
    modified_after: query.modifiedAfterGmt,
    modified_before: query.modifiedBeforeGmt,
    after: query.createdAfterGmt,
    before: query.createdBeforeGmt,
  };
  const parameters: Record<string, string> = {};
  for (const [name, gmt] of Object.entries(dates)) {
    if (gmt === undefined) continue;
    parameters[name] = gmtText(gmt);
    parameters['dates_are_gmt'] = 'true';
  }
  const rest: Record<string, string | number | undefined> = {
    status: list(query.status),
    exclude: list(query.exclude),
    include: list(query.include),
    orderby: query.orderBy,
    order: query.order,
    per_page: query.perPage,
    page: query.page,
    offset: query.offset,
  };
  for (const [name, value] of Object.entries(rest)) {
    if (value !== undefined) parameters[name] = String(value);
  }
  return parameters;
}

/** No blank after a comma. An empty list is left out: as a parameter it would filter nothing. */
function list(values: readonly (string | number)[] | undefined): string | undefined {
  return values === undefined || values.length === 0 ? undefined : values.join(',');
}
