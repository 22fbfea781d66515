import type { CallFailure } from '@relay/core';
import { endpointReason, type Endpoint, type Reason } from './endpoint.js';

const FIREWALL_TO_DO =
  'Let the relay’s address through in the firewall, CDN or security plugin; /wp-json/ must not be cached.';

/** The one table from a failed call to the shop to what is wrong there. */
export function shopReason(endpoint: Endpoint, failure: CallFailure): Reason {
  const { status, code, action } = failure;
  if (code === 'plain-permalinks')
    return {
      cause: 'shop-permalinks',
      what: 'The shop has plain permalinks: its API is there, but its keys need readable addresses',
      toDo: 'In the shop: Settings → Permalinks → Post name, save.',
    };
  if (code === 'wrong-path') return wrongPath();
  if (failure.failure === 'read-only')
    return {
      cause: 'shop-read-only',
      what: 'The REST API key may only read: no order can be marked, and none is sent',
      toDo: 'In the shop: WooCommerce → Settings → Advanced → REST API: give the key Read/Write, and its user the role Shop manager.',
    };
  // It is asked without keys, so that nothing is said of them.
  if (failure.failure === 'unauthorized' && action === 'site_index')
    return {
      cause: 'shop-firewall',
      what: `The web server or a security plugin refuses /wp-json/ before any key is shown (${status ?? code})`,
      toDo: 'Exempt /wp-json/ from the password before the site, or from the plugin that refuses the REST API to guests; or let the relay’s address through. Another key does not help.',
    };
  if (failure.failure === 'unauthorized') return refusedKey(endpoint, failure);
  // WordPress's own page while it updates is a 503 with Retry-After: 600; a host that limits calls says 429.
  if (status === 503)
    return {
      cause: 'shop-outage',
      what: 'The shop answers 503: maintenance, or an overloaded host',
      toDo: 'Orders wait and nothing is lost. If it lasts: delete the file .maintenance that a broken update left in the shop’s WordPress, or look into its host’s error log.',
    };
  const common = endpointReason(endpoint, failure);
  if (common !== null) return common;
  if (code === 'rest_no_route')
    return {
      cause: 'shop-woocommerce',
      what: 'WordPress answers, and WooCommerce’s API is not there',
      toDo: 'In the shop: activate WooCommerce; see that no plugin switches its REST API off.',
    };
  if (failure.failure === 'throttled')
    return {
      cause: 'shop-throttled',
      what: `The shop’s host limits calls (${status ?? code ?? ''})`,
      toDo: 'Lower WC_RATE_LIMIT, or have the host grant the relay’s address more.',
    };
  if (status === 403 || status === 405 || status === 501)
    return {
      cause: 'shop-firewall',
      what: `A firewall forbids the relay’s calls to the shop: ${status}, and not from WooCommerce`,
      toDo: FIREWALL_TO_DO,
    };
  if (status === 404) return wrongPath();
  if (code === 'not-json' || code === 'unexpected-shape') return html(endpoint);
  return {
    cause: 'shop-outage',
    what: `The shop refuses a call that it should take (${status ?? 'no answer'} ${code ?? ''})`,
    toDo: 'Look into the shop’s own error log.',
  };
}

function wrongPath(): Reason {
  return {
    cause: 'shop-path',
    what: 'The host answers, and the shop’s API is not below this address',
    toDo: 'Set WC_BASE_URL to the home of the shop’s WordPress, with its folder if it lives in one.',
  };
}

function refusedKey({ baseUrl }: Endpoint, { code, message }: CallFailure): Reason {
  if (code?.startsWith('woocommerce_rest_cannot_') === true)
    return {
      cause: 'shop-credentials',
      what: baseUrl.startsWith('http:')
        ? 'The shop does not take the key’s signature over http'
        : 'The shop does not see the key, or its user lacks the rights',
      toDo: baseUrl.startsWith('http:')
        ? 'Use https; or see that no proxy changes host or query on the way.'
        : 'Let the web server pass the Authorization header on to PHP; give the key’s user the role Shop manager.',
    };
  if (/only write/.test(message))
    return {
      cause: 'shop-credentials',
      what: 'The REST API key may only write',
      toDo: 'In the shop: WooCommerce → Settings → Advanced → REST API: give it Read/Write.',
    };
  return {
    cause: 'shop-credentials',
    what: 'The shop refuses the key',
    toDo: 'Set WC_CONSUMER_KEY and WC_CONSUMER_SECRET to a key that is there: WooCommerce → Settings → Advanced → REST API.',
  };
}

function html({ servedAt }: Endpoint): Reason {
  return servedAt === null
    ? {
        cause: 'shop-base-url',
        what: 'Something else than WooCommerce answers at WC_BASE_URL',
        toDo: 'Set WC_BASE_URL to the home of the shop’s WordPress, with its folder if it lives in one.',
      }
    : {
        cause: 'shop-html',
        what: 'The shop answers with a page where its API belongs: maintenance, a cache, a firewall’s challenge, or PHP warnings',
        toDo: `Open ${servedAt}/wp-json/ in a browser: it has to show JSON alone. ${FIREWALL_TO_DO}`,
      };
}
