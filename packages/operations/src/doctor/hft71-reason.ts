import type { CallFailure } from '@relay/core';
import { endpointReason, type Endpoint, type Reason } from './endpoint.js';

/** The one table from a failed call to HFT71 to what is wrong: the runbook's, told apart further. */
export function hft71Reason(endpoint: Endpoint, failure: CallFailure): Reason {
  const { baseUrl, servedAt } = endpoint;
  const { status, action, code } = failure;
  const atLogIn = action === 'login';
  if (code === 'refused-before')
    return credentials('HFT71 has refused this password three times: it is not tried again');
  if (status === 403)
    return atLogIn
      ? {
          cause: 'hft71-firewall',
          what: 'A firewall before HFT71 forbids the relay’s calls: even the log-in gets 403',
          toDo: 'Ask HFT71 to let this machine’s address through.',
        }
      : {
          cause: 'hft71-forbidden',
          what: 'HFT71 forbids a call to the user that it let in',
          toDo: 'Ask HFT71 to give the API user its rights: orders and stock.',
        };
  // Where nobody is known everybody is refused, some say before they say that nothing is there.
  if (failure.failure === 'unauthorized' && servedAt !== null && servedAt !== baseUrl)
    return {
      cause: new URL(servedAt).host === new URL(baseUrl).host ? 'hft71-path' : 'hft71-base-url',
      what: 'The log-in is refused at an address that is not the one of the ledger’s orders',
      toDo: `Set HFT71_BASE_URL back to ${servedAt}; or see that user and password belong to the new address.`,
    };
  if (failure.failure === 'unauthorized')
    return credentials(atLogIn ? 'HFT71 refuses user or password' : 'HFT71 refuses the token that it has just given');
  if (failure.failure === 'throttled' && status !== 503)
    return {
      cause: 'hft71-limit',
      what: status === null ? 'HFT71 has answered 429: nothing is called for a while' : 'HFT71 limits calls now (429)',
      toDo: 'Nothing: the relay waits as HFT71 asks, and goes on slower. If it comes again and again, lower HFT71_RATE_LIMIT.',
    };
  if (status === 503)
    return {
      cause: 'hft71-outage',
      what:
        failure.retryAfterMs === null
          ? 'HFT71 answers 503: an outage there, or work on it'
          : 'HFT71 answers 503 and says when to come again: an outage there, or work on it',
      toDo: 'Nothing here: orders wait, and go by themselves when it is over.',
    };
  const common = endpointReason(endpoint, failure);
  if (common !== null) return common;
  if (status === 404 || status === 405 || failure.failure === 'unavailable')
    return {
      cause: 'hft71-path',
      what: 'The host answers, and HFT71’s API is not below this address',
      toDo: 'Mend the path of HFT71_BASE_URL: what stands before /authentication/login.',
    };
  return {
    cause: 'hft71-outage',
    what: `HFT71 refuses a call that it should take (${status ?? 'no answer'} ${code ?? ''})`,
    toDo: 'Ask HFT71, with the request id of `relay log --target hft71`.',
  };
}

function credentials(what: string): Reason {
  return {
    cause: 'hft71-credentials',
    what,
    toDo: 'Set HFT71_USERNAME and HFT71_PASSWORD right and restart; or `relay account password`, which needs no restart.',
  };
}
