import type { Ledger } from '@relay/ledger';
import type { SteeredClock } from './steered-clock.js';

/** A statement that the product prepares comes with its parameters. */
type Query = (sql: string | { readonly name: string; readonly text: string }, params?: unknown[]) => Promise<unknown>;

const CONTROL_WORDS = ['begin', 'commit', 'rollback'];

/**
 * The ledger with the clock of the history in it: before a statement the database is told what time it is, if that has
 * changed. Each statement is prepared once for a session, since making the plan takes most of the time that these small
 * tables need: that alone more than halves a history.
 */
export function steeredLedger(ledger: Ledger, clockOf: () => SteeredClock): Ledger {
  const names = new Map<string, string>();
  let toldMs = NaN;
  const prepared = (sql: string, params: unknown[]) => {
    const name = names.get(sql) ?? `s${names.size}`;
    names.set(sql, name);
    return { name, text: sql, values: params };
  };
  const tellTime = async () => {
    const { nowMs } = clockOf();
    if (nowMs === toldMs) return;
    toldMs = nowMs;
    await ledger.pool.query(prepared('update steered.clock set now = $1', [new Date(nowMs)]));
  };
  const query: Query = async (sql, params) => {
    await tellTime();
    if (typeof sql !== 'string') return ledger.pool.query(sql);
    // Several statements in one text cannot be prepared; they have no parameters.
    return params === undefined && sql.includes(';')
      ? ledger.pool.query(sql)
      : ledger.pool.query(prepared(sql, params ?? []));
  };
  const connect = async () => {
    await tellTime();
    const session = await ledger.pool.connect();
    const inSession: Query = (sql, params) => {
      if (typeof sql !== 'string') return session.query(sql);
      return CONTROL_WORDS.includes(sql) ? session.query(sql) : session.query(prepared(sql, params ?? []));
    };
    return { query: inSession, release: (broken?: Error | boolean) => session.release(broken) };
  };
  // The real pool behind it: the product asks whether it is one.
  const pool = Object.create(ledger.pool) as Ledger['pool'];
  Object.defineProperties(pool, { query: { value: query }, connect: { value: connect } });
  return { ...ledger, pool };
}
