/** A log-in token as all workers of an account share it. */
export interface StoredToken {
  readonly token: string;
  /** Epoch, by the clock of the worker that logged in. */
  readonly receivedAtMs: number;
  /** `expires_in` as milliseconds. */
  readonly lifeMs: number;
}

/** Where the workers of one account share their token, and agree on who logs in. */
export interface TokenStore {
  read(): Promise<StoredToken | null>;
  write(token: StoredToken): Promise<void>;
  /** Remembers, as long as the token may live, that a call was accepted with it. */
  markAccepted(token: StoredToken): Promise<void>;
  wasAccepted(token: string): Promise<boolean>;
  /**
   * Runs `logIn` while no other worker does; `busy` at once where another one does. The lock expires by itself, so that
   * a worker that died in it stops nobody for long.
   */
  withLogInLock<T>(logIn: () => Promise<T>): Promise<T | 'busy'>;
}
