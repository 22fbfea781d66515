import { createHmac, randomBytes } from 'node:crypto';

const MINUTE_MS = 60_000;

/**
 * Names and passwords that were right within the last minute, as keyed hashes: a script that sends them with each
 * request neither pays for the slow password hash each time nor uses up its address's log-ins. Whether the account still
 * exists, and its role, are looked up all the same.
 */
export class RecentLogIns {
  readonly #key = randomBytes(32);
  readonly #untilByHash = new Map<string, number>();

  has(name: string, password: string): boolean {
    const until = this.#untilByHash.get(this.#hash(name, password));
    return until !== undefined && Date.now() < until;
  }

  add(name: string, password: string): void {
    for (const [hash, until] of this.#untilByHash) if (until <= Date.now()) this.#untilByHash.delete(hash);
    this.#untilByHash.set(this.#hash(name, password), Date.now() + MINUTE_MS);
  }

  #hash(name: string, password: string): string {
    return createHmac('sha256', this.#key)
      .update(JSON.stringify([name, password]))
      .digest('base64');
  }
}
