import { createHmac, randomBytes } from 'node:crypto';
import type { Session } from './sessions.js';

const MINUTE_MS = 60_000;

/**
 * Names and passwords that were right within the last minute, as keyed hashes: a script that sends them with each
 * request neither pays for the slow password hash each time nor uses up its address's log-ins. Whether the account still
 * exists with this password, and its role, are looked up all the same.
 */
export class RecentLogIns {
  readonly #key = randomBytes(32);
  readonly #byHash = new Map<string, { readonly session: Session; readonly until: number }>();

  find(name: string, password: string): Session | null {
    const found = this.#byHash.get(this.#hash(name, password));
    return found !== undefined && Date.now() < found.until ? found.session : null;
  }

  add(session: Session, password: string): void {
    for (const [hash, { until }] of this.#byHash) if (until <= Date.now()) this.#byHash.delete(hash);
    this.#byHash.set(this.#hash(session.name, password), { session, until: Date.now() + MINUTE_MS });
  }

  #hash(name: string, password: string): string {
    return createHmac('sha256', this.#key)
      .update(JSON.stringify([name, password]))
      .digest('base64');
  }
}
