import { z } from 'zod';
import { hostReach } from './host-reach.js';
import { refuse } from './text-types.js';

/** A URL of one of these protocols, as text. */
export function urlOf(...protocols: string[]) {
  return z.string().transform((value, context) => {
    const url = parseUrl(value);
    if (url !== null && protocols.includes(url.protocol)) return value.trim();
    return refuse(
      context,
      `must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    );
  });
}

/** An API's base: no path of the API itself, no query, no keys in it, and no slash at its end. */
export function baseUrl({
  httpAllowed,
  not,
}: {
  httpAllowed: 'everywhere' | 'not-in-public';
  not?: { path: RegExp; why: string };
}) {
  return z.string().transform((value, context) => {
    const url = parseUrl(value);
    if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
      return refuse(context, 'must be a URL that begins with https://');
    }
    if (url.username !== '' || url.password !== '') return refuse(context, 'must not hold a user or a password');
    if (url.search !== '' || url.hash !== '') return refuse(context, 'must not hold a query: give the address alone');
    if (not?.path.test(url.pathname)) return refuse(context, not.why);
    if (url.protocol === 'http:' && httpAllowed === 'not-in-public' && hostReach(url) === 'public') {
      return refuse(
        context,
        'must begin with https://, since passwords travel over it; http:// is for this machine and private networks only',
      );
    }
    return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
  });
}

function parseUrl(value: string): URL | null {
  try {
    return new URL(value.trim());
  } catch {
    return null;
  }
}
