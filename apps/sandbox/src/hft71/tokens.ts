import { randomBytes } from 'node:crypto';

/** Dead tokens are kept a while: a call that was held back is judged by the time of its arrival. */
const KEPT_MS = 3_600_000;

/** Log-in tokens: several may live at once, each for the life it was given. */
export class Tokens {
  lifeS: number;
  readonly #expiries = new Map<string, number>();

  constructor(lifeS: number) {
    this.lifeS = lifeS;
  }

  issue(nowMs: number): string {
    for (const [old, expiresMs] of this.#expiries) if (expiresMs < nowMs - KEPT_MS) this.#expiries.delete(old);
    const token = `eyJ${randomBytes(24).toString('base64url')}`;
    this.#expiries.set(token, nowMs + this.lifeS * 1000);
    return token;
  }

  isValid(token: string, atMs: number): boolean {
    return (this.#expiries.get(token) ?? 0) > atMs;
  }

  expireAll(): void {
    this.#expiries.clear();
  }
}
