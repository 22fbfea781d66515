import { CallFailure, parseRetryAfterMs, type FailureClass } from '@relay/core';

/** How a call ended that did not do its work: what is needed to say why, and nothing that must not reach an error. */
export type BadEnd =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      /** `code` of WooCommerce's error body; null when the body is not one. */
      readonly wooCode: string | null;
      readonly wooMessage: string | null;
    }
  /** A 2xx whose body is not what it should be. */
  | { readonly kind: 'unreadable'; readonly status: number; readonly code: 'not-json' | 'unexpected-shape' }
  | { readonly kind: 'no-answer'; readonly code: string };

export interface FailedCall {
  readonly action: string;
  readonly method: string;
  readonly baseUrl: URL;
  /** Whether this key has read with success before: then a 401 on a write means that it may only read. */
  readonly keyReads: boolean;
  /** No key was shown: whoever refuses the call refuses everybody. */
  readonly withoutKeys: boolean;
}

type Verdict = readonly [failure: FailureClass, hint?: string, code?: string];

/** The one table from what came to what to do next. Source: measured, but the hints on firewalls and certificates. */
export function shopFailure(call: FailedCall, end: BadEnd): CallFailure {
  const [failure, hint, code = end.kind === 'answer' ? end.wooCode : end.code] =
    end.kind === 'no-answer'
      ? noAnswer(end.code)
      : end.kind === 'unreadable'
        ? unreadable(end.code)
        : answered(call, end);
  return new CallFailure({
    target: 'shop',
    action: call.action,
    failure,
    status: end.kind === 'no-answer' ? null : end.status,
    code,
    retryAfterMs:
      end.kind === 'answer' && (end.status === 429 || end.status === 503) ? parseRetryAfterMs(end.headers) : null,
    ...(hint === undefined ? {} : { hint }),
  });
}

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ERR_TLS|HOSTNAME/;

function noAnswer(code: string): Verdict {
  if (CERTIFICATE.test(code)) return ['misconfigured', 'The certificate of the shop is not trusted: renew or mend it'];
  if (code === 'EPROTO' || code.startsWith('ERR_SSL'))
    return ['misconfigured', 'No TLS at this address: check scheme and port of WC_BASE_URL'];
  if (code === 'ENOTFOUND') return ['unavailable', 'No host of this name: check WC_BASE_URL'];
  if (code === 'answer-too-large') return ['misconfigured', 'The answer is larger than 20 MB'];
  return ['unavailable'];
}

function unreadable(code: 'not-json' | 'unexpected-shape'): Verdict {
  return code === 'not-json'
    ? [
        'unavailable',
        'No JSON where JSON belongs: a maintenance page, a cache, a firewall, or PHP warnings before the answer',
      ]
    : ['unavailable', 'JSON of another shape than WooCommerce’s: check WC_BASE_URL, and plugins that change the API'];
}

function answered(call: FailedCall, end: Extract<BadEnd, { kind: 'answer' }>): Verdict {
  const { status, headers, wooCode } = end;
  if (status >= 300 && status < 400) return ['misconfigured', ...redirect(call.baseUrl, headers['location'])];
  // 404 on GET, 400 on PUT: the code says that the thing is not there; the status alone does not.
  if (wooCode !== null && /^woocommerce_rest_\w*invalid_id$/.test(wooCode)) return ['not-found'];
  if (status === 401 || (status === 403 && wooCode !== null)) return refusedKey(call, end);
  if (status === 403)
    return ['misconfigured', 'A firewall or security plugin forbids the call: let the relay’s address through'];
  if (wooCode === 'rest_no_route')
    return ['misconfigured', 'No such route: is WooCommerce active, and is WC_BASE_URL the home of its WordPress?'];
  if (status === 404)
    return ['misconfigured', 'No API at this address: check WC_BASE_URL, and Settings → Permalinks → Post name'];
  if (status === 405 || status === 501)
    return ['misconfigured', 'The host or a firewall does not let this method through'];
  if (status === 429) return ['throttled'];
  if (status === 503 && parseRetryAfterMs(headers) !== null) return ['throttled'];
  if (status === 408 || status >= 500) return ['unavailable'];
  return ['rejected'];
}

/** WooCommerce says 401 to wrong keys, to a key that may only read, and to Basic over plain http. */
function refusedKey(call: FailedCall, end: Extract<BadEnd, { kind: 'answer' }>): Verdict {
  if (call.withoutKeys)
    return [
      'unauthorized',
      'The web server or a security plugin refuses /wp-json/ before any key is shown: let the relay’s address through',
    ];
  const write = call.method !== 'GET';
  if (write && (call.keyReads || /write permission/i.test(end.wooMessage ?? '')))
    return ['read-only', 'The REST API key may only read, or its user may not edit orders: give it Read/Write'];
  if (/read permission/i.test(end.wooMessage ?? ''))
    return ['unauthorized', 'The REST API key may only write: give it Read/Write'];
  if (end.wooCode !== null && end.wooCode.startsWith('woocommerce_rest_cannot_'))
    return [
      'unauthorized',
      call.baseUrl.protocol === 'http:'
        ? 'The shop did not take the OAuth signature: use https, or check that no proxy changes host or query'
        : 'The shop did not see the key, or its user lacks the rights: does the server drop the Authorization header?',
    ];
  return ['unauthorized', 'The shop refuses the key: check WC_CONSUMER_KEY, WC_CONSUMER_SECRET and the server’s clock'];
}

/** Names scheme and host alone: a path or a query may carry what belongs into no error. */
function redirect(baseUrl: URL, location: string | undefined): [hint: string, code: string] {
  let target: URL;
  try {
    target = new URL(location ?? '', baseUrl);
  } catch {
    return ['The shop redirects: check WC_BASE_URL', 'redirects'];
  }
  if (baseUrl.protocol === 'http:' && target.protocol === 'https:')
    return [`The shop redirects to https: set WC_BASE_URL to ${target.origin}`, 'redirects-to-https'];
  return target.origin === baseUrl.origin
    ? ['The shop redirects to another path of its own: check WC_BASE_URL', 'redirects']
    : [`The shop redirects to ${target.origin}: set WC_BASE_URL to it`, 'redirects'];
}
