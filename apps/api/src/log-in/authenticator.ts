import { findUser } from '@relay/ledger';
import { logIn, type Relay, type Role } from '@relay/operations';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { basicCredentials, type Credentials } from './basic-credentials.js';
import { LogInLimit } from './log-in-limit.js';
import { passwordMark } from './password-mark.js';
import { RecentLogIns } from './recent-log-ins.js';
import type { Session, Sessions } from './sessions.js';

export interface Caller {
  readonly name: string;
  readonly role: Role;
}

export type LogInResult =
  | { readonly kind: 'caller'; readonly caller: Caller; readonly session: Session }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'too-often'; readonly retryAfterSeconds: number }
  /** The ledger, which knows the accounts, does not answer. */
  | { readonly kind: 'away' };

type Identified = LogInResult | { readonly kind: 'nobody' };

export class Authenticator {
  readonly #relay: Relay;
  /** Log-ins by form and by HTTP Basic count together, right ones too: who guesses does not choose the door. */
  readonly #limit: LogInLimit;
  readonly #sessions: Sessions;
  readonly #recent = new RecentLogIns();

  constructor(app: FastifyInstance, relay: Relay, sessions: Sessions) {
    this.#relay = relay;
    this.#sessions = sessions;
    this.#limit = new LogInLimit(app);
  }

  /** Counts before it compares: a hundred guesses at once are a hundred guesses. */
  async logIn(request: FastifyRequest, { name, password }: Credentials): Promise<LogInResult> {
    const retryAfterSeconds = await this.#limit.count(request, name);
    if (retryAfterSeconds !== null) return { kind: 'too-often', retryAfterSeconds };
    return this.#unlessAway(async () => {
      // Read before the comparison: a password that changes meanwhile ends this session, never outlives it.
      const user = await findUser(this.#relay.ledger, name);
      const role = await logIn(this.#relay, name, password);
      if (user !== null && role !== null)
        return { kind: 'caller', caller: { name, role }, session: { name, passwordMark: passwordMark(user) } };
      this.#relay.log.warn('a log-in was refused: wrong name or password');
      return { kind: 'wrong' };
    });
  }

  /** Who sends this request, by session or by HTTP Basic. The role is the ledger's of this moment. */
  async identify(request: FastifyRequest): Promise<Identified> {
    const credentials = basicCredentials(request.headers.authorization);
    if (credentials === null) return this.#resume(this.#sessions.read(request));

    const { name, password } = credentials;
    const resumed = await this.#resume(this.#recent.find(name, password));
    if (resumed.kind !== 'nobody') return resumed;
    const result = await this.logIn(request, credentials);
    if (result.kind === 'caller') this.#recent.add(result.session, password);
    return result;
  }

  /** As long as the account is there, with the password that it had. */
  async #resume(session: Session | null): Promise<Identified> {
    if (session === null) return { kind: 'nobody' };
    const { name } = session;
    return this.#unlessAway(async () => {
      const user = await findUser(this.#relay.ledger, name);
      if (user === null || passwordMark(user) !== session.passwordMark) return { kind: 'nobody' };
      return { kind: 'caller', caller: { name, role: user.role }, session };
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
