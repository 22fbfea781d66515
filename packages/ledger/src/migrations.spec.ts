import { migrationState } from './migrations.js';
import { startLedgerWorld, type LedgerWorld } from './testing-world.js';

let world: LedgerWorld;
beforeAll(async () => {
  world = await startLedgerWorld();
});
afterAll(() => world.close());

const sql = (statement: string) => world.ledger.pool.query(statement);

test('tells what is missing, what broke off, and what only a newer version knows', async () => {
  expect(await migrationState(world.ledger)).toEqual({ missing: [], broken: [], newer: [] });
  await sql(
    `insert into _prisma_migrations (id, checksum, migration_name, finished_at) values ('x', '', '20990101000000_later', now())`,
  );
  await sql(`update _prisma_migrations set finished_at = null where migration_name = '20261125180000_statuses'`);
  expect(await migrationState(world.ledger)).toEqual({
    missing: ['20261125180000_statuses'],
    broken: ['20261125180000_statuses'],
    newer: ['20990101000000_later'],
  });
  // Rolled back by hand: as if it had never been begun.
  await sql(`update _prisma_migrations set rolled_back_at = now() where migration_name = '20261125180000_statuses'`);
  expect(await migrationState(world.ledger)).toMatchObject({ missing: ['20261125180000_statuses'], broken: [] });
  await sql('drop table _prisma_migrations');
  const { missing } = await migrationState(world.ledger);
  expect(missing[0]).toBe('20261123000000_ledger');
});
