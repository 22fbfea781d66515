import { migrationState, type Ledger } from '@relay/ledger';

export class NotMigrated extends Error {
  override readonly name = 'NotMigrated';
  constructor(missing: readonly string[], broken: readonly string[]) {
    super(
      broken.length > 0
        ? `A migration was begun and did not end: ${broken.join(', ')}. Run relay doctor, which says what to do.`
        : `The database has no ledger yet, or an older one: ${missing.length} migrations are missing. Run: npx prisma migrate deploy`,
    );
  }
}

/** A newer ledger is no fault: the version before goes on with it while one worker after the other is replaced. */
export async function assertMigrated(ledger: Ledger): Promise<void> {
  const { missing, broken } = await migrationState(ledger);
  if (missing.length > 0 || broken.length > 0) throw new NotMigrated(missing, broken);
}
