import type { LogInGuard } from './hft71-client.js';

const MOST_REFUSALS = 3;

/** Within one process: for tests, and for a program without a ledger. */
export function createMemoryLogInGuard(): LogInGuard {
  const refusals = new Map<string, number>();
  return {
    begin: async (password) => (refusals.get(password) ?? 0) < MOST_REFUSALS,
    async end(password, how) {
      if (how === 'refused') refusals.set(password, (refusals.get(password) ?? 0) + 1);
      if (how === 'accepted') refusals.delete(password);
    },
  };
}
