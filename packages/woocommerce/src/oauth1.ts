import { createHmac, randomBytes } from 'node:crypto';

/** RFC 3986: `encodeURIComponent` leaves five characters that OAuth wants encoded. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

export function freshNonce(): string {
  return randomBytes(16).toString('hex');
}

export interface OAuthKeys {
  readonly consumerKey: string;
  readonly consumerSecret: string;
}

/**
 * OAuth 1.0a with HMAC-SHA256 and no token (RFC 5849): what WooCommerce asks for over plain http. Returns the query
 * with its `oauth_` parameters. The shop takes a nonce once and a time within 15 minutes: sign anew for every try.
 *
 * @param url scheme, host and path, without query.
 */
export function signQuery(
  method: string,
  url: string,
  query: Readonly<Record<string, string>>,
  keys: OAuthKeys,
  moment: { readonly nonce: string; readonly epochSeconds: number } = {
    nonce: freshNonce(),
    epochSeconds: Math.floor(Date.now() / 1000),
  },
): Record<string, string> {
  const signed: Record<string, string> = {
    ...query,
    oauth_consumer_key: keys.consumerKey,
    oauth_nonce: moment.nonce,
    oauth_signature_method: 'HMAC-SHA256',
    oauth_timestamp: String(moment.epochSeconds),
  };
  const parameters = Object.entries(signed)
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .sort()
    .join('&');
  const base = [method.toUpperCase(), percentEncode(url), percentEncode(parameters)].join('&');
  const signature = createHmac('sha256', `${percentEncode(keys.consumerSecret)}&`)
    .update(base)
    .digest('base64');
  return { ...signed, oauth_signature: signature };
}
