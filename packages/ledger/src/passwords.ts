import { openBreaker } from './breaker.js';
import { oneRow, type Ledger } from './connect.js';

/** A password that was refused so often is not tried again: a person sets another one, or closes the breaker. */
export const MOST_REFUSALS = 3;

export interface StoredPassword {
  /** Closed with RELAY_SECRET_KEY. */
  readonly closed: string;
  /** Keyed hash of the setting that it stands instead of: another setting counts again. */
  readonly insteadOf: string;
}

/** Set without a restart of the workers; null when the setting counts. */
export async function storedPassword(ledger: Ledger, accountId: string): Promise<StoredPassword | null> {
  return oneRow<StoredPassword>(
    ledger.pool,
    `select password_closed as closed, password_instead_of as "insteadOf" from account where id = $1 and password_closed is not null`,
    [accountId],
  );
}

export async function storePassword(ledger: Ledger, accountId: string, password: StoredPassword): Promise<void> {
  await ledger.pool.query('update account set password_closed = $2, password_instead_of = $3 where id = $1', [
    accountId,
    password.closed,
    password.insteadOf,
  ]);
}

/** Log-ins that HFT71 refused with this very password, over all processes. @param hash keyed. */
export async function refusalsOf(ledger: Ledger, accountId: string, hash: string): Promise<number> {
  const row = await oneRow<{ refusals: number }>(
    ledger.pool,
    'select case when refused_password = $2 then log_in_refusals else 0 end as refusals from account where id = $1',
    [accountId, hash],
  );
  return row?.refusals ?? 0;
}

/**
 * Counts a log-in before it is made, so that a worker that dies in it has counted it too. @returns false when the password
 * has been refused too often.
 */
export async function takeLogIn(ledger: Ledger, accountId: string, hash: string): Promise<boolean> {
  const row = await oneRow(
    ledger.pool,
    `update account set refused_password = $2, log_in_refusals = case when refused_password = $2 then log_in_refusals + 1 else 1 end
     where id = $1 and (refused_password is distinct from $2 or log_in_refusals < ${MOST_REFUSALS}) returning id`,
    [accountId, hash],
  );
  return row !== null;
}

/** It was not refused: taken, or never judged. */
export async function undoLogIn(ledger: Ledger, accountId: string, hash: string, accepted: boolean): Promise<void> {
  await ledger.pool.query(
    `update account set log_in_refusals = case when $3::boolean then 0 else greatest(0, log_in_refusals - 1) end
     where id = $1 and refused_password = $2`,
    [accountId, hash, accepted],
  );
}

/** HFT71 refuses the account: nothing is sent until a probe logs in. */
export async function openUnauthorized(ledger: Ledger, accountId: string, reason: string): Promise<boolean> {
  return openBreaker(ledger, { kind: 'account', id: accountId }, { owner: 'unauthorized', reason });
}
