import { waitFor } from '@relay/testing';
import { inTransaction } from './connect.js';
import { startLedgerWorld, type LedgerWorld } from './testing-world.js';

let world: LedgerWorld;
beforeEach(async () => {
  world = await startLedgerWorld();
});
afterEach(() => world.close());

test('a connection that breaks between two statements of a transaction fails the transaction, not the process', async () => {
  const { ledger } = world;
  let hasEnded = false;
  const work = inTransaction(ledger, async (client) => {
    client.once('end', () => (hasEnded = true));
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    await ledger.pool.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
    await waitFor(() => hasEnded, { what: 'the end of the connection' });
    await client.query('select 1');
  });
  await expect(work).rejects.toThrow();
  expect((await ledger.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});
