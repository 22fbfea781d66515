import { CallFailure, parseRetryAfterMs, type FailureClass } from '@relay/core';

/** How a call ended that did not do its work. No body: nothing of it may reach an error's text. */
export type BadEnd =
  | { readonly kind: 'answer'; readonly status: number; readonly headers: Readonly<Record<string, string>> }
  /** A 2xx whose body is not what it should be. */
  | { readonly kind: 'unreadable'; readonly status: number; readonly code: string }
  | { readonly kind: 'no-answer'; readonly code: string };

/** What is called: `/order/17/status` is about one thing and may be absent; `/stock/available` is always there. */
export type PathKind = 'service' | 'one-thing';

/**
 * The one table from what came to what to do next. Statuses: documented as a list of meanings (401/403 credentials,
 * 404 wrong base URL, 429 limit, 5xx outage); that a 404 on one order's path means "no such order" is assumed.
 */
export function hft71Failure(action: string, end: BadEnd, path: PathKind = 'service'): CallFailure {
  const make = (failure: FailureClass, hint?: string, code?: string) =>
    new CallFailure({
      target: 'hft71',
      action,
      failure,
      status: end.kind === 'no-answer' ? null : end.status,
      code: code ?? (end.kind === 'answer' ? null : end.code),
      retryAfterMs:
        end.kind === 'answer' && (end.status === 429 || end.status === 503) ? parseRetryAfterMs(end.headers) : null,
      ...(hint === undefined ? {} : { hint }),
    });
  if (end.kind === 'no-answer') return noAnswer(end.code, make);
  if (end.kind === 'unreadable')
    return make('unavailable', 'HFT71 answered with something else than the documented JSON');
  const { status, headers } = end;
  if (status >= 300 && status < 400) {
    const origin = redirectOrigin(headers['location']);
    const toHttps = origin?.startsWith('https:') === true;
    return make(
      'misconfigured',
      `HFT71_BASE_URL redirects${origin === null ? '' : ` to ${origin}`}`,
      toHttps ? 'redirects-to-https' : 'redirects',
    );
  }
  if (status === 401) return make('unauthorized', 'HFT71 refuses the log-in: check HFT71_USERNAME and HFT71_PASSWORD');
  if (status === 403)
    return make('unauthorized', 'HFT71 forbids the call: check the rights of the API user, or a firewall on the way');
  if (status === 404)
    return path === 'one-thing' ? make('not-found') : make('misconfigured', 'Nothing there: check HFT71_BASE_URL');
  if (status === 405) return make('misconfigured', 'The address does not take this call: check HFT71_BASE_URL');
  if (status === 429) return make('throttled');
  if (status === 503 && parseRetryAfterMs(headers) !== null) return make('throttled');
  if (status === 408 || status >= 500) return make('unavailable');
  return make('rejected');
}

/** A log-in that is refused says so with 400 as well: the credentials are its only content. */
export function logInFailure(end: BadEnd): CallFailure {
  return hft71Failure('login', end.kind === 'answer' && end.status === 400 ? { ...end, status: 401 } : end);
}

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ERR_TLS|HOSTNAME/;

function noAnswer(code: string, make: (failure: FailureClass, hint?: string) => CallFailure): CallFailure {
  if (CERTIFICATE.test(code)) return make('misconfigured', 'The certificate of HFT71_BASE_URL is not trusted');
  if (code === 'EPROTO' || code.startsWith('ERR_SSL'))
    return make('misconfigured', 'No TLS at this address: check scheme and port of HFT71_BASE_URL');
  if (code === 'ENOTFOUND') return make('unavailable', 'No host of this name: check HFT71_BASE_URL');
  return make('unavailable');
}

/** Scheme and host alone: a path or a query may carry what belongs into no error. */
function redirectOrigin(location: string | undefined): string | null {
  try {
    return new URL(location ?? '').origin;
  } catch {
    return null;
  }
}
