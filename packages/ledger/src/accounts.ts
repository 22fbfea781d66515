import { randomUUID } from 'node:crypto';
import { oneRow, rows, type Ledger } from './connect.js';

export interface AccountView {
  readonly id: string;
  readonly baseUrl: string;
  readonly username: string;
  readonly breakerState: 'closed' | 'open' | 'half_open';
  readonly breakerOwner: string | null;
  readonly breakerReason: string | null;
  readonly sendWindow: number;
}

const SELECT = `select id, base_url as "baseUrl", username, breaker_state as "breakerState", breaker_owner as "breakerOwner",
  breaker_reason as "breakerReason", send_window as "sendWindow" from account`;

/** The account of this base URL and user, made when it is new. */
export async function ensureAccount(
  ledger: Ledger,
  account: { baseUrl: string; username: string; maxInFlight: number },
): Promise<AccountView> {
  const row = await oneRow<AccountView>(
    ledger.pool,
    `insert into account as a (id, base_url, username, send_window) values ($1, $2, $3, $4)
     on conflict (base_url, username) do update set send_window = excluded.send_window
     returning id, base_url as "baseUrl", username, breaker_state as "breakerState", breaker_owner as "breakerOwner",
       breaker_reason as "breakerReason", send_window as "sendWindow"`,
    [randomUUID(), account.baseUrl, account.username, account.maxInFlight],
  );
  return row as AccountView;
}

export async function loadAccount(ledger: Ledger, accountId: string): Promise<AccountView | null> {
  return oneRow<AccountView>(ledger.pool, `${SELECT} where id = $1`, [accountId]);
}

export async function listAccounts(ledger: Ledger): Promise<AccountView[]> {
  return rows<AccountView>(ledger.pool, `${SELECT} order by created_at`);
}

/** *Stopping the account*: its breaker opens with owner `relay`; only a person closes it (protocol, "Breaker"). */
export async function stopAccount(ledger: Ledger, accountId: string, reason: string): Promise<boolean> {
  const row = await oneRow(
    ledger.pool,
    `update account set breaker_state = 'open', breaker_owner = 'relay', breaker_reason = $2, breaker_since = now()
     where id = $1 and not (breaker_state = 'open' and breaker_owner = 'relay') returning id`,
    [accountId, reason],
  );
  return row !== null;
}

export async function closeBreaker(ledger: Ledger, accountId: string): Promise<boolean> {
  const row = await oneRow(
    ledger.pool,
    `update account set breaker_state = 'closed', breaker_owner = null, breaker_reason = null, breaker_since = now()
     where id = $1 and breaker_state <> 'closed' returning id`,
    [accountId],
  );
  return row !== null;
}
