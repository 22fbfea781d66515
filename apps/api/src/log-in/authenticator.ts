import { logIn, roleOf, type Relay, type Role } from '@relay/operations';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { basicCredentials, type Credentials } from './basic-credentials.js';
import { RecentLogIns } from './recent-log-ins.js';
import type { Sessions } from './sessions.js';

export interface Caller {
  readonly name: string;
  readonly role: Role;
}

export type LogInResult =
  | { readonly kind: 'caller'; readonly caller: Caller }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'too-often'; readonly retryAfterSeconds: number }
  /** The ledger, which knows the accounts, does not answer. */
  | { readonly kind: 'away' };

/** Log-ins by form and by HTTP Basic count together, right ones too: who guesses does not choose the door. */
const LOG_INS_PER_MINUTE = 10;

export class Authenticator {
  readonly #relay: Relay;
  readonly #countLogIn: ReturnType<FastifyInstance['createRateLimit']>;
  readonly #sessions: Sessions;
  readonly #recent = new RecentLogIns();

  constructor(app: FastifyInstance, relay: Relay, sessions: Sessions) {
    this.#relay = relay;
    this.#sessions = sessions;
    this.#countLogIn = app.createRateLimit({ max: LOG_INS_PER_MINUTE, timeWindow: 60_000 });
  }

  /** Counts before it compares: a hundred guesses at once are a hundred guesses. */
  async logIn(request: FastifyRequest, { name, password }: Credentials): Promise<LogInResult> {
    const counted = await this.#countLogIn(request);
    if (!counted.isAllowed && counted.isExceeded) return { kind: 'too-often', retryAfterSeconds: counted.ttlInSeconds };
    return this.#unlessAway(async () => {
      const role = await logIn(this.#relay, name, password);
      if (role === null) this.#relay.log.warn('a log-in was refused: wrong name or password');
      return role === null ? { kind: 'wrong' } : { kind: 'caller', caller: { name, role } };
    });
  }

  /** Who sends this request, by session or by HTTP Basic. The role is the ledger's of this moment. */
  async identify(request: FastifyRequest): Promise<LogInResult | { readonly kind: 'nobody' }> {
    const credentials = basicCredentials(request.headers.authorization);
    if (credentials !== null && !this.#recent.has(credentials.name, credentials.password)) {
      const result = await this.logIn(request, credentials);
      if (result.kind === 'caller') this.#recent.add(credentials.name, credentials.password);
      return result;
    }
    const name = credentials?.name ?? this.#sessions.read(request);
    if (name === null) return { kind: 'nobody' };
    return this.#unlessAway(async () => {
      const role = await roleOf(this.#relay, name);
      return role === null ? { kind: 'nobody' } : { kind: 'caller', caller: { name, role } };
    });
  }

  async #unlessAway<T>(ask: () => Promise<T>): Promise<T | { kind: 'away' }> {
    try {
      return await ask();
    } catch (error) {
      this.#relay.log.error('nobody can be identified: the ledger does not answer', { error });
      return { kind: 'away' };
    }
  }
}
