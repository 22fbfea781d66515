import type { Installation } from './installation.js';

/** One move of the account's breaker, by the database's clock, which is this machine's. */
export interface BreakerMove {
  readonly at: number;
  readonly was: 'closed' | 'open' | 'half_open';
  readonly state: 'closed' | 'open' | 'half_open';
  readonly owner: string | null;
  readonly reason: string | null;
}

/**
 * Lets the database write down each move of the breaker in a table of its own. Whoever asks every now and then would miss
 * some, and the marks of an outage are counted by them.
 */
export async function keepBreakerLog({ ledger }: Installation): Promise<void> {
  await ledger.query(`
    create table chaos_breaker (at timestamptz not null, was text not null, state text not null, owner text, reason text);
    create function chaos_breaker() returns trigger language plpgsql as $$
    begin
      insert into chaos_breaker values (clock_timestamp(), old.breaker_state, new.breaker_state, new.breaker_owner, new.breaker_reason);
      return null;
    end $$;
    create trigger chaos_breaker after update on account for each row
      when (old.breaker_state is distinct from new.breaker_state) execute function chaos_breaker();`);
}

/** The oldest first. */
export async function breakerMoves(relay: Installation): Promise<BreakerMove[]> {
  const rows = await relay.rows(
    'select extract(epoch from at)::float8 * 1000 as at, was, state, owner, reason from chaos_breaker order by at',
  );
  return rows as unknown as BreakerMove[];
}

export function openingsFromClosed(moves: readonly BreakerMove[]): number {
  return moves.filter(({ was, state }) => was === 'closed' && state === 'open').length;
}

export function reopenings(moves: readonly BreakerMove[]): number {
  return moves.filter(({ was, state }) => was === 'half_open' && state === 'open').length;
}

/** Times in which the breaker was open: nothing may be sent in them. */
export function openTimes(moves: readonly BreakerMove[]): { from: number; to: number }[] {
  return moves.flatMap(({ at, state }, index) =>
    state === 'open' ? [{ from: at, to: moves[index + 1]?.at ?? Date.now() }] : [],
  );
}
