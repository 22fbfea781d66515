import { CallFailure } from '@relay/core';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { ApiCall, ApiHttp } from './api-http.js';
import { EXPIRES_IN_UNIT_MS, LOG_IN_PATH } from './assumptions.js';
import type { LogInGuard } from './hft71-client.js';
import type { StoredToken, TokenStore } from './token-store.js';

const SECOND_MS = 1000;
/** How often the store is looked at while another worker logs in. */
const POLL_MS = 100;

const logInAnswer = z.object({
  access_token: z.string().min(1),
  expires_in: z.coerce.number().positive(),
});

/**
 * The account's token: one log-in for all workers. A token is renewed when it has less to live than a call may take;
 * how long it has is told by the monotonic clock since its receipt in this process, and by the wall clock for one that
 * another worker received.
 */
export class LogIn {
  readonly #received = new Map<string, number>();
  #marked: string | null = null;

  constructor(
    private readonly http: ApiHttp,
    private readonly store: TokenStore,
    private readonly credentials: () => Promise<{ readonly username: string; readonly password: string }>,
    private readonly guard: LogInGuard,
    /** How long another worker's log-in is waited for. */
    private readonly patienceMs: number,
  ) {}

  async token(minLifeShare?: number): Promise<string> {
    return this.#obtain((stored) => this.#remainingMs(stored) >= neededMs(stored, minLifeShare));
  }

  async refused(token: string): Promise<string> {
    return this.#obtain((stored) => stored.token !== token && this.#remainingMs(stored) > 0);
  }

  /** To be called after every accepted call, and not waited for. Never rejects; only the first for each token costs. */
  async accepted(token: string): Promise<void> {
    if (this.#marked === token) return;
    const stored = await this.store.read().catch(() => null);
    if (stored?.token !== token) return;
    this.#marked = token;
    await this.store.markAccepted(stored).catch(() => undefined); // the call itself did its work
  }

  async wasAccepted(token: string): Promise<boolean> {
    return this.#marked === token || (await this.#ofStore(this.store.wasAccepted(token)));
  }

  async #obtain(isGood: (stored: StoredToken) => boolean): Promise<string> {
    const giveUpAt = performance.now() + this.patienceMs;
    for (;;) {
      const shared = await this.#ofStore(this.store.read());
      if (shared !== null && isGood(shared)) return shared.token;
      const mine = await this.#underLock(isGood);
      if (mine !== 'busy') return mine.token;
      if (performance.now() + POLL_MS > giveUpAt) throw storeFailure('log-in-busy');
      await sleep(POLL_MS);
    }
  }

  async #underLock(isGood: (stored: StoredToken) => boolean): Promise<StoredToken | 'busy'> {
    let failed: { readonly error: unknown } | null = null;
    const mine = await this.#ofStore(
      this.store.withLogInLock(async () => {
        try {
          // Another worker may have logged in between the look and the lock.
          const meanwhile = await this.#ofStore(this.store.read());
          return meanwhile !== null && isGood(meanwhile) ? meanwhile : await this.#logIn();
        } catch (error) {
          failed = { error };
          return null;
        }
      }),
    );
    // Thrown out here, so that a refused log-in is not taken for a fault of the store.
    if (mine === null) throw (failed as { readonly error: unknown } | null)?.error;
    return mine;
  }

  async #logIn(): Promise<StoredToken> {
    const credentials = await this.#ofStore(this.credentials());
    if (!(await this.#ofStore(this.guard.begin(credentials.password))))
      throw new CallFailure({
        target: 'hft71',
        action: 'login',
        failure: 'unauthorized',
        code: 'refused-before',
        hint: 'HFT71 refused this password three times, and it is not tried again: set the right one (relay account password)',
      });
    const call: ApiCall = {
      action: 'login',
      method: 'POST',
      path: LOG_IN_PATH,
      body: credentials,
      budget: 'login',
    };
    let answer;
    try {
      answer = await this.http.call(call);
    } catch (error) {
      // 403 is a firewall's word as often as HFT71's: it does not speak of the password.
      const refused = error instanceof CallFailure && error.failure === 'unauthorized' && error.status !== 403;
      await this.#ofStore(this.guard.end(credentials.password, refused ? 'refused' : 'unjudged'));
      throw error;
    }
    const parsed = logInAnswer.safeParse(answer.json).data;
    await this.#ofStore(this.guard.end(credentials.password, parsed === undefined ? 'unjudged' : 'accepted'));
    if (parsed === undefined) throw this.http.unreadable(call, answer);
    const stored: StoredToken = {
      token: parsed.access_token,
      receivedAtMs: Date.now(),
      lifeMs: parsed.expires_in * EXPIRES_IN_UNIT_MS,
    };
    this.#received.clear(); // one account has one token: the former is of no more use
    this.#received.set(stored.token, performance.now());
    await this.#ofStore(this.store.write(stored));
    return stored;
  }

  #remainingMs(stored: StoredToken): number {
    const receivedAt = this.#received.get(stored.token);
    const ageMs = receivedAt === undefined ? Date.now() - stored.receivedAtMs : performance.now() - receivedAt;
    // A clock that was set back, or another machine's that is ahead, must not lengthen a token's life.
    return Math.min(stored.lifeMs, stored.lifeMs - ageMs);
  }

  /** The store's own errors may carry its address: only that it failed is told. */
  async #ofStore<T>(work: Promise<T>): Promise<T> {
    return work.catch(() => {
      throw storeFailure('token-store');
    });
  }
}

/** Protocol: at least min(60 s, a fifth of its life). */
function neededMs(stored: StoredToken, minLifeShare: number | undefined): number {
  return minLifeShare === undefined ? Math.min(60 * SECOND_MS, stored.lifeMs / 5) : stored.lifeMs * minLifeShare;
}

function storeFailure(code: 'log-in-busy' | 'token-store'): CallFailure {
  return new CallFailure({ target: 'hft71', action: 'login', failure: 'retry-later', code });
}
