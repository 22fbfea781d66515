import { oneRow, rows, type Ledger } from './connect.js';

export interface UserView {
  readonly name: string;
  readonly role: 'viewer' | 'operator' | 'admin';
  readonly passwordHash: string;
}

export async function findUser(ledger: Ledger, name: string): Promise<UserView | null> {
  return oneRow<UserView>(
    ledger.pool,
    'select name, role, password_hash as "passwordHash" from relay_user where name = $1',
    [name],
  );
}

export async function listUsers(ledger: Ledger): Promise<{ name: string; role: string; createdAt: Date }[]> {
  return rows(ledger.pool, 'select name, role, created_at as "createdAt" from relay_user order by name');
}

/** @returns false when the name is taken. */
export async function addUser(ledger: Ledger, user: UserView): Promise<boolean> {
  const row = await oneRow(
    ledger.pool,
    'insert into relay_user (name, role, password_hash) values ($1, $2, $3) on conflict (name) do nothing returning name',
    [user.name, user.role, user.passwordHash],
  );
  return row !== null;
}

/** The first admin comes from the environment: its password follows the setting. */
export async function putAdmin(ledger: Ledger, name: string, passwordHash: string): Promise<void> {
  await ledger.pool.query(
    `insert into relay_user (name, role, password_hash) values ($1, 'admin', $2)
     on conflict (name) do update set password_hash = excluded.password_hash, role = 'admin'`,
    [name, passwordHash],
  );
}

export async function removeUser(ledger: Ledger, name: string): Promise<boolean> {
  return (await oneRow(ledger.pool, 'delete from relay_user where name = $1 returning name', [name])) !== null;
}
