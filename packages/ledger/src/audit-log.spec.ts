import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { latestAudit, type AuditFilter } from './audit-log.js';
import { writeAudit } from './audit.js';
import { ensureAccount } from './accounts.js';
import { ensureShop } from './shops.js';
import { startLedgerWorld, type LedgerWorld } from './testing-world.js';

let world: LedgerWorld;
beforeEach(async () => {
  world = await startLedgerWorld();
});
afterEach(() => world.close());

const did = (action: string, subject: string) => writeAudit(world.ledger, { actor: 'eve', action, subject });
const found = async (filter: Omit<AuditFilter, 'limit'>) =>
  (await latestAudit(world.ledger, { ...filter, limit: 50 })).map(({ action, subject }) => `${action}: ${subject}`);

test('what was done to what a shop shares with others is found under the shop, and under no shop that has no part in it', async () => {
  const other = await ensureAccount(world.ledger, { baseUrl: 'https://hft71.example', username: 'v', maxInFlight: 6 });
  await ensureShop(world.ledger, { id: 'other', accountId: other.id, baseUrl: 'https://other.example:8443/shop' });
  await did('breaker open', 'https://hft71.example as u');
  await did('breaker close', 'shop.example');
  await did('breaker open', 'https://hft71.example as v');
  await did('breaker close', 'other.example:8443');
  await did('orders hold', 'other/7');
  await did('ledger restored', 'ledger');
  const incident = await world.ledger.pool.query<{ id: string }>(
    `insert into incident (cause, severity, title, started_at, acknowledge_by) values ($1, 1, 'x', now(), now()) returning id`,
    [other.id],
  );
  await did('incident ack', `incident ${incident.rows[0]?.id}`);
  expect(await found({ shopId: 'main' })).toEqual([
    'breaker open: https://hft71.example as u',
    'breaker close: shop.example',
    'ledger restored: ledger',
  ]);
  expect(await found({ shopId: 'other' })).toEqual([
    'breaker open: https://hft71.example as v',
    'breaker close: other.example:8443',
    'orders hold: other/7',
    'ledger restored: ledger',
    'incident ack: incident 1',
  ]);
  expect(await found({ shopId: 'other', orderId: 7 })).toEqual(['orders hold: other/7']);
});

test('acts that were written in other words are found by the commands’', async () => {
  await did('stock.sync', 'shop main');
  await did('stock.boost-end', 'shop main');
  await did('stock.safety', 'shop main');
  await did('update done', 'main/7');
  await did('orders resolve: identity', 'main/7');
  const migration = join(process.cwd(), 'prisma/migrations/20261128234000_audit_words/migration.sql');
  await world.ledger.pool.query(readFileSync(migration, 'utf8'));
  expect(await found({ shopId: 'main', action: 'stock' })).toEqual([
    'stock sync: main',
    'stock boost --end: main',
    'stock safety: main',
  ]);
  expect(await found({ action: 'orders' })).toEqual(['orders update-done: main/7', 'orders resolve --exists: main/7']);
});
