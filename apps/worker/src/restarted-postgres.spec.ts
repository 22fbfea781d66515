import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres, type PostgresServer } from '@relay/local-servers';
import { migrate, waitFor } from '@relay/testing';
import { inWorld, stopWorldsLeft } from './testing/world.js';

let folder: string;
let postgres: PostgresServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'relay-postgres-'));
  postgres = await startPostgres({ dataDir: join(folder, 'data'), durable: true });
  await migrate(postgres.url);
}, 60_000);
afterAll(async () => {
  await stopWorldsLeft();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Longer than the restart and a connection's timeout (5 s) together, as the defaults are. */
const settings = { RELAY_LEASE: '12s', RELAY_PREPARED_TIMEOUT: '12s', RELAY_DISPATCH_LEASE: '12s' };

test('PostgreSQL is restarted in the middle of 20 orders: all arrive once, without a doubt', async () => {
  await inWorld({ databaseUrl: postgres.url, settings }, async (world) => {
    const { sandbox } = world;
    await Promise.all([world.startLive(), world.startWorker()]);
    await sandbox.faultOnSend({ kind: 'latency', delayMs: 300 });
    const orderIds = await sandbox.order({ count: 20 });
    await waitFor(async () => (await sandbox.acceptedOrders()).length >= 5, { what: '5 orders', timeoutMs: 30_000 });
    await postgres.stop();
    const { dataDir, port } = postgres;
    postgres = await startPostgres({ dataDir, port, durable: true });
    await world.waitForState(orderIds, 'written_back', 60_000);
    for (const orderId of orderIds) expect(await sandbox.postsOf(orderId)).toBe(1);
    expect(await world.expectGuarantee()).toMatchObject({ sent: 20, writtenBack: 20 });
  });
}, 120_000);
