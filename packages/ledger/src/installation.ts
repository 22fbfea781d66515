import { randomBytes, randomUUID } from 'node:crypto';
import type { SecretBox } from '@relay/core';
import { oneRow, type Ledger } from './connect.js';

export interface Installation {
  readonly id: string;
  /** Key of the content hashes. */
  readonly hashKey: string;
}

/** The ledger was made under another RELAY_SECRET_KEY. */
export class WrongSecretKey extends Error {
  override readonly name = 'WrongSecretKey';
  constructor() {
    super(
      'RELAY_SECRET_KEY does not open this ledger. Set the key it was made with, or put that key in RELAY_SECRET_KEY_PREVIOUS to change it.',
    );
  }
}

/** Reads who this relay is; the first start makes it. */
export async function ensureInstallation(ledger: Ledger, box: SecretBox): Promise<Installation> {
  await ledger.pool.query(
    'insert into installation (id, hash_key_closed) values ($1, $2) on conflict (singleton) do nothing',
    [randomUUID(), box.close(randomBytes(32).toString('hex'))],
  );
  const made = await loadInstallation(ledger, box);
  if (made === null) throw new WrongSecretKey();
  return made;
}

/** The same without making it: null before the first start. @throws WrongSecretKey */
export async function loadInstallation(ledger: Ledger, box: SecretBox): Promise<Installation | null> {
  const row = await oneRow<{ id: string; hash_key_closed: string }>(
    ledger.pool,
    'select id, hash_key_closed from installation',
  );
  if (row === null) return null;
  const hashKey = box.open(row.hash_key_closed);
  if (hashKey === null) throw new WrongSecretKey();
  return { id: row.id, hashKey };
}
