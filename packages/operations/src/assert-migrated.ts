import type { Ledger } from '@relay/ledger';

export class NotMigrated extends Error {
  override readonly name = 'NotMigrated';
  constructor() {
    super('The database has no ledger yet, or an older one. Run: npx prisma migrate deploy');
  }
}

export async function assertMigrated(ledger: Ledger): Promise<void> {
  const found = await ledger.pool.query<{ has: boolean }>(`select to_regclass('unknown_order') is not null as has`);
  if (found.rows[0]?.has !== true) throw new NotMigrated();
}
