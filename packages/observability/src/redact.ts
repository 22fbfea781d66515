import { types } from 'node:util';

const BLOT = '[redacted]';

/** Deeper than any record of ours. A line stays a line even if someone logs a whole client. */
const DEEPEST = 6;

/** Compared without case and separators: `consumer_key`, `consumerKey` and `Consumer-Key` are one. */
const SECRET_KEYS = new Set(
  ['authorization', 'cookie', 'setcookie', 'password', 'passwd', 'secret', 'token', 'apikey', 'credentials'].concat([
    'consumerkey',
    'consumersecret',
    'accesstoken',
    'refreshtoken',
    'webhooksecret',
    'secretkey',
    'signature',
  ]),
);
const SECRET_ENDINGS = ['password', 'secret', 'authorization', 'apikey', 'privatekey'];

/** What the shop and HFT71 call a customer's data. */
const PERSONAL_KEYS = new Set(
  [
    'name',
    'firstname',
    'lastname',
    'fullname',
    'customername',
    'company',
    'email',
    'mail',
    'phone',
    'mobile',
    'telephone',
  ].concat(
    ['address', 'address1', 'address2', 'street', 'city', 'postcode', 'zip', 'zipcode', 'billing', 'shipping'],
    ['billingaddress', 'shippingaddress', 'customernote', 'note', 'ip', 'customeripaddress', 'useragent', 'username'],
  ),
);

/** An attempt's token is evidence that people compare, and no secret. */
const HARMLESS_KEYS = new Set(['attempttoken']);

const PATTERNS: readonly [RegExp, string][] = [
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi, `$1 ${BLOT}`],
  [/\bc[ks]_[0-9a-zA-Z]{8,}/g, BLOT],
  [/\b[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\b/g, BLOT], // a JSON web token
  [/([a-z][a-z0-9+.-]*:\/\/)[^\s/@:]*:[^\s/@]*@/gi, `$1${BLOT}@`], // user and password of a URL
  [/[\w.%+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}/g, BLOT], // an e-mail address
];

/** Blots out what looks like a credential or an e-mail address, wherever it stands in a text. */
export function redactText(text: string): string {
  return PATTERNS.reduce((clean, [pattern, replacement]) => clean.replace(pattern, replacement), text);
}

/** A copy for the log: secrets and personal data blotted out by key and by look, errors turned into plain fields. */
export function redact(value: unknown, describeError: (error: Error) => Record<string, unknown>): unknown {
  const ancestors = new Set<object>();

  function walk(current: unknown, depth: number): unknown {
    if (typeof current === 'string') return redactText(current);
    if (typeof current === 'bigint') return current.toString();
    if (typeof current === 'function' || typeof current === 'symbol') return undefined;
    if (typeof current !== 'object' || current === null) return current;
    if (current instanceof Date) return Number.isNaN(current.getTime()) ? 'Invalid Date' : current.toISOString();
    if (ancestors.has(current)) return '[circular]';
    if (depth >= DEEPEST) return '[deeper]';

    ancestors.add(current);
    const copy = Array.isArray(current)
      ? current.map((item) => walk(item, depth + 1))
      : types.isNativeError(current)
        ? walkFields(describeError(current), depth, () => false)
        : walkFields(current, depth, isSensitive);
    ancestors.delete(current);
    return copy;
  }

  function walkFields(fields: object, depth: number, sensitive: (key: string) => boolean): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(fields).map(([key, inner]) => [
        key,
        sensitive(key) && inner !== null && inner !== undefined ? BLOT : walk(inner, depth + 1),
      ]),
    );
  }

  return walk(value, 0);
}

function isSensitive(key: string): boolean {
  const plain = key.toLowerCase().replace(/[^a-z0-9]/g, '');
  if (HARMLESS_KEYS.has(plain)) return false;
  return SECRET_KEYS.has(plain) || PERSONAL_KEYS.has(plain) || SECRET_ENDINGS.some((ending) => plain.endsWith(ending));
}
