import type { Answer } from '../call.js';
import { isObject, type Json, type JsonObject } from '../json.js';
import type { Listing } from './order-list.js';
import { listOf, type QueryTree, type QueryValue } from './php-query.js';

/** `json_encode` of PHP: slashes are escaped, and everything beyond ASCII is. A webhook's signature is over this text. */
export function phpJson(value: Json): string {
  return JSON.stringify(value)
    .replace(/\//g, '\\/')
    .replace(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

export function wpAnswer(status: number, body: Json, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: {
      'content-type': 'application/json; charset=UTF-8',
      'x-robots-tag': 'noindex',
      'x-content-type-options': 'nosniff',
      'access-control-expose-headers': 'X-WP-Total, X-WP-TotalPages, Link',
      'access-control-allow-headers': 'Authorization, X-WP-Nonce, Content-Disposition, Content-MD5, Content-Type',
      expires: 'Wed, 11 Jan 1984 05:00:00 GMT',
      'cache-control': 'no-cache, must-revalidate, max-age=0, no-store, private',
      ...headers,
    },
    body: phpJson(body),
  };
}

/** `_fields` reaches into objects (`billing.email`), not into arrays (`line_items.sku` drops the lines). */
export function pickFields(body: Json, query: QueryTree): Json {
  const fields = listOf(query, '_fields');
  if (!fields || fields.length === 0) return body;
  if (Array.isArray(body)) return body.map((item) => (isObject(item) ? pick(item, fields) : item));
  return isObject(body) ? pick(body, fields) : body;
}

function pick(body: JsonObject, fields: string[]): JsonObject {
  const picked: JsonObject = {};
  for (const [key, value] of Object.entries(body)) {
    if (fields.includes(key)) {
      picked[key] = value;
      continue;
    }
    const inner = fields.filter((field) => field.startsWith(`${key}.`)).map((field) => field.slice(key.length + 1));
    if (inner.length > 0 && isObject(value)) picked[key] = pick(value, inner);
  }
  return picked;
}

/** Total, pages and the `Link` to the neighbours, with the parameters that the shop itself has added by then. */
export function listHeaders(
  url: string,
  query: QueryTree,
  listing: Listing<unknown>,
  added: [string, QueryValue][] = [],
): Record<string, string> {
  const { total, params } = listing;
  const pages = Math.ceil(total / params.perPage);
  const link = (page: number): string => {
    const all = new Map<string, QueryValue>(query);
    for (const [name, value] of added) {
      all.delete(name);
      all.set(name, value);
    }
    all.delete('page');
    all.set('page', String(page));
    return `${url}?${flatten(all).join('&')}`;
  };
  const links = [
    ...(params.page > 1 ? [`<${link(Math.min(params.page - 1, Math.max(pages, 1)))}>; rel="prev"`] : []),
    ...(params.page < pages ? [`<${link(params.page + 1)}>; rel="next"`] : []),
  ];
  return {
    'x-wp-total': String(total),
    'x-wp-totalpages': String(pages),
    ...(links.length > 0 ? { link: links.join(', ') } : {}),
  };
}

function flatten(tree: QueryTree, parent = ''): string[] {
  return [...tree].flatMap(([name, value]) => {
    const whole = parent === '' ? encodeURIComponent(name) : `${parent}%5B${encodeURIComponent(name)}%5D`;
    return typeof value === 'string' ? [`${whole}=${encodeURIComponent(value)}`] : flatten(value, whole);
  });
}
