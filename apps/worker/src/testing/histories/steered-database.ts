import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectLedger, type Ledger } from '@relay/ledger';
import { startPostgres, type PostgresServer } from '@relay/local-servers';
import { projectFile } from '@relay/testing';
import { SteeredClock } from './steered-clock.js';
import { steeredLedger } from './steered-ledger.js';

/** Everything that a history changes; `process_beat`, users, the call log and the timeline play no part in it. */
const TABLES = [
  'installation',
  'account',
  'shop',
  'shop_order',
  'intent',
  'progress',
  'attempt',
  'look_up',
  'campaign',
  'campaign_item',
  'unknown_order',
  'alert',
  'audit',
  'delivery',
  'stock_feed',
  'feed_sku',
] as const;

export type Copy = 'pristine' | 'backup';

/**
 * A PostgreSQL of its own with the migrated ledger and two things more: `now()` is the clock that the test moves, and two
 * sets of copies of all tables, so that a backup and its restore take milliseconds.
 *
 * Not durable, since nothing real is sent and the server is not killed: the commits of 2,000 histories would otherwise
 * wait for the disk.
 */
export class SteeredDatabase {
  readonly ledger: Ledger;
  clock = new SteeredClock();

  private constructor(
    readonly server: PostgresServer,
    real: Ledger,
  ) {
    this.ledger = steeredLedger(real, () => this.clock);
  }

  static async start(): Promise<SteeredDatabase> {
    const server = await startPostgres({ durable: false });
    const migrating = connectLedger({ databaseUrl: server.url, applicationName: 'migration', maxConnections: 1 });
    const migrations = projectFile('prisma/migrations');
    const folders = (await readdir(migrations, { withFileTypes: true })).filter((entry) => entry.isDirectory());
    for (const { name } of folders.sort((a, b) => a.name.localeCompare(b.name)))
      await migrating.pool.query(await readFile(join(migrations, name, 'migration.sql'), 'utf8'));
    await migrating.pool.query(STEERING);
    await migrating.close();
    const ledger = connectLedger({ databaseUrl: server.url, applicationName: 'histories', maxConnections: 20 });
    return new SteeredDatabase(server, ledger);
  }

  async copyTo(copy: Copy): Promise<void> {
    const statements = TABLES.map(
      (table) => `delete from ${copy}.${table}; insert into ${copy}.${table} table ${table}`,
    );
    await this.ledger.pool.query(`begin; ${statements.join('; ')}; commit`);
  }

  async copyBack(copy: Copy): Promise<void> {
    const statements = TABLES.map((table) => `delete from ${table}; insert into ${table} table ${copy}.${table}`);
    await this.ledger.pool.query(`begin; ${statements.join('; ')}; commit`);
  }

  /** What a restore cannot take back, between two histories; and the rows that the last ones left dead. */
  async clean(withVacuum: boolean): Promise<void> {
    await this.ledger.pool.query('delete from steered.forgotten');
    if (withVacuum) await this.ledger.pool.query(`vacuum ${TABLES.join(', ')}, steered.clock, steered.forgotten`);
  }

  async stop(): Promise<void> {
    await this.ledger.close();
    await this.server.stop();
  }
}

/**
 * `pg_catalog` is named in the path, so that `steered.now()` is found before PostgreSQL's. Defaults of columns were fixed to
 * CURRENT_TIMESTAMP when the tables were made, so they are set anew. The trigger notes what the model calls I4: an order
 * that was said to be at HFT71, and then was not. It is silent for a restore, which deletes and inserts.
 */
const STEERING = `
create schema steered;
create table steered.clock (now timestamptz not null);
insert into steered.clock values (now());
create function steered.now() returns timestamptz language sql stable as 'select now from steered.clock';
create table steered.forgotten (what text not null);
do $$
declare c record;
begin
  for c in select table_name, column_name from information_schema.columns
           where table_schema = 'public' and column_default = 'CURRENT_TIMESTAMP' loop
    execute format('alter table %I alter column %I set default steered.now()', c.table_name, c.column_name);
  end loop;
  execute format('alter database %I set search_path = steered, public, pg_catalog', current_database());
  execute format('alter database %I set jit = off', current_database());
  execute format('alter database %I set plan_cache_mode = force_generic_plan', current_database());
end $$;
create function steered.note_forgotten() returns trigger language plpgsql as $$
begin
  insert into steered.forgotten values (format('order %s copy %s: %s %s became %s %s %s', old.order_id, old.copy,
    old.state, old.hft71_order_id, new.state, coalesce(new.reason, ''), coalesce(new.hft71_order_id, 'without an id')));
  return null;
end $$;
create trigger never_forgotten after update on intent for each row
  when (old.kind in ('send_order', 'reprint') and old.hft71_order_id is not null and (
    new.hft71_order_id is distinct from old.hft71_order_id
    or old.state in ('sent', 'written_back', 'adopted') and new.state not in ('sent', 'written_back', 'adopted')
       and not (new.state = 'held' and new.reason = 'conflict')))
  execute function steered.note_forgotten();
${(['pristine', 'backup'] as const)
  .map(
    (copy) =>
      `create schema ${copy}; ${TABLES.map((table) => `create table ${copy}.${table} as table ${table}`).join('; ')};`,
  )
  .join('\n')}
`;
