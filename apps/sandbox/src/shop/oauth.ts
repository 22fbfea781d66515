import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Call } from '../call.js';
import { parsePhpQuery, textOf, type QueryTree } from './php-query.js';
import { ShopError } from './shop-error.js';

const CLOCK_TOLERANCE_S = 15 * 60;
const OAUTH_NAMES = [
  'oauth_consumer_key',
  'oauth_timestamp',
  'oauth_nonce',
  'oauth_signature',
  'oauth_signature_method',
];

export interface ApiKey {
  key: string;
  secret: string;
  writes: boolean;
}

export const authenticationError = (message: string) =>
  new ShopError(401, 'woocommerce_rest_authentication_error', message);

/** One-legged OAuth 1.0a as WooCommerce checks it: key, signature, clock, nonce, in this order. */
export class OAuthCheck {
  readonly #keys: readonly ApiKey[];
  readonly #usedNonces = new Map<string, number>();

  constructor(keys: readonly ApiKey[]) {
    this.#keys = keys;
  }

  /** Undefined when the request carries no OAuth at all. */
  check(call: Call, baseUrls: string[]): ApiKey | undefined {
    const params = withHeaderParams(parsePhpQuery(call.rawQuery), call.headers.authorization);
    const missing = OAUTH_NAMES.filter((name) => textOf(params, name) === undefined);
    if (missing.length === OAUTH_NAMES.length) return undefined;
    if (missing.length > 0)
      throw new ShopError(
        401,
        'woocommerce_rest_authentication_missing_parameter',
        `Missing OAuth parameter${missing.length > 1 ? 's' : ''} ${missing.join(', ')}`,
      );
    const key = this.#keys.find((known) => known.key === textOf(params, 'oauth_consumer_key'));
    if (!key) throw authenticationError('Consumer key is invalid.');
    checkSignature(call, params, key.secret, baseUrls);
    this.#checkFreshness(params, call.atMs);
    return key;
  }

  #checkFreshness(params: QueryTree, nowMs: number): void {
    const timestampS = Number(textOf(params, 'oauth_timestamp'));
    const nowS = Math.floor(nowMs / 1000);
    if (!(Math.abs(nowS - timestampS) <= CLOCK_TOLERANCE_S)) throw authenticationError('Invalid timestamp.');
    const nonce = textOf(params, 'oauth_nonce') ?? '';
    if (this.#usedNonces.has(nonce)) throw authenticationError('Invalid nonce - nonce has already been used.');
    this.#usedNonces.set(nonce, timestampS);
    if (this.#usedNonces.size > 100_000)
      for (const [old, usedS] of this.#usedNonces) if (usedS < nowS - CLOCK_TOLERANCE_S) this.#usedNonces.delete(old);
  }
}

function checkSignature(call: Call, params: QueryTree, secret: string, baseUrls: string[]): void {
  const algorithm = { 'HMAC-SHA1': 'sha1', 'HMAC-SHA256': 'sha256' }[textOf(params, 'oauth_signature_method') ?? ''];
  if (algorithm === undefined) throw authenticationError('Invalid signature - signature method is not valid.');
  const given = Buffer.from((textOf(params, 'oauth_signature') ?? '').replaceAll(' ', '+'));
  const matches = baseUrls.some((baseUrl) => {
    const text = signatureBase(call.method, `${baseUrl}${call.path}`, params);
    const expected = Buffer.from(createHmac(algorithm, `${secret}&`).update(text).digest('base64'));
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!matches) throw authenticationError('Invalid signature - provided signature does not match.');
}

export function signatureBase(method: string, url: string, params: QueryTree): string {
  const encoded: [string, string | QueryTree][] = [];
  for (const [name, value] of params)
    if (name !== 'oauth_signature') encoded.push([rfc3986(name), typeof value === 'string' ? rfc3986(value) : value]);
  encoded.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return [method, rfc3986(url), joined(encoded).join('%26')].join('&');
}

/** Arrays keep the order in which they were sent: only the outer names are sorted. */
function joined(pairs: [string, string | QueryTree][], parent = ''): string[] {
  return pairs.flatMap(([name, value]) => {
    const whole = parent === '' ? name : `${parent}%5B${name}%5D`;
    if (typeof value === 'string') return [rfc3986(`${whole}=${value}`)];
    const inner = [...value].map(([key, part]): [string, string | QueryTree] => [
      key,
      typeof part === 'string' ? rfc3986(part) : part,
    ]);
    return joined(inner, whole);
  });
}

function rfc3986(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function withHeaderParams(params: QueryTree, header: string | undefined): QueryTree {
  if (header === undefined || !/^OAuth /i.test(header)) return params;
  for (const match of header.matchAll(/(oauth_[a-z_]+)="([^"]*)"/g))
    params.set(match[1] ?? '', decodeURIComponent(match[2] ?? ''));
  return params;
}
