import type { StoredToken, TokenStore } from './token-store.js';

/** A token store within one process: for tests, and for a command that runs without Redis. */
export function createMemoryTokenStore(): TokenStore {
  let stored: StoredToken | null = null;
  let accepted: string | null = null;
  let locked = false;
  return {
    read: async () => stored,
    async write(token) {
      stored = token;
    },
    async markAccepted(token) {
      accepted = token.token;
    },
    wasAccepted: async (token) => accepted === token,
    async withLogInLock<T>(logIn: () => Promise<T>): Promise<T | 'busy'> {
      if (locked) return 'busy';
      locked = true;
      try {
        return await logIn();
      } finally {
        locked = false;
      }
    },
  };
}
