import { z } from 'zod';
import { refuse } from './text-types.js';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

export function isLoopback(url: URL): boolean {
  return LOOPBACK.has(url.hostname) || url.hostname.endsWith('.localhost');
}

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
  httpAllowed: 'everywhere' | 'loopback';
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
    if (url.protocol === 'http:' && httpAllowed === 'loopback' && !isLoopback(url)) {
      return refuse(
        context,
        'must begin with https://, since passwords travel over it; http:// is for this machine only',
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
