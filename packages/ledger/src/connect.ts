import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { PrismaClient } from './generated/client.js';

/** A connection to the ledger: Prisma for plain reads and writes, one pool for the named statements. */
export interface Ledger {
  readonly prisma: PrismaClient;
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

/** No transaction waits so long for its next statement, unless its process sleeps. */
const SILENT_TRANSACTION_MS = 10_000;

/**
 * @param onIdleError told when a pooled connection breaks while nobody uses it (the server restarted). The pool replaces
 * it by itself; without a listener the process would end.
 */
export function connectLedger(options: {
  databaseUrl: string;
  applicationName: string;
  maxConnections?: number;
  /** For who must not wait long. Default 15 s. */
  statementTimeoutMs?: number;
  onIdleError?: (error: Error) => void;
}): Ledger {
  const { statementTimeoutMs = 15_000 } = options;
  const pool = new pg.Pool({
    connectionString: options.databaseUrl,
    application_name: options.applicationName,
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: 5_000,
    // A statement that waits for a lock this long would outlive the claim that it belongs to.
    statement_timeout: statementTimeoutMs,
    // For a server that has gone silent without a word: its own timeout never reaches us then.
    query_timeout: statementTimeoutMs + 5_000,
    // A process that is put to sleep in the middle of a transaction must not keep its locks from the others.
    idle_in_transaction_session_timeout: SILENT_TRANSACTION_MS,
    keepAlive: true,
    // What is committed stays committed, whatever the server's default says (protocol, "PostgreSQL").
    options: '-c synchronous_commit=on',
  });
  pool.on('error', (error) => options.onIdleError?.(error));
  // The pool listens to idle connections only. One that breaks between two statements of a transaction, or while it holds
  // a lock, fails its next statement; without a listener of its own it would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  return {
    prisma,
    pool,
    close: async () => {
      await prisma.$disconnect();
      if (!pool.ended) await pool.end();
    },
  };
}

export type Queryable = Pick<pg.Pool, 'query'>;
export type Row = Record<string, unknown>;

/** A statement that a session plans once. */
export interface Planned {
  /** One text has one name, and one name one text. */
  readonly name: string;
  readonly text: string;
}

/**
 * For statements of every order and every tick: planning them takes PostgreSQL longer than running them, and each session
 * does it once this way. Not for those whose best plan depends on what they are asked, or that are rare.
 */
export function planned(name: string, text: string): Planned {
  return { name, text };
}

export async function rows<T>(on: Queryable, sql: string | Planned, params: unknown[] = []): Promise<T[]> {
  for (let tries = 1; ; tries += 1) {
    try {
      const result =
        typeof sql === 'string' ? await on.query<Row>(sql, params) : await on.query<Row>({ ...sql, values: params });
      return result.rows as T[];
    } catch (error) {
      // A single statement that lost a deadlock did nothing: it may simply be made again. Inside a transaction it may not.
      const lost = on instanceof pg.Pool && ['40P01', '40001'].includes((error as { code?: string }).code ?? '');
      if (!lost || tries === DEADLOCK_TRIES) throw error;
    }
  }
}

const DEADLOCK_TRIES = 5;

/** @returns null where the statement's guard let no row through. */
export async function oneRow<T>(on: Queryable, sql: string | Planned, params: unknown[] = []): Promise<T | null> {
  return (await rows<T>(on, sql, params))[0] ?? null;
}

export async function inTransaction<T>(ledger: Ledger, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await ledger.pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    broken = error instanceof Error ? error : new Error(String(error));
    await client.query('rollback').then(
      () => (broken = undefined), // the connection is sound: keep it
      () => undefined,
    );
    throw error;
  } finally {
    client.release(broken);
  }
}

/** The settings that decide whether an acknowledged commit survives a crash of the server. */
export async function forgetfulSettings(ledger: Ledger): Promise<string[]> {
  const found = await rows<{ name: string; setting: string }>(
    ledger.pool,
    `select name, setting from pg_settings where name in ('fsync', 'full_page_writes') and setting = 'off'`,
  );
  return found.map(({ name }) => name);
}
