import { connectLedger } from '../connect.js';
import { alone } from '../wanted-maintenance.js';

/** Holds the lock of "test" until it is ended from outside. */
const ledger = connectLedger({ databaseUrl: process.argv[2] ?? '', applicationName: 'the holder', maxConnections: 2 });
await alone(ledger, 'test', async () => {
  process.stdout.write('holds\n');
  await new Promise((resolve) => setTimeout(resolve, 600_000));
});
