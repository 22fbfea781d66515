import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { oneRow, rows, type Ledger } from './connect.js';

/** As they lie beside the program: of a checkout and of the image alike. */
const FOLDER = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url));

export interface MigrationState {
  /** This version needs them, and the database does not have them, the oldest first. */
  readonly missing: readonly string[];
  /** Begun and neither finished nor rolled back: `prisma migrate deploy` refuses to go on. */
  readonly broken: readonly string[];
  /** The database has them and this version does not know them: a newer version has been here. */
  readonly newer: readonly string[];
}

/** What Prisma has applied, against what this version brings. Reads only. */
export async function migrationState(ledger: Ledger): Promise<MigrationState> {
  const needed = neededMigrations();
  const known = await oneRow<{ has: boolean }>(
    ledger.pool,
    `select to_regclass('_prisma_migrations') is not null as has`,
  );
  if (known?.has !== true) return { missing: needed, broken: [], newer: [] };
  const applied = await rows<{ name: string; finished: boolean }>(
    ledger.pool,
    `select migration_name as name, finished_at is not null as finished from _prisma_migrations
     where rolled_back_at is null order by started_at`,
  );
  const finished = new Set(applied.filter((each) => each.finished).map(({ name }) => name));
  return {
    missing: needed.filter((name) => !finished.has(name)),
    broken: applied.filter((each) => !each.finished).map(({ name }) => name),
    newer: [...finished].filter((name) => !needed.includes(name)),
  };
}

function neededMigrations(): string[] {
  return readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();
}
