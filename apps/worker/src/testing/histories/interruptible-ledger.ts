import type { Ledger } from '@relay/ledger';
import type { Run } from './run.js';

/** A statement that a session plans once comes as an object. */
type Query = (sql: string | { readonly text: string }, params?: unknown[]) => Promise<unknown>;

const UNIQUE_VIOLATION = '23505';

/**
 * The ledger as one run sees it: the real statements on the real server, with a border before and after each commit. A
 * transaction is left whole: what dies within it was not committed, which is the border before it.
 */
export function interruptibleLedger(ledger: Ledger, run: Run): Ledger {
  const statement = async (act: () => Promise<unknown>): Promise<unknown> => {
    try {
      return await act();
    } catch (error) {
      // The product asks for these; any other says that a statement is wrong, and would be tried again for minutes.
      if ((error as { code?: string }).code !== UNIQUE_VIOLATION) run.fail(error);
      throw error;
    }
  };
  // The real pool behind it: the product asks whether it is one.
  const pool = Object.create(ledger.pool) as Ledger['pool'];
  const query: Query = (sql, params) => run.passing(named(sql), () => statement(() => ledger.pool.query(sql, params)));
  const connect = async () => {
    await run.border('before a transaction');
    return sessionOf(await ledger.pool.connect(), run, statement);
  };
  Object.defineProperties(pool, { query: { value: query }, connect: { value: connect } });
  return { ...ledger, pool };
}

/** What the product uses of a session of the pool. */
interface Session {
  readonly query: Query;
  readonly release: (broken?: Error | boolean) => void;
}

/** Given back before the border that follows its commit, so that a run that stands still there holds nothing. */
function sessionOf(real: Session, run: Run, statement: (act: () => Promise<unknown>) => Promise<unknown>): Session {
  let isBack = false;
  const giveBack = (broken?: Error | boolean) => {
    if (isBack) return;
    isBack = true;
    taken();
    real.release(broken);
  };
  const taken = run.onCrash(async () => {
    if (isBack) return;
    await real.query('rollback');
    await real.query('select pg_advisory_unlock_all()');
    giveBack();
  });
  const query: Query = async (sql, params) => {
    const result = await statement(() => real.query(sql, params));
    if (sql !== 'commit') return result;
    giveBack();
    await run.border('after the commit of a transaction');
    return result;
  };
  return { query, release: giveBack };
}

/** Enough of the statement to tell it by. */
function named(sql: Parameters<Query>[0]): string {
  const text = typeof sql === 'string' ? sql : sql.text;
  const verb = text.trim().replace(/\s+/g, ' ');
  const written = [...verb.matchAll(/\b(insert into|update|delete from) (\w+)/g)].map((match) => match[0]);
  return written.length === 0 ? `«${verb.slice(0, 40)}»` : `«${[...new Set(written)].join(', ')}»`;
}
