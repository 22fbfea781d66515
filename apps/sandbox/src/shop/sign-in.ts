import type { Call } from '../call.js';
import { authenticationError, type ApiKey, type OAuthCheck } from './oauth.js';
import { parsePhpQuery, textOf } from './php-query.js';

/**
 * Who calls. Basic and the key in the query count over https only; over plain http they are as good as nothing, and the
 * caller is then told that it may not see the resource. Undefined is a visitor.
 */
export function signIn(call: Call, keys: readonly ApiKey[], oauth: OAuthCheck, baseUrls: string[]): ApiKey | undefined {
  const key = call.secure ? overTls(call, keys) : oauth.check(call, baseUrls);
  if (key && !key.writes && !['GET', 'HEAD', 'OPTIONS'].includes(call.method))
    throw authenticationError('The API key provided does not have write permissions.');
  return key;
}

export function authKind(call: Call): string {
  const { authorization = '' } = call.headers;
  if (/oauth_consumer_key=/.test(call.rawQuery) || /^OAuth /i.test(authorization)) return 'oauth';
  if (/^Basic /i.test(authorization)) return 'basic';
  if (/(^|&)consumer_key=/.test(call.rawQuery)) return 'query';
  return 'none';
}

function overTls(call: Call, keys: readonly ApiKey[]): ApiKey | undefined {
  const given = basicPair(call.headers.authorization) ?? queryPair(call.rawQuery);
  if (!given) return undefined;
  const key = keys.find((known) => known.key === given[0]);
  if (!key) throw authenticationError('Consumer key is invalid.');
  if (key.secret !== given[1]) throw authenticationError('Consumer secret is invalid.');
  return key;
}

function basicPair(header: string | undefined): [string, string] | undefined {
  const match = /^Basic\s+(.+)$/i.exec(header ?? '');
  if (!match) return undefined;
  const text = Buffer.from(match[1] ?? '', 'base64').toString('utf8');
  const at = text.indexOf(':');
  return at === -1 ? undefined : [text.slice(0, at), text.slice(at + 1)];
}

function queryPair(rawQuery: string): [string, string] | undefined {
  const params = parsePhpQuery(rawQuery);
  const key = textOf(params, 'consumer_key');
  return key === undefined ? undefined : [key, textOf(params, 'consumer_secret') ?? ''];
}
