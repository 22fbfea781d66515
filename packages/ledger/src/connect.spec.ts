import { pathToFileURL } from 'node:url';
import { projectFile, startProcess, wake, waitFor } from '@relay/testing';
import { inTransaction } from './connect.js';
import { startLedgerWorld, type LedgerWorld } from './testing-world.js';
import { alone } from './wanted-maintenance.js';

/** Each test has its own, since they run at once: most of their time is waiting for PostgreSQL's clock. */
async function inLedger(work: (world: LedgerWorld) => Promise<void>): Promise<void> {
  const world = await startLedgerWorld();
  try {
    await work(world);
  } finally {
    await world.close();
  }
}

test('a connection that breaks between two statements of a transaction fails the transaction, not the process', () =>
  inLedger(async ({ ledger }) => {
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
  }));

describe('a process that only sleeps holds nothing up', () => {
  test.concurrent(
    'what one process does alone is taken over, while a living one keeps it',
    () =>
      inLedger(async (world) => {
        const holder = startProcess({
          script: projectFile('packages/ledger/src/testing/hold-alone.ts'),
          args: [world.databaseUrl],
          nodeArgs: ['--import', pathToFileURL(projectFile('node_modules/tsx/dist/esm/index.mjs')).href],
        });
        try {
          await holder.waitForLine('holds', 20_000);
          const isFree = () => alone(world.ledger, 'test', async () => undefined);
          const heldFrom = performance.now();
          while (performance.now() - heldFrom < 12_000) {
            expect(await isFree()).toBe(false);
            await new Promise((resolve) => setTimeout(resolve, 1_000));
          }
          process.kill(holder.pid, 'SIGSTOP');
          await waitFor(isFree, { what: 'the sleeper to lose its lock', timeoutMs: 20_000 });
        } finally {
          wake(holder.pid);
          await holder.kill('SIGKILL');
        }
      }),
    60_000,
  );

  test.concurrent(
    'a transaction that waits for its next statement for ten seconds is ended, and its locks with it',
    () =>
      inLedger(async ({ ledger }) => {
        let wakeUp = () => undefined as void;
        const sleeping = inTransaction(ledger, async (client) => {
          await client.query('lock table account in access exclusive mode');
          await new Promise<void>((resolve) => (wakeUp = resolve));
          await client.query('select 1');
        });
        const outcome = sleeping.then(
          () => 'committed',
          () => 'ended',
        );
        try {
          await waitFor(() => ledger.pool.query('select 1 from account').catch(() => null), {
            what: 'the lock to be let go',
            timeoutMs: 20_000,
          });
        } finally {
          wakeUp();
        }
        expect(await outcome).toBe('ended');
      }),
    40_000,
  );
});
