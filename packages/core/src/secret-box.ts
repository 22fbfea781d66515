import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
  createHash,
} from 'node:crypto';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM under keys derived from `RELAY_SECRET_KEY`. Opens what the previous key closed, closes with the new one. */
export class SecretBox {
  readonly #keys: readonly Buffer[];

  /** @param secretKeys the current key first, then the previous one while a rotation lasts. */
  constructor(secretKeys: readonly string[], purpose: string) {
    if (secretKeys.length === 0) throw new Error('SecretBox needs a key');
    this.#keys = secretKeys.map((key) => Buffer.from(hkdfSync('sha256', key, 'hft71-relay', purpose, 32)));
  }

  close(plain: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#keys[0] as Buffer, nonce);
    const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64');
  }

  /** @returns null when no key opens it: closed under another RELAY_SECRET_KEY, or not closed by us at all. */
  open(closed: string): string | null {
    const raw = Buffer.from(closed, 'base64');
    if (raw.length < NONCE_BYTES + TAG_BYTES) return null;
    for (const key of this.#keys) {
      const decipher = createDecipheriv('aes-256-gcm', key, raw.subarray(0, NONCE_BYTES));
      decipher.setAuthTag(raw.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      try {
        return decipher.update(raw.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
      } catch {
        continue; // the tag does not fit this key: try the previous one
      }
    }
    return null;
  }
}

/**
 * HMAC-SHA256 over canonical JSON (keys sorted), with a key of the installation: equal content gives an equal hash, and
 * nobody can find an address by trying (design decision 8).
 */
export function keyedHash(key: string, content: unknown): string {
  return createHmac('sha256', key).update(canonicalJson(content)).digest('hex');
}

export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

/** Compares two secrets in constant time, whatever their lengths. */
export function secretsEqual(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
